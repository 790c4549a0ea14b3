// The one door to Boost.Process.

#include "lib/process/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#define BOOST_PROCESS_USE_STD_FS
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/posix.hpp>
#include <boost/process/start_dir.hpp>

#include "lib/base/error.h"
#include "lib/base/lines.h"

namespace tidemark {
namespace {

namespace bp = boost::process;

bp::environment environment_of(const Command& command) {
  bp::environment result = boost::this_process::environment();
  for (const std::string& name : command.without) result.erase(name);
  for (const auto& [name, value] : command.environment) result[name] = value;
  return result;
}

// "0" is whoever writes it. Before anything of the program runs, so that all that it
// starts is in there, too.
void enter(const std::filesystem::path& cgroup) {
  const std::filesystem::path file = cgroup / "cgroup.procs";
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd >= 0 && ::write(fd, "0", 1) == 1) {
    ::close(fd);
    return;
  }
  const std::string said = fmt::format("{}: {}\n", file.string(), std::strerror(errno));
  if (::write(STDERR_FILENO, said.data(), said.size()) < 0) ::_exit(125);
  ::_exit(126);
}

// Runs in the child, between fork and exec.
void become_target(const Launch& what, pid_t parent) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it died before we could ask

  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  if (what.open_files != 0) {
    const rlimit limit{.rlim_cur = what.open_files, .rlim_max = what.open_files};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(what.output, STDOUT_FILENO);
  ::dup2(what.errors, STDERR_FILENO);
  for (const std::filesystem::path& cgroup : what.cgroups) enter(cgroup);
  // Boost tells its parent about a failed exec through a pipe, so what is open
  // is closed by the exec and not before.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
}

Error not_started(const Launch& what, const std::error_code& problem) {
  std::string hint;
  if (problem == std::errc::no_such_file_or_directory) {
    hint = "the file is there, so look at its interpreter: the #! line or the dynamic loader";
  } else if (problem == std::errc::executable_format_error) {
    hint = "a script needs a first line such as #!/bin/sh";
  }
  if (!what.command.directory.empty() && !std::filesystem::is_directory(what.command.directory)) {
    return Error(fmt::format("cannot start {}: no directory {} to start it in",
                             what.program.string(), what.command.directory.string()));
  }
  return Error(fmt::format("cannot start {}: {}", what.program.string(), problem.message()), hint);
}

}  // namespace

Launch prepare(const Command& command) {
  // Who runs with a closed standard file would find one of ours in its place.
  while (::fcntl(STDIN_FILENO, F_GETFD) < 0 || ::fcntl(STDOUT_FILENO, F_GETFD) < 0 ||
         ::fcntl(STDERR_FILENO, F_GETFD) < 0) {
    if (::open("/dev/null", O_RDWR) < 0) throw errno_error("/dev/null");
  }
  if (command.arguments.empty() || command.arguments.front().empty()) {
    throw UsageError("expected a program to start, found nothing");
  }
  const std::string& name = command.arguments.front();
  const auto program = find_program(name);
  if (!program) {
    const bool path = name.find('/') != std::string::npos;
    throw Error(fmt::format("no program {} {}", tidemark::quoted(name),
                            path ? "that can be executed is there" : "in PATH"));
  }
  return {.command = command, .program = std::filesystem::absolute(*program)};
}

pid_t launch(const Launch& what) {
  const pid_t self = ::getpid();
  const std::vector<std::string> arguments(what.command.arguments.begin() + 1,
                                           what.command.arguments.end());
  std::string name = what.command.arguments.front();
  const std::string directory =
      what.command.directory.empty() ? "." : what.command.directory.string();
  const auto set_up = [&](auto& executor) {
    become_target(what, self);
    // Boost makes argv[0] the path that it executes; programs expect what was typed.
    const_cast<char**>(executor.cmd_line)[0] = name.data();
  };
  std::error_code problem;
  bp::child child(bp::exe = what.program.string(), bp::args = arguments, bp::start_dir = directory,
                  environment_of(what.command), bp::extend::on_exec_setup = set_up, problem);
  if (problem) throw not_started(what, problem);
  const pid_t pid = child.id();
  child.detach();
  return pid;
}

}  // namespace tidemark
