#include "bench/command_cost.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): <csignal> has no kill()
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace tidemark::bench {
namespace {

// Starts the command as the first of a process group of its own.
pid_t start(const Command& command) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  const int problem =
      ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw errno_error(command[0], problem);
  return pid;
}

// Whether `child` ended within that many seconds.
bool ended_within(pid_t child, double seconds) {
  const Descriptor descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!descriptor) throw errno_error("pidfd_open");
  pollfd end{.fd = descriptor.get(), .events = POLLIN, .revents = 0};
  return ::poll(&end, 1, static_cast<int>(seconds * 1e3)) != 0;
}

void add(Cost& cost, const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  cost.cpu_s += seconds(usage.ru_utime) + seconds(usage.ru_stime);
  cost.peak_mb = std::max(cost.peak_mb, static_cast<double>(usage.ru_maxrss) / 1e3);
}

}  // namespace

Cost cost_of(const Command& command, double most_s) {
  // What a killed command leaves behind becomes ours, and is counted.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t child = start(command);
  Cost cost{.stopped = !ended_within(child, most_s)};
  if (cost.stopped) ::kill(-child, SIGKILL);
  int status = 0;
  rusage usage{};
  if (::wait4(child, &status, 0, &usage) != child) throw errno_error(command[0]);
  if (!cost.stopped && status != 0) throw Error(fmt::format("{} failed", fmt::join(command, " ")));
  do {
    add(cost, usage);
  } while (::wait4(-child, &status, 0, &usage) > 0);
  return cost;
}

}  // namespace tidemark::bench
