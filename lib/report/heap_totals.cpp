#include "lib/report/heap_totals.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "lib/report/amounts.h"

namespace tidemark {
namespace {

struct Kind {
  std::string_view stem;
  std::string_view words;
};
constexpr std::array<Kind, 4> kKinds = {{{"inuse", "in use"},
                                         {"alloc", "allocated"},
                                         {"temporary", "temporary"},
                                         {"peak", "at the peak"}}};

}  // namespace

std::string count_text(std::int64_t count, double error) {
  if (!(error > 0) || !(error < 9e18)) return grouped(count);
  return fmt::format("{} ±{}", grouped(count), grouped(std::llround(error)));
}

std::vector<HeapTotal> heap_totals(const Document& document) {
  std::vector<HeapTotal> lines;
  for (const Kind& kind : kKinds) {
    HeapTotal line{.kind = std::string(kind.words)};
    for (const ValueTotal& total : document.totals) {
      if (total.name == fmt::format("{}_space", kind.stem)) {
        line.bytes = estimate_text(total.value, total.error);
      } else if (total.name == fmt::format("{}_objects", kind.stem)) {
        line.objects = count_text(total.value, total.error);
      }
    }
    if (!line.bytes.empty() || !line.objects.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace tidemark
