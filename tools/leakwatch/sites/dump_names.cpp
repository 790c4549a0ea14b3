#include "tools/leakwatch/sites/dump_names.h"

#include <algorithm>
#include <optional>

#include "lib/base/numbers.h"

namespace tidemark::leakwatch {
namespace {

void drop_ending(std::string_view& name, std::string_view ending) {
  if (name.ends_with(ending)) name.remove_suffix(ending.size());
}

// Cuts ".PART" off the end of `name`; nothing when it has no dot.
std::optional<std::string_view> take_part(std::string_view& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view part = name.substr(dot + 1);
  name = name.substr(0, dot);
  return part;
}

// jemalloc's reason for a dump: "f", "i3", "u0", "m1".
bool is_reason(std::string_view part) {
  return !part.empty() && std::string_view("fimu").find(part.front()) != std::string_view::npos &&
         std::ranges::all_of(part.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<DumpName> snapshot_name(std::string_view name) {
  constexpr std::string_view kStart = "snapshot-";
  if (!name.starts_with(kStart)) return std::nullopt;
  name.remove_prefix(kStart.size());
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto at = to_number(name.substr(0, dash));
  const auto pid = to_number(name.substr(dash + 1, name.find('.') - dash - 1));
  if (!at || !pid) return std::nullopt;
  return DumpName{.process = std::string(kStart) + std::to_string(*pid), .sequence = *at};
}

}  // namespace

DumpName dump_name(std::string_view file_name) {
  if (const auto snapshot = snapshot_name(file_name)) return *snapshot;
  std::string_view name = file_name;
  drop_ending(name, ".gz");
  drop_ending(name, ".zst");
  const bool heap = name.ends_with(".heap");
  drop_ending(name, ".heap");
  drop_ending(name, ".tmheap");
  std::string_view rest = name;
  std::optional<std::string_view> part = take_part(rest);
  if (heap && part && is_reason(*part)) part = take_part(rest);
  const auto number = part ? to_number(*part) : std::nullopt;
  if (!number || *number < 0) return {};
  return {.process = std::string(rest), .sequence = *number};
}

}  // namespace tidemark::leakwatch
