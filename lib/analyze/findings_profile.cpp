#include "lib/analyze/findings_profile.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace tidemark {
namespace {

StackId pushed(Profile& profile, const Finding& finding) {
  const CallStack& frames = finding.stacks.front().frames;
  StackId stack = kRoot;
  for (std::size_t i = frames.size(); i > 0; --i) {
    stack = profile.push(stack, profile.intern(frames[i - 1]));
  }
  return stack;
}

bool has_stack(const Finding& finding) {
  return !finding.stacks.empty() && !finding.stacks.front().frames.empty();
}

bool is_lost(const Finding& finding) {
  return is_leak(finding.kind) && finding.kind != FindingKind::kReachable &&
         finding.kind != FindingKind::kInUse;
}

template <typename Wanted>
std::optional<Profile> blocks(const std::vector<Finding>& findings, std::string_view kind,
                              std::string_view title, Wanted&& wanted) {
  Profile profile({{.name = std::string(kind) + "_objects", .unit = "count"},
                   {.name = std::string(kind) + "_space", .unit = "bytes"}});
  profile.title = title;
  profile.default_value = 1;
  for (const Finding& finding : findings) {
    if (!has_stack(finding) || !wanted(finding)) continue;
    // What a block holds indirectly is a finding of its own.
    profile.add(pushed(profile, finding),
                std::array{finding.blocks, finding.bytes - finding.indirect_bytes});
  }
  if (profile.stacks() == 1) return std::nullopt;
  return profile;
}

}  // namespace

std::optional<Profile> profile_of(const std::vector<Finding>& findings) {
  if (auto lost = blocks(findings, "leaked", "leaks", is_lost)) return lost;
  const auto held = [](const Finding& finding) { return is_leak(finding.kind); };
  if (auto kept = blocks(findings, "inuse", "not freed at the end", held)) return kept;
  Profile errors(std::vector<ValueType>{{.name = "errors", .unit = "count"}});
  errors.title = "errors";
  for (const Finding& finding : findings) {
    if (has_stack(finding)) errors.add(pushed(errors, finding), std::array{finding.count});
  }
  if (errors.stacks() == 1) return std::nullopt;
  return errors;
}

}  // namespace tidemark
