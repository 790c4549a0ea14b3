#include "lib/suppress/apply.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "lib/base/glob.h"

namespace tidemark {
namespace {

bool is_function(const Frame& frame, std::string_view glob) {
  const std::string_view name = frame.function;
  if (name.empty()) return false;
  if (matches_glob(glob, name)) return true;
  const std::size_t parameters = name.find('(', 1);
  return parameters != std::string_view::npos && matches_glob(glob, name.substr(0, parameters));
}

bool is_module(const Frame& frame, std::string_view glob) {
  const std::string_view path = frame.module;
  if (path.empty()) return false;
  return matches_glob(glob, path) || matches_glob(glob, path.substr(path.rfind('/') + 1));
}

// Whether the innermost frames match `globs`, in which "..." takes any number of
// frames. The same walk as matches_glob(), a frame for a character.
bool starts_like(const CallStack& stack, const std::vector<std::string>& globs) {
  std::size_t g = 0;
  std::size_t f = 0;
  std::size_t dots = globs.size();
  std::size_t taken = 0;
  while (g < globs.size()) {
    if (globs[g] == "...") {
      dots = g++;
      taken = f;
    } else if (f < stack.size() && is_function(stack[f], globs[g])) {
      ++g;
      ++f;
    } else if (dots < globs.size() && taken < stack.size()) {
      g = dots + 1;
      f = ++taken;
    } else {
      return false;
    }
  }
  return true;
}

bool has_place(const CallStack& stack, const SuppressionRule& rule) {
  return std::ranges::any_of(stack, [&](const Frame& frame) {
    const bool function =
        rule.functions.empty() || std::ranges::any_of(rule.functions, [&](const std::string& glob) {
          return is_function(frame, glob);
        });
    return function && (rule.module.empty() || is_module(frame, rule.module));
  });
}

}  // namespace

bool is_expired(const SuppressionRule& rule, std::string_view today) {
  return !rule.expires.empty() && rule.expires < today;
}

bool covers(const SuppressionRule& rule, const Finding& finding, std::string_view tool) {
  if (!rule.tool.empty() && rule.tool != tool) return false;
  if (!rule.kinds.empty() && std::ranges::find(rule.kinds, finding.kind) == rule.kinds.end()) {
    return false;
  }
  const bool by_place = !rule.functions.empty() || !rule.module.empty();
  return std::ranges::any_of(finding.stacks, [&](const LabelledStack& stack) {
    return (!by_place || has_place(stack.frames, rule)) &&
           (rule.stack.empty() || starts_like(stack.frames, rule.stack));
  });
}

Applied apply(const std::vector<SuppressionRule>& rules, std::vector<Finding> findings,
              const Circumstances& circumstances) {
  Applied applied;
  for (Finding& finding : findings) {
    const auto rule = std::ranges::find_if(rules, [&](const SuppressionRule& candidate) {
      return !is_expired(candidate, circumstances.today) &&
             covers(candidate, finding, circumstances.tool);
    });
    if (rule == rules.end()) {
      applied.kept.push_back(std::move(finding));
    } else {
      applied.suppressed.push_back(std::move(finding));
      applied.suppressed_by.push_back(rule->id);
    }
  }
  return applied;
}

}  // namespace tidemark
