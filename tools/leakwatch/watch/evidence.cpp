#include "tools/leakwatch/watch/evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/process/proc.h"
#include "lib/report/amounts.h"

namespace tidemark::leakwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostProcesses = 8;
constexpr std::int64_t kSpareBytes = std::int64_t{1} << 30;

struct Named {
  std::string_view name;
  Evidence kind;
};
constexpr std::array kNames = {Named{"snapshot", Evidence::kSnapshot},
                               Named{"gcore", Evidence::kGcore}, Named{"vgdb", Evidence::kVgdb}};

// smaps may be larger than what read_kernel_file() gives.
std::optional<std::string> proc_text(pid_t pid, const char* name) {
  try {
    return std::string(read_file(fmt::format("/proc/{}/{}", pid, name)).bytes());
  } catch (const Error&) {
    return std::nullopt;  // it ended, or is not ours to look into
  }
}

std::string snapshot(const EvidenceOrder& order, std::vector<Member> members) {
  members.resize(std::min(members.size(), kMostProcesses));
  std::size_t files = 0;
  for (const Member& member : members) {
    for (const char* name : {"status", "stat", "limits", "maps", "smaps", "cgroup", "wchan"}) {
      if (!order.smaps && std::string_view(name) == "smaps") continue;
      const auto text = proc_text(member.stat.pid, name);
      if (!text) continue;
      write_file(order.directory / fmt::format("{}.{}", member.stat.pid, name), *text);
      ++files;
    }
  }
  return fmt::format("{} of /proc about {}", plural(static_cast<std::int64_t>(files), "file"),
                     plural(static_cast<std::int64_t>(members.size()), "process"));
}

std::string core(const EvidenceOrder& order, const Member& member, Jobs& jobs) {
  if (!find_program("gcore")) return "no core file: gcore (package gdb) is not installed";
  const std::int64_t needed = member.memory.rss + member.memory.swap + kSpareBytes;
  std::error_code error;
  const auto space = fs::space(order.directory, error);
  if (error || static_cast<std::int64_t>(space.available) < needed) {
    return fmt::format("no core file: it needs {} of disk", bytes_text(needed));
  }
  jobs.add({.name = "gcore",
            .command = {.arguments = {"gcore", "-o", (order.directory / "core").string(),
                                      std::to_string(member.stat.pid)}},
            .output = order.directory / "gcore.log"});
  return fmt::format("a core file of process {}", member.stat.pid);
}

std::string leak_check(const EvidenceOrder& order, const Member& member, Jobs& jobs) {
  if (!find_program("vgdb")) return "no leak check: vgdb (package valgrind) is not installed";
  jobs.add({.name = "vgdb",
            .command = {.arguments = {"vgdb", fmt::format("--pid={}", member.stat.pid),
                                      "leak_check", "full", "reachable", "any"}},
            .output = order.directory / "leak_check.txt"});
  return fmt::format("a leak check of process {} by valgrind", member.stat.pid);
}

}  // namespace

Evidence parse_evidence(std::string_view text) {
  const auto* const found = std::ranges::find(kNames, text, &Named::name);
  if (found != kNames.end()) return found->kind;
  throw UsageError(fmt::format("--evidence: expected snapshot, gcore or vgdb, found {}",
                               tidemark::quoted(text)));
}

std::string take_evidence(const EvidenceOrder& order, const std::vector<Member>& living,
                          Jobs& jobs) {
  std::vector<Member> members = living;
  std::ranges::sort(members, std::greater{},
                    [](const Member& member) { return member.memory.rss; });
  try {
    fs::create_directories(order.directory);
    switch (order.kind) {
      case Evidence::kGcore:
        return core(order, members[0], jobs);
      case Evidence::kVgdb:
        return leak_check(order, members[0], jobs);
      case Evidence::kSnapshot:
        break;
    }
    return snapshot(order, members);
  } catch (const Error& error) {
    return std::string("no evidence: ") + error.what();
  } catch (const fs::filesystem_error& error) {
    return std::string("no evidence: ") + error.what();
  }
}

}  // namespace tidemark::leakwatch
