#include "parsers/perf_data_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/hash.h"

namespace tidemark {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// What perf takes for memory that only a map of its own can name.
bool is_anonymous(std::string_view path) {
  return path == "//anon" || path.starts_with("/dev/zero") || path.starts_with("/anon_hugepage") ||
         path.starts_with("[anon:") || path.starts_with("/memfd:doublemapper");
}

// Memory without a file that is not made to be run.
bool has_no_file(std::string_view path) {
  return path.starts_with("[stack") || path.starts_with("/SYSV") || path == "[heap]";
}

// "jit-1234.dump"
bool is_jitdump(std::string_view path) {
  std::string_view name = base_name(path);
  constexpr std::string_view kStart = "jit-";
  constexpr std::string_view kEnd = ".dump";
  if (!name.starts_with(kStart) || !name.ends_with(kEnd)) return false;
  name = name.substr(kStart.size(), name.size() - kStart.size() - kEnd.size());
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

// "/lib/modules/6.1.0/kernel/net/nf-tables.ko.xz" is "[nf_tables]".
std::string module_name(std::string_view path) {
  if (path.starts_with('[')) return std::string(path.substr(0, path.find(']') + 1));
  std::string_view name = base_name(path);
  name = name.substr(0, name.rfind(".ko"));
  std::string module = fmt::format("[{}]", name);
  std::ranges::replace(module, '-', '_');
  return module;
}

std::string hexadecimal(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

}  // namespace

std::uint32_t PerfObjects::intern(PerfObject object) {
  std::uint64_t hash = hash_of(object.path, object.pid);
  hash = hash_of(object.build_id, hash);
  hash = hash_of(object.function, hash);
  const std::uint32_t id = ids_.find_or_add(hash, [&](std::uint32_t i) {
    const PerfObject& other = list_[i];
    return other.path == object.path && other.build_id == object.build_id &&
           other.kind == object.kind && other.pid == object.pid &&
           other.function == object.function;
  });
  if (id == list_.size()) list_.push_back(std::move(object));
  return id;
}

PerfMapping PerfObjects::mapping_of(const PerfMmap& mmap) {
  PerfMapping mapping{
      .start = mmap.start, .end = mmap.start + mmap.length, .offset = mmap.offset, .object = 0};
  if (mapping.end < mapping.start) mapping.end = ~std::uint64_t{0};  // up to the very last page
  PerfObject object{.path = std::string(mmap.path), .build_id = hexadecimal(mmap.build_id)};
  if (mmap.kernel) {
    object.kind = PerfObject::Kind::kKernel;
    object.path = mmap.path.starts_with(kPerfKernel) ? kPerfKernel : module_name(mmap.path);
  } else if (is_anonymous(mmap.path) || mmap.huge_pages) {
    object.kind = PerfObject::Kind::kRuntime;
    object.pid = mmap.pid;
    object.path = fmt::format("/tmp/perf-{}.map", static_cast<std::int32_t>(mmap.pid));
    mapping.offset = mmap.start;
  } else if (has_no_file(mmap.path)) {
    mapping.offset = mmap.start;
  } else if (is_jitdump(mmap.path)) {
    jitdumps_[mmap.pid] = mmap.path;
  }
  mapping.object = intern(std::move(object));
  return mapping;
}

std::uint32_t PerfObjects::kernel_function(std::string_view name) {
  return intern({.path = "[bpf]",
                 .build_id = "",
                 .kind = PerfObject::Kind::kKernel,
                 .function = std::string(name)});
}

void PerfObjects::complete(const std::map<std::string, std::string>& build_ids) {
  for (PerfObject& object : list_) {
    if (object.kind == PerfObject::Kind::kRuntime) {
      const auto jitdump = jitdumps_.find(object.pid);
      if (jitdump != jitdumps_.end()) object.path = jitdump->second;
    } else if (object.build_id.empty()) {
      const auto build_id = build_ids.find(object.path);
      if (build_id != build_ids.end()) object.build_id = build_id->second;
    }
  }
}

}  // namespace tidemark
