// Any bytes fold alike by the fast way and line by line, under all rules, or are
// refused alike. The first byte chooses the rules and the options. To replay a
// finding: perf_script_fuzz FILE.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "parsers/perf_script.h"
#include "tests/parsers/perf_script_two_ways.h"

namespace {

std::string fold_or_refuse(std::string_view text, const tidemark::PerfScriptOptions& options,
                           bool by_lines) {
  try {
    return tidemark::fold_with(text, options, by_lines);
  } catch (const tidemark::perf_script::Overflow& overflow) {
    return overflow.what;
  }
}

}  // namespace

extern "C" {

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Rules = tidemark::PerfScriptOptions::Rules;
  if (size == 0) return 0;
  const unsigned choice = data[0];
  // Twice, so that what is new meets what came before.
  const std::string once(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string text = once + "\n\n" + once;
  const tidemark::PerfScriptOptions options = {.pid = (choice & 1U) != 0,
                                               .tid = (choice & 2U) != 0,
                                               .kernel = (choice & 4U) != 0,
                                               .jit = (choice & 4U) != 0,
                                               .addrs = (choice & 8U) != 0,
                                               .srcline = (choice & 16U) != 0,
                                               .every_event = (choice & 32U) != 0,
                                               .places = (choice & 64U) != 0};
  for (const Rules rules : {Rules::kBest, Rules::kFlameGraph, Rules::kInferno}) {
    tidemark::PerfScriptOptions chosen = options;
    chosen.rules = rules;
    const std::string fast = fold_or_refuse(text, chosen, false);
    const std::string slow = fold_or_refuse(text, chosen, true);
    if (fast == slow) continue;
    std::fprintf(stderr, "rules %d\nfast:\n%s\nline by line:\n%s\n", static_cast<int>(rules),
                 fast.c_str(), slow.c_str());
    std::abort();
  }
  return 0;
}
}
