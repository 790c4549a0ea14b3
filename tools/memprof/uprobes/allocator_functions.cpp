#include "tools/memprof/uprobes/allocator_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/symbolize/elf_file.h"
#include "lib/symbolize/elf_symbols.h"
#include "tools/memprof/uprobes/entry_code.h"

namespace tidemark::memprof {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEntryBytes = 64;

struct Wanted {
  std::string_view name;
  SizeRule size;
};

// glibc's operator new calls malloc and lies in another module; those of jemalloc and tcmalloc
// allocate by themselves.
constexpr std::array<Wanted, 14> kWanted = {{
    {.name = "malloc", .size = SizeRule::kFirst},
    {.name = "calloc", .size = SizeRule::kFirstTimesSecond},
    {.name = "realloc", .size = SizeRule::kSecond},
    {.name = "memalign", .size = SizeRule::kSecond},
    {.name = "aligned_alloc", .size = SizeRule::kSecond},
    {.name = "posix_memalign", .size = SizeRule::kThird},
    {.name = "_Znwm", .size = SizeRule::kFirst},
    {.name = "_Znam", .size = SizeRule::kFirst},
    {.name = "_ZnwmRKSt9nothrow_t", .size = SizeRule::kFirst},
    {.name = "_ZnamRKSt9nothrow_t", .size = SizeRule::kFirst},
    {.name = "_ZnwmSt11align_val_t", .size = SizeRule::kFirst},
    {.name = "_ZnamSt11align_val_t", .size = SizeRule::kFirst},
    {.name = "_ZnwmSt11align_val_tRKSt9nothrow_t", .size = SizeRule::kFirst},
    {.name = "_ZnamSt11align_val_tRKSt9nothrow_t", .size = SizeRule::kFirst},
}};

// The executable comes first in the loader's order, the C library last.
int place_in_search(const MappedRange& range, const std::string& executable) {
  if (range.path == executable) return 0;
  return file_name(range).starts_with("libc.so") || file_name(range).starts_with("libc-") ? 2 : 1;
}

// The executable parts of files, each file once, in the order in which malloc is looked for.
std::vector<const MappedRange*> code_of(pid_t pid, const AddressSpace& space) {
  std::error_code failed;
  const std::string executable =
      fs::read_symlink(fmt::format("/proc/{}/exe", pid), failed).string();
  std::vector<const MappedRange*> code;
  std::set<std::string_view> seen;
  for (const MappedRange& range : space.mappings()) {
    if (range.executable && range.inode != 0 && seen.insert(range.path).second) {
      code.push_back(&range);
    }
  }
  std::ranges::stable_sort(
      code, {}, [&](const MappedRange* range) { return place_in_search(*range, executable); });
  return code;
}

// The file as we can open it; nothing when it is no more, or another one has its name.
std::optional<fs::path> file_of(pid_t pid, const MappedRange& range) {
  const fs::path path = fmt::format("/proc/{}/root{}", pid, range.path);
  std::error_code failed;
  if (range.path.ends_with(" (deleted)") || !fs::is_regular_file(path, failed)) return std::nullopt;
  return path;
}

std::vector<AllocatorFunction> functions_in(const fs::path& file, const MappedRange& range) {
  std::string why;
  const std::optional<ElfFile> elf = ElfFile::open(file, why);
  if (!elf) return {};
  const std::optional<std::uint64_t> first = elf->address_of(range.offset);
  if (!first) return {};
  ElfSymbols symbols;
  symbols.add(*elf);
  const ElfSymbols::Starts starts = symbols.starts();
  const File bytes = read_file(file);
  std::vector<AllocatorFunction> functions;
  std::set<std::uint64_t> known;  // names for one function
  for (const Wanted& wanted : kWanted) {
    const auto found = starts.find(std::string(wanted.name));
    if (found == starts.end() || !found->second || *found->second < *first) continue;
    const std::uint64_t start = range.start + (*found->second - *first);
    const std::uint64_t offset = range.offset + (*found->second - *first);
    if (!range.holds(start) || offset >= bytes.bytes().size()) continue;
    if (!known.insert(start).second) continue;
    const ProbePoint point = probe_point(bytes.bytes().substr(offset, kEntryBytes));
    functions.push_back({.name = std::string(wanted.name),
                         .size = wanted.size,
                         .start = start,
                         .end = start + (symbols.end_of(*found->second) - *found->second),
                         .probed = start + point.offset,
                         .offset = offset + point.offset,
                         .emulated = point.emulated});
  }
  if (functions.empty() || functions.front().name != "malloc") return {};
  return functions;
}

}  // namespace

Allocator allocator_of(pid_t pid, const AddressSpace& space) {
  std::string replaced;
  for (const MappedRange* range : code_of(pid, space)) {
    const std::optional<fs::path> file = file_of(pid, *range);
    if (!file) {
      replaced = range->path;
      continue;
    }
    std::vector<AllocatorFunction> functions = functions_in(*file, *range);
    if (functions.empty()) continue;
    return {.pid = pid, .file = *file, .module = range->path, .functions = std::move(functions)};
  }
  const std::string also =
      replaced.empty() ? "" : fmt::format("; {} was replaced since", printable(replaced));
  throw Error(fmt::format("process {}: no module has a malloc that can be found{}", pid, also),
              "a program that is linked statically must not be stripped");
}

}  // namespace tidemark::memprof
