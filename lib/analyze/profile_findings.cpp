#include "lib/analyze/profile_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "lib/analyze/call_stacks.h"
#include "lib/analyze/sites.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

using std::string_view_literals::operator""sv;

// What formats call the numbers of blocks not freed yet, the preferred first.
constexpr std::array kBytes = {"inuse_space"sv, "leaked_space"sv, "end_space"sv};
constexpr std::array kBlocks = {"inuse_objects"sv, "leaked_objects"sv, "end_objects"sv};

std::optional<std::size_t> type_named(const Profile& profile, const auto& names) {
  const std::vector<ValueType>& types = profile.value_types();
  for (const std::string_view name : names) {
    const auto at = std::ranges::find(types, name, &ValueType::name);
    if (at != types.end()) return static_cast<std::size_t>(at - types.begin());
  }
  return std::nullopt;
}

Finding finding_of(const Profile& profile, std::int64_t bytes, std::int64_t blocks) {
  Finding finding{.kind = FindingKind::kInUse, .code = std::string(kInUseCode)};
  finding.bytes = bytes;
  finding.blocks = blocks;
  finding.pid = profile.pid;
  finding.message = fmt::format("{} in use{}{}", grouped_bytes(bytes),
                                profile.title.empty() ? "" : ": ", profile.title);
  return finding;
}

}  // namespace

std::optional<std::size_t> in_use_bytes(const Profile& profile) {
  return type_named(profile, kBytes);
}

std::optional<std::size_t> in_use_blocks(const Profile& profile) {
  return type_named(profile, kBlocks);
}

std::vector<Finding> findings_from_profile(const Profile& profile, std::size_t most) {
  const std::optional<std::size_t> bytes = in_use_bytes(profile);
  if (!bytes) return {};
  const std::optional<std::size_t> blocks = in_use_blocks(profile);
  const auto bytes_of = [&](StackId stack) { return profile.self(stack)[*bytes]; };
  const auto blocks_of = [&](StackId stack) { return blocks ? profile.self(stack)[*blocks] : 0; };

  std::vector<StackId> used;
  for (std::size_t i = 0; i < profile.stacks(); ++i) {
    const StackId stack{static_cast<std::uint32_t>(i)};
    if (bytes_of(stack) > 0) used.push_back(stack);
  }
  std::ranges::sort(used, [&](StackId a, StackId b) {
    return std::tuple(-bytes_of(a), a) < std::tuple(-bytes_of(b), b);
  });

  CallStacks stacks(profile);
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < std::min(most, used.size()); ++i) {
    Finding finding = finding_of(profile, bytes_of(used[i]), blocks_of(used[i]));
    finding.bytes_error = std::sqrt(profile.variance(used[i], *bytes));
    if (used[i] != kRoot) finding.stacks.push_back({.frames = stacks.of(used[i])});
    findings.push_back(std::move(finding));
  }
  if (used.size() <= most) return findings;
  Finding rest = finding_of(profile, 0, 0);
  double variance = 0;
  for (std::size_t i = most; i < used.size(); ++i) {
    rest.bytes = checked_add(rest.bytes, bytes_of(used[i]));
    rest.blocks = checked_add(rest.blocks, blocks_of(used[i]));
    variance += profile.variance(used[i], *bytes);
  }
  rest.bytes_error = std::sqrt(variance);
  rest.message = fmt::format("{} in use by {} more call stacks", grouped_bytes(rest.bytes),
                             used.size() - most);
  findings.push_back(std::move(rest));
  return findings;
}

std::vector<Finding> findings_of(const Recording& recording) {
  if (!recording.findings.empty()) return recording.findings;
  for (std::size_t i = recording.profiles.size(); i-- > 0;) {
    if (in_use_bytes(recording.profiles[i])) return findings_from_profile(recording.profiles[i]);
  }
  return {};
}

}  // namespace tidemark
