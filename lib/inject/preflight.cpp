#include "lib/inject/preflight.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/inject/address_space.h"
#include "lib/process/proc.h"

namespace tidemark {
namespace {

using Program = TargetFacts::Program;

constexpr std::size_t kHead = 64;

// What follows `name` in its line of /proc/PID/status, in parts: they are separated by tabs.
std::vector<std::string_view> status_line(std::string_view text, std::string_view name) {
  Lines lines("status", text);
  while (lines.next()) {
    if (!lines.line().starts_with(name)) continue;
    std::string_view rest = lines.line().substr(name.size());
    std::vector<std::string_view> parts;
    while (true) {
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
      if (rest.empty()) return parts;
      parts.push_back(rest.substr(0, rest.find_first_of(" \t")));
      rest.remove_prefix(parts.back().size());
    }
  }
  return {};
}

std::uint64_t number_at(const std::vector<std::string_view>& parts, std::size_t index) {
  return index < parts.size() ? to_unsigned(parts[index]).value_or(0) : 0;
}

// A thread of the process with a filter; 0: none has.
pid_t filtered_thread(pid_t pid) {
  std::error_code failed;
  for (const auto& entry :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), failed)) {
    const auto text = read_kernel_file(entry.path() / "status");
    if (!text || number_at(status_line(*text, "Seccomp:"), 0) == 0) continue;
    return static_cast<pid_t>(to_number(entry.path().filename().string()).value_or(pid));
  }
  return 0;
}

std::string head_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(kHead, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return head;
}

Program program_of(pid_t pid) {
  try {
    const std::vector<std::string> modules = AddressSpace::of(pid).file_names();
    return kind_of_program(head_of(fmt::format("/proc/{}/exe", pid)), modules);
  } catch (const Error&) {
    return Program::kUnknown;
  }
}

// Whether the kernel told the program at its start not to trust its environment.
bool is_secure(pid_t pid) {
  const std::string text = read_kernel_file(fmt::format("/proc/{}/auxv", pid)).value_or("");
  std::uint64_t entry[2] = {};
  for (std::size_t at = 0; at + sizeof entry <= text.size(); at += sizeof entry) {
    std::memcpy(entry, text.data() + at, sizeof entry);
    if (entry[0] == AT_SECURE) return entry[1] != 0;
  }
  return false;
}

Obstacle not_allowed(const TargetFacts& facts) {
  const bool another_user = ::geteuid() != facts.user;
  if (facts.yama >= 3) {
    return {.what = "no process may trace another on this machine (kernel.yama.ptrace_scope=3)",
            .remedy =
                "restart the machine with another setting; or restart the service under: "
                "memprof run --with heap"};
  }
  if (another_user && ::geteuid() != 0) {
    return {
        .what = fmt::format("it belongs to user {}, and we are user {}", facts.user, ::geteuid()),
        .remedy = "run this as root, or as that user"};
  }
  if (facts.yama >= 1) {
    return {
        .what = fmt::format("kernel.yama.ptrace_scope is {}: only root may trace it", facts.yama),
        .remedy = "run this as root, or: sysctl kernel.yama.ptrace_scope=0"};
  }
  return {.what = fmt::format("the kernel does not let us trace it: {}",
                              std::strerror(facts.why_not_errno)),
          .remedy = ::geteuid() == 0
                        ? "give this container the capability SYS_PTRACE, or run it on the host"
                        : "run this as root"};
}

std::optional<Obstacle> program_obstacle(Program program) {
  constexpr std::string_view kPreloadHint = "restart it under: memprof run --with heap";
  switch (program) {
    case Program::kMusl:
      return Obstacle{.what = "its C library is musl, and the agent is built for glibc",
                      .remedy = "use a build of the program on glibc"};
    case Program::kStatic:
      return Obstacle{.what = "it is statically linked: it has no loader that could load the agent",
                      .remedy = "link it dynamically, or use an allocator that profiles by itself"};
    case Program::kOther32Bit:
      return Obstacle{.what = "it is no 64-bit x86 program", .remedy = ""};
    case Program::kNotElf:
      return Obstacle{.what = "it has no program file: it is a thread of the kernel, or ended",
                      .remedy = ""};
    case Program::kUnknown:
      return Obstacle{.what = "what it has loaded may not be known",
                      .remedy = std::string(kPreloadHint)};
    case Program::kGlibc:
      break;
  }
  return std::nullopt;
}

}  // namespace

Program kind_of_program(std::string_view head, const std::vector<std::string>& modules) {
  if (head.size() < kHead || !head.starts_with(ELFMAG)) return Program::kNotElf;
  if (head[EI_CLASS] != ELFCLASS64) return Program::kOther32Bit;
  Elf64_Half machine = 0;
  std::memcpy(&machine, head.data() + offsetof(Elf64_Ehdr, e_machine), sizeof(machine));
  if (machine != EM_X86_64) return Program::kOther32Bit;
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(modules,
                               [&](const std::string& module) { return module.starts_with(name); });
  };
  // Debian's musl is a libc.so; glibc's file of that name is a text for the linker.
  const bool plain = std::ranges::find(modules, "libc.so") != modules.end();
  if (plain || has("ld-musl") || has("libc.musl")) return Program::kMusl;
  return has("libc.so.6") || has("libc-2") ? Program::kGlibc : Program::kStatic;
}

TargetFacts facts_of(pid_t pid) {
  const std::optional<ProcessStatus> status = process_status(pid);
  if (!status) throw Error(fmt::format("there is no process {}", pid));
  TargetFacts facts{.pid = pid, .state = status->state};
  const std::string text = read_kernel_file(fmt::format("/proc/{}/status", pid)).value_or("");
  // The last of the four is what files are made as.
  facts.user = static_cast<uid_t>(number_at(status_line(text, "Uid:"), 3));
  facts.group = static_cast<gid_t>(number_at(status_line(text, "Gid:"), 3));
  const std::vector<std::string_view> pids = status_line(text, "NSpid:");
  facts.inner_pid = pids.empty() ? pid : static_cast<pid_t>(number_at(pids, pids.size() - 1));
  facts.tracer = static_cast<pid_t>(number_at(status_line(text, "TracerPid:"), 0));
  if (facts.tracer != 0) {
    if (const auto tracer = process_status(facts.tracer)) facts.tracer_name = tracer->name;
  }
  for (const std::string_view feature : status_line(text, "x86_Thread_features:")) {
    if (feature == "shstk") facts.user_stack_guard = feature;
  }
  facts.filtered_thread = filtered_thread(pid);
  // Opening it asks the kernel what tracing would ask it, and does nothing.
  const Descriptor memory(::open(fmt::format("/proc/{}/mem", pid).c_str(), O_RDWR | O_CLOEXEC));
  facts.may_trace = static_cast<bool>(memory);
  facts.why_not_errno = memory ? 0 : errno;
  const auto yama = read_kernel_file("/proc/sys/kernel/yama/ptrace_scope");
  if (yama) {
    const std::vector<std::string_view> parts = fields(*yama);
    facts.yama = static_cast<int>(number_at(parts, 0));
  }
  facts.program = program_of(pid);
  facts.has_more_rights = is_secure(pid);
  return facts;
}

std::optional<Obstacle> injection_obstacle(const TargetFacts& facts) {
  if (facts.pid == ::getpid()) return Obstacle{.what = "it is this process itself", .remedy = ""};
  if (facts.state == 'Z' || facts.state == 'X') {
    return Obstacle{.what = "it has ended; its parent has not asked for its exit code yet",
                    .remedy = ""};
  }
  if (facts.state == 'T') {
    return Obstacle{.what = "it is stopped", .remedy = fmt::format("kill -CONT {}", facts.pid)};
  }
  if (facts.tracer != 0) {
    return Obstacle{.what = fmt::format("it is traced by process {} ({})", facts.tracer,
                                        printable(facts.tracer_name)),
                    .remedy = "end that debugger: a process has one tracer"};
  }
  if (!facts.may_trace) return not_allowed(facts);
  if (std::optional<Obstacle> obstacle = program_obstacle(facts.program)) return obstacle;
  if (facts.has_more_rights) {
    return Obstacle{
        .what =
            "it has more rights than who started it (setuid, setgid or file capabilities): the "
            "agent stays out of such programs",
        .remedy = "start it as the user whose rights it takes: memprof run --with heap"};
  }
  if (facts.filtered_thread != 0) {
    return Obstacle{
        .what = fmt::format("seccomp restricts the system calls of its thread {}: a forbidden one "
                            "could end it",
                            facts.filtered_thread),
        .remedy =
            "restart it under: memprof run --with heap (the agent is there before the "
            "filter is); or without the filter (systemd: SystemCallFilter=)"};
  }
  if (!facts.user_stack_guard.empty()) {
    return Obstacle{.what = "the processor checks its returns (shadow stacks)",
                    .remedy = "restart it with GLIBC_TUNABLES=glibc.cpu.x86_shstk=off"};
  }
  return std::nullopt;
}

}  // namespace tidemark
