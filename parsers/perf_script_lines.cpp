#include "parsers/perf_script_lines.h"

#include <algorithm>
#include <array>

namespace tidemark::perf_script {
namespace {

// "/tmp/perf-<digits>.map" anywhere.
bool has_perf_map(std::string_view module) {
  constexpr std::string_view kStart = "/tmp/perf-";
  for (std::size_t at = module.find(kStart); at != std::string_view::npos;
       at = module.find(kStart, at + 1)) {
    std::string_view rest = module.substr(at + kStart.size());
    std::size_t digits = 0;
    while (digits < rest.size() && is_digit(rest[digits])) ++digits;
    if (digits > 0 && rest.substr(digits).starts_with(".map")) return true;
  }
  return false;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

const Grammar& grammar_of(Rules rules) {
  switch (rules) {
    case Rules::kFlameGraph:
      return kFlameGraphGrammar;
    case Rules::kInferno:
      return kInfernoGrammar;
    case Rules::kBest:
      break;
  }
  return kBestGrammar;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

std::string_view without_spaces_behind(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view without_spaces_around(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return without_spaces_behind(text);
}

bool is_kernel(std::string_view module, Rules rules) {
  const bool plain = module.starts_with('[') || module.ends_with("vmlinux");
  if (rules == Rules::kFlameGraph) {
    return plain && module.find("unknown") == std::string_view::npos;
  }
  if (module == "[unknown]") return false;
  if (plain || module.ends_with(".ko") || base_name(module).starts_with("vmlinux-")) return true;
  constexpr std::array<std::string_view, 3> kPacked = {".ko.gz", ".ko.xz", ".ko.zst"};
  return rules == Rules::kBest &&
         std::ranges::any_of(kPacked, [&](auto end) { return module.ends_with(end); });
}

bool is_jit(std::string_view module, Rules rules) {
  if (rules == Rules::kFlameGraph) return has_perf_map(module);
  const bool map = module.starts_with("/tmp/perf-") && module.ends_with(".map");
  const bool object = module.find("/jitted-") != std::string_view::npos && module.ends_with(".so");
  return map || object || (rules == Rules::kBest && has_perf_map(module));
}

}  // namespace tidemark::perf_script
