// Each mapping is a line and then its figures:
//
//   7f1c6c000000-7f1c6c021000 rw-p 00000000 00:00 0
//   Size:                132 kB
//   Rss:                   8 kB
//   ...

#include "lib/analyze/memory_map.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kArenaSize = 64ULL << 20;
constexpr std::uint64_t kMostGuard = 1ULL << 20;
constexpr std::string_view kSharedPaths[] = {
    "/dev/shm/", "/SYSV", "/memfd:", "/dev/zero", "/anon_hugepage", "/i915"};

struct Area {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::string permissions;
  std::string path;
  MemorySize size;
  std::int64_t anonymous = 0;
};

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

// The first line of a mapping; nothing when `line` is none.
std::optional<Area> area_of(std::string_view line) {
  std::string_view rest = line;
  const std::string_view range = take_word(rest);
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto start = to_hex(range.substr(0, dash));
  const auto end = to_hex(range.substr(dash + 1));
  const std::string_view permissions = take_word(rest);
  if (!start || !end || *end < *start || permissions.size() != 4) return std::nullopt;
  for (int skipped = 0; skipped < 3; ++skipped) take_word(rest);  // offset, device, inode
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  Area area{.start = *start,
            .end = *end,
            .permissions = std::string(permissions),
            .path = std::string(rest)};
  area.size.maps = 1;
  return area;
}

// "Rss:   8 kB"; nothing for a line without a number of kB, such as VmFlags.
void take_figure(const Lines& lines, Area& area) {
  const std::string_view line = lines.line();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) lines.fail("a mapping or 'NAME: NUMBER kB'");
  std::string_view rest = line.substr(colon + 1);
  const auto number = to_number(take_word(rest));
  if (!number || *number < 0 || rest != " kB") return;
  const std::int64_t bytes = checked_multiply(*number, 1024);
  const std::string_view name = line.substr(0, colon);
  if (name == "Size") area.size.size = bytes;
  if (name == "Rss") area.size.rss = bytes;
  if (name == "Pss") area.size.pss = bytes;
  if (name == "Anonymous") area.anonymous = bytes;
  if (name == "Swap") area.size.swap = bytes;
  if (name == "AnonHugePages" || name == "ShmemPmdMapped") area.size.huge += bytes;
}

bool is_reserved(const Area& area) { return area.permissions.starts_with("---"); }

bool is_unnamed(const Area& area) { return area.path.empty() && area.permissions[3] == 'p'; }

bool is_arena(const Area& area, const Area* next) {
  if (area.start % kArenaSize != 0 || !is_unnamed(area)) return false;
  if (area.end - area.start == kArenaSize) return true;
  return next != nullptr && is_reserved(*next) && next->start == area.end &&
         next->end == area.start + kArenaSize;
}

bool is_thread_stack(const Area& area, const Area* before) {
  return is_unnamed(area) && before != nullptr && is_reserved(*before) && is_unnamed(*before) &&
         before->end == area.start && before->end - before->start <= kMostGuard;
}

// What an area without a file is; nothing when it has one.
std::optional<MemoryKind> unfiled_kind(const Area& area, const Area* before, const Area* next) {
  if (area.path == "[heap]") return MemoryKind::kHeap;
  if (area.path.starts_with("[stack")) return MemoryKind::kStacks;
  if (area.path.starts_with("[anon")) return MemoryKind::kAnonymous;  // named by its program
  if (area.path.starts_with('[')) return MemoryKind::kOther;
  if (!area.path.empty()) return std::nullopt;
  if (area.permissions[3] == 's') return MemoryKind::kShared;
  if (is_arena(area, next)) return MemoryKind::kArenas;
  return is_thread_stack(area, before) ? MemoryKind::kStacks : MemoryKind::kAnonymous;
}

void add_file(const Area& area, MemoryMap& map) {
  const bool shared_memory =
      area.permissions[3] == 's' && std::ranges::any_of(kSharedPaths, [&](std::string_view path) {
        return area.path.starts_with(path);
      });
  const auto at = [&](MemoryKind kind) -> MemorySize& {
    return map.kinds[static_cast<std::size_t>(kind)];
  };
  if (shared_memory) {
    at(MemoryKind::kShared) += area.size;
    return;
  }
  // Written pages of a private mapping are its own; the others are the file's.
  MemorySize file = area.size;
  const std::int64_t written = std::min(area.anonymous, file.rss);
  file.rss -= written;
  file.pss = std::max<std::int64_t>(file.pss - written, 0);
  file.swap = 0;
  at(area.permissions[2] == 'x' ? MemoryKind::kCode : MemoryKind::kFiles) += file;
  at(MemoryKind::kData) +=
      {.rss = written, .pss = area.size.pss - file.pss, .swap = area.size.swap};
}

}  // namespace

std::string_view name_of(MemoryKind kind) {
  constexpr std::array<std::string_view, kMemoryKinds> kNames = {
      "heap (brk)", "thread arenas", "anonymous mappings", "stacks",      "data of programs",
      "code",       "files",         "shared memory",      "kernel's own"};
  return kNames[static_cast<std::size_t>(kind)];
}

MemorySize& MemorySize::operator+=(const MemorySize& other) {
  rss = checked_add(rss, other.rss);
  pss = checked_add(pss, other.pss);
  swap = checked_add(swap, other.swap);
  size = checked_add(size, other.size);
  huge = checked_add(huge, other.huge);
  maps = checked_add(maps, other.maps);
  return *this;
}

MemoryMap& MemoryMap::operator+=(const MemoryMap& other) {
  for (std::size_t i = 0; i < kMemoryKinds; ++i) kinds[i] += other.kinds[i];
  return *this;
}

MemoryMap read_smaps(const Input& input) {
  Lines lines(input.name, input.bytes);
  std::vector<Area> areas;
  while (lines.next()) {
    if (auto area = area_of(lines.line())) {
      areas.push_back(std::move(*area));
    } else if (areas.empty()) {
      lines.fail("the first line of a mapping, as /proc/PID/smaps has it");
    } else {
      take_figure(lines, areas.back());
    }
  }
  if (areas.empty()) lines.fail("at least one mapping");
  MemoryMap map;
  for (std::size_t i = 0; i < areas.size(); ++i) {
    const Area* const before = i > 0 ? &areas[i - 1] : nullptr;
    const Area* const next = i + 1 < areas.size() ? &areas[i + 1] : nullptr;
    if (const auto kind = unfiled_kind(areas[i], before, next)) {
      map.kinds[static_cast<std::size_t>(*kind)] += areas[i].size;
    } else {
      add_file(areas[i], map);
    }
  }
  return map;
}

}  // namespace tidemark
