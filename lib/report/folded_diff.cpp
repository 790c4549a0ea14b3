#include "lib/report/folded_diff.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "lib/report/folded_lines.h"

namespace tidemark {

void write_folded_diff(const Compared& compared, Ratio ratio, const TextSink& sink) {
  FoldedBuffer buffer(sink);
  const std::array values{compared.before, compared.after};
  each_folded_line(compared.profile, values,
                   [&](std::string_view stack, std::span<const std::int64_t> sums) {
                     buffer.add(stack, std::array{scaled(sums[0], ratio), sums[1]});
                   });
  buffer.flush();
}

std::string to_folded_diff(const Compared& compared, Ratio ratio) {
  std::string text;
  write_folded_diff(compared, ratio, [&](std::string_view piece) { text += piece; });
  return text;
}

}  // namespace tidemark
