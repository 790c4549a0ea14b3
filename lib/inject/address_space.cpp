#include "lib/inject/address_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/process/proc.h"

namespace tidemark {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

std::optional<MappedRange> parse_mapping(std::string_view line) {
  const std::vector<std::string_view> parts = fields(line);
  if (parts.size() < 5 || parts[1].size() != 4) return std::nullopt;
  const std::size_t dash = parts[0].find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto start = to_hex(parts[0].substr(0, dash));
  const auto end = to_hex(parts[0].substr(dash + 1));
  const auto offset = to_hex(parts[2]);
  const auto inode = to_unsigned(parts[4]);
  if (!start || !end || !offset || !inode) return std::nullopt;
  MappedRange mapping{.start = *start,
                      .end = *end,
                      .readable = parts[1][0] == 'r',
                      .writable = parts[1][1] == 'w',
                      .executable = parts[1][2] == 'x',
                      .offset = *offset,
                      .inode = *inode};
  // The path is the rest of the line: it may hold blanks.
  if (parts.size() > 5)
    mapping.path = line.substr(static_cast<std::size_t>(parts[5].data() - line.data()));
  return mapping;
}

}  // namespace

std::vector<MappedRange> parse_maps(std::string_view text) {
  std::vector<MappedRange> mappings;
  Lines lines("maps", text);
  while (lines.next()) {
    if (std::optional<MappedRange> mapping = parse_mapping(lines.line())) {
      mappings.push_back(std::move(*mapping));
    }
  }
  return mappings;
}

AddressSpace AddressSpace::of(pid_t pid) {
  const std::string path = fmt::format("/proc/{}/maps", pid);
  std::ifstream file(path);
  if (!file) throw errno_error(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.empty()) throw Error(fmt::format("{}: process {} has no memory", path, pid));
  return AddressSpace(parse_maps(text));
}

const MappedRange* AddressSpace::at(Address address) const {
  const auto after = std::ranges::upper_bound(mappings_, address, {}, &MappedRange::end);
  return after != mappings_.end() && after->holds(address) ? &*after : nullptr;
}

const MappedRange* AddressSpace::module(std::string_view name) const {
  const auto found = std::ranges::find_if(mappings_, [&](const MappedRange& mapping) {
    const std::string_view file = file_name(mapping);
    if (mapping.inode == 0 || !file.starts_with(name)) return false;
    const std::string_view rest = file.substr(name.size());
    return rest.empty() || rest[0] == '.' || rest[0] == '-' || name.ends_with('.');
  });
  return found == mappings_.end() ? nullptr : &*found;
}

std::vector<std::string> AddressSpace::file_names() const {
  std::vector<std::string> names;
  for (const MappedRange& mapping : mappings_) {
    if (mapping.inode != 0) names.emplace_back(file_name(mapping));
  }
  return names;
}

std::string_view file_name(const MappedRange& mapping) {
  std::string_view path = mapping.path;
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  return path.substr(path.rfind('/') + 1);
}

}  // namespace tidemark
