#include "lib/report/folded_diff.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "lib/report/folded.h"
#include "lib/report/folded_lines.h"

namespace tidemark {

std::string to_folded_diff(const Compared& compared, Ratio ratio) {
  std::string text;
  const std::array values{compared.before, compared.after};
  each_folded_line(compared.profile, values,
                   [&](std::string_view stack, std::span<const std::int64_t> sums) {
                     append_folded(text, stack, std::array{scaled(sums[0], ratio), sums[1]});
                   });
  return text;
}

}  // namespace tidemark
