#include "tools/leakwatch/watch/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/cli/values.h"
#include "lib/process/proc.h"
#include "tools/leakwatch/watch/cgroup.h"

namespace tidemark::leakwatch {
namespace {

constexpr std::int64_t kMostPids = 1 << 22;

// The arguments, one a line.
std::string command_line_of(pid_t pid) {
  std::string text = read_kernel_file(fmt::format("/proc/{}/cmdline", pid)).value_or("");
  std::ranges::replace(text, '\0', '\n');
  return text;
}

// The name of the program that the first argument gives, without its directory.
std::string_view program_in(std::string_view arguments) {
  const std::string_view program = arguments.substr(0, arguments.find('\n'));
  return program.substr(program.rfind('/') + 1);
}

ProcessKey key_of(const ProcStat& stat) {
  return {.pid = stat.pid, .start_ticks = stat.start_ticks};
}

}  // namespace

std::vector<std::string> TargetSpec::words() const {
  switch (kind) {
    case Kind::kPid:
      return {"--pid", text};
    case Kind::kName:
      return {"--name", text};
    case Kind::kCgroup:
      return {"--cgroup", text};
    case Kind::kUnit:
      return {"--unit", text};
    case Kind::kContainer:
      return {"--container", text};
    case Kind::kCommand:
      break;
  }
  return command;
}

Target::Target(TargetSpec spec, ProcReader& reader) : spec_(std::move(spec)), reader_(reader) {
  using Kind = TargetSpec::Kind;
  if (spec_.kind == Kind::kName) pattern_.emplace(spec_.text);
  if (spec_.kind == Kind::kPid) {
    const auto pid =
        static_cast<pid_t>(cli::count_of(spec_.text, "--pid", {.low = 1, .high = kMostPids}));
    const std::optional<ProcStat> stat = reader_.stat(pid);
    if (!stat || stat->state == 'Z') {
      throw Error(fmt::format("there is no process {}", pid),
                  "pgrep shows pids; --name waits for a process by its name");
    }
    main_ = key_of(*stat);
    command_line_ = command_line_of(pid);
  }
  find_cgroup();
  if (!cgroup_ && (spec_.kind == Kind::kUnit || spec_.kind == Kind::kContainer)) {
    throw Error(
        fmt::format("no {} {} runs on this machine",
                    spec_.kind == Kind::kUnit ? "unit" : "container", tidemark::quoted(spec_.text)),
        "systemd-cgls shows the units and containers that run");
  }
}

Target::Target(TargetSpec spec, ProcReader& reader, Remembered before)
    : spec_(std::move(spec)),
      reader_(reader),
      main_(before.main),
      command_line_(std::move(before.command_line)) {
  if (spec_.kind == TargetSpec::Kind::kName) pattern_.emplace(spec_.text);
  find_cgroup();
}

void Target::find_cgroup() {
  using Kind = TargetSpec::Kind;
  if (spec_.kind == Kind::kCgroup) cgroup_ = cgroup_at(spec_.text);
  if (spec_.kind == Kind::kUnit) cgroup_ = cgroup_of_unit(spec_.text);
  if (spec_.kind == Kind::kContainer) cgroup_ = cgroup_of_container(spec_.text);
}

bool Target::is_root(const ProcStat& stat) {
  if (pattern_) {
    return pattern_->matches(stat.name_text()) ||
           pattern_->matches(program_in(command_line_of(stat.pid)));
  }
  if (spec_.kind != TargetSpec::Kind::kPid) return false;
  if (key_of(stat) == main_) return true;
  // Its successor: the same command line, started when it was gone.
  if (command_line_.empty() || command_line_of(stat.pid) != command_line_) return false;
  const std::optional<ProcStat> main = reader_.stat(main_.pid);
  const bool gone = !main || key_of(*main) != main_ || main->state == 'Z';
  if (!gone || stat.start_ticks < main_.start_ticks) return false;
  main_ = key_of(stat);
  return true;
}

std::vector<pid_t> Target::listed() {
  auto processes = cgroup_ ? processes_in(*cgroup_) : std::nullopt;
  if (!processes && spec_.kind != TargetSpec::Kind::kCgroup) {
    // A unit that starts again may get another cgroup.
    find_cgroup();
    processes = cgroup_ ? processes_in(*cgroup_) : std::nullopt;
  }
  return processes.value_or(std::vector<pid_t>());
}

bool Target::is_cgroup() const {
  using Kind = TargetSpec::Kind;
  return spec_.kind == Kind::kCgroup || spec_.kind == Kind::kUnit || spec_.kind == Kind::kContainer;
}

MemberRule Target::rule() {
  MemberRule rule{.never = keeper_};
  if (is_cgroup()) {
    rule.list = [this] { return listed(); };
  } else if (spec_.kind != TargetSpec::Kind::kCommand) {
    rule.root = [this](const ProcStat& stat) { return is_root(stat); };
  }
  return rule;
}

std::optional<std::filesystem::path> Target::cgroup() const {
  // A process that was given by pid, name or command may share its cgroup with a
  // whole login session.
  return is_cgroup() ? cgroup_ : std::nullopt;
}

Lives::Change Lives::look(const std::vector<Member>& living) {
  if (living.empty()) {
    if (!alive_) return Change::kNone;
    alive_ = false;
    return Change::kEnded;
  }
  const auto is_main = [&](const Member& member) { return key_of(member.stat) == main_; };
  const auto main = std::ranges::find_if(living, is_main);
  const bool goes_on = main != living.end();
  if (goes_on && (alive_ || count_ > 0)) {
    alive_ = true;
    return Change::kNone;
  }
  // Its heir: who was there before it ended, roots first.
  const auto was_there = [](const Member& member) { return member.looks > 1; };
  auto heir = std::ranges::find_if(
      living, [&](const Member& member) { return was_there(member) && member.root; });
  if (heir == living.end()) heir = std::ranges::find_if(living, was_there);
  if (alive_ && heir != living.end()) {
    main_ = key_of(heir->stat);
    return Change::kNone;
  }
  auto eldest = std::ranges::find_if(living, &Member::root);
  if (eldest == living.end()) eldest = living.begin();
  main_ = key_of(eldest->stat);
  alive_ = true;
  ++count_;
  return Change::kBegan;
}

}  // namespace tidemark::leakwatch
