#include "lib/process/custodian.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <functional>
#include <system_error>

#include "lib/base/error.h"
#include "lib/base/numbers.h"
#include "lib/process/watch.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

// What goes over the channel; each is answered by an Answer.
struct Message {
  enum class Kind : std::uint8_t { kOwe, kTakeBack };
  Kind kind = Kind::kOwe;
  std::uint32_t id = 0;
  Debt::Kind debt = Debt::Kind::kContinue;
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::array<char, PATH_MAX> path{};
};
struct Answer {
  std::array<char, 1024> problem{};
};

// Tries for at most 5 s.
bool insist(const std::function<bool()>& attempt) {
  for (int tries = 0; tries < 500; ++tries) {
    if (attempt()) return true;
    ::usleep(10'000);
  }
  return false;
}

struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const Identity&, const Identity&) = default;
};

Identity identity_of(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  return {.device = status.st_dev, .inode = status.st_ino};
}

struct Owed {
  Debt debt;
  Identity identity;  // of a directory to remove
};

std::string problem_with(const fs::path& path) {
  return fmt::format("{}: {}", path.string(), std::strerror(errno));
}

std::string remove(const Owed& owed) {
  const fs::path& path = owed.debt.path;
  if (identity_of(path) != owed.identity) return "";  // gone, or another one by now
  std::error_code problem;
  // Who still writes into it makes it "not empty".
  insist([&] {
    fs::remove_all(path, problem);
    return problem != std::errc::directory_not_empty;
  });
  return problem ? fmt::format("{}: {}", path.string(), problem.message()) : "";
}

std::string unmount(const fs::path& path) {
  const bool done =
      insist([&] { return ::umount2(path.c_str(), UMOUNT_NOFOLLOW) == 0 || errno != EBUSY; });
  if (done && (errno == EINVAL || errno == ENOENT)) return "";  // it is not mounted any more
  if (done) return "";
  return ::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0 ? "" : problem_with(path);
}

std::string remove_cgroup(const fs::path& path) {
  const bool done = insist([&] {
    const std::string text = read_kernel_file(path / "cgroup.procs").value_or("");
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const auto pid = to_number(std::string_view(text).substr(at, end - at));
      if (pid && *pid > 1) ::kill(static_cast<pid_t>(*pid), SIGKILL);
      at = end + 1;
    }
    return ::rmdir(path.c_str()) == 0 || errno == ENOENT;
  });
  return done ? "" : problem_with(path);
}

std::string pay(const Owed& owed) {
  switch (owed.debt.kind) {
    case Debt::Kind::kContinue: {
      const ProcessStatus process{.pid = owed.debt.pid, .start_ticks = owed.debt.start_ticks};
      const bool may = send_signal(process, SIGCONT);
      return may ? "" : fmt::format("process {} cannot be continued", owed.debt.pid);
    }
    case Debt::Kind::kRemove:
      return remove(owed);
    case Debt::Kind::kUnmount:
      return unmount(owed.debt.path);
    case Debt::Kind::kCgroup:
      return remove_cgroup(owed.debt.path);
  }
  return "";
}

// The custodian's life.
[[noreturn]] void serve(int channel) {
  std::map<std::uint32_t, Owed> owed;
  Message message;
  while (true) {
    const ssize_t count = ::recv(channel, &message, sizeof message, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count != sizeof message) break;
    Answer answer;
    if (message.kind == Message::Kind::kOwe) {
      const Debt debt{.kind = message.debt,
                      .pid = message.pid,
                      .start_ticks = message.start_ticks,
                      .path = message.path.data()};
      owed[message.id] = {.debt = debt, .identity = identity_of(debt.path)};
    } else if (const auto found = owed.find(message.id); found != owed.end()) {
      pay(found->second).copy(answer.problem.data(), answer.problem.size() - 1);
      owed.erase(found);
    }
    ::send(channel, &answer, sizeof answer, MSG_NOSIGNAL);
  }
  std::for_each(owed.rbegin(), owed.rend(), [](const auto& debt) { pay(debt.second); });
  ::_exit(0);
}

[[noreturn]] void become_custodian(int channel) {
  ::setsid();
  ::prctl(PR_SET_NAME, "tidemark-custod");
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_IGN);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3; ++fd) ::dup2(nothing, fd);
  const int kept = ::dup3(channel, 3, O_CLOEXEC) == 3 ? 3 : channel;
  if (kept == 3) ::close_range(4, ~0U, 0);
  if (::chdir("/") != 0) ::_exit(1);  // hold no file system busy
  serve(kept);
}

}  // namespace

Debt to_continue(const ProcessStatus& process) {
  return {.kind = Debt::Kind::kContinue, .pid = process.pid, .start_ticks = process.start_ticks};
}

Custodian::Custodian() {
  int ends[2] = {};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    throw errno_error("cannot make a channel to a custodian");
  }
  channel_ = Descriptor(ends[0]);
  Descriptor other(ends[1]);
  // Somebody who killed it is noticed at the next owe(), not by SIGPIPE; and it must run
  // none of our handlers.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_ = ::fork();
  if (pid_ == 0) {
    channel_.reset();
    become_custodian(other.get());
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid_ < 0) throw errno_error("cannot start a custodian");
}

Custodian::~Custodian() {
  channel_.reset();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
}

namespace {

std::optional<Answer> ask(int channel, const Message& message) {
  if (::send(channel, &message, sizeof message, MSG_NOSIGNAL) != sizeof message) {
    return std::nullopt;
  }
  Answer answer;
  ssize_t count = -1;
  do {
    count = ::recv(channel, &answer, sizeof answer, 0);
  } while (count < 0 && errno == EINTR);
  return count == sizeof answer ? std::optional(answer) : std::nullopt;
}

constexpr const char* kGone = "somebody killed the process that takes back what faults did";

}  // namespace

Custodian::Id Custodian::owe(const Debt& debt) {
  Message message{.kind = Message::Kind::kOwe,
                  .id = ++last_,
                  .debt = debt.kind,
                  .pid = debt.pid,
                  .start_ticks = debt.start_ticks};
  const std::string path = debt.path.empty() ? "" : fs::absolute(debt.path).string();
  if (path.size() >= message.path.size()) throw errno_error(path, ENAMETOOLONG);
  path.copy(message.path.data(), path.size());
  if (!ask(channel_.get(), message)) throw Error(kGone);
  return Id{last_};
}

std::string Custodian::take_back(Id id) {
  const Message message{.kind = Message::Kind::kTakeBack, .id = static_cast<std::uint32_t>(id)};
  const std::optional<Answer> answer = ask(channel_.get(), message);
  return answer ? answer->problem.data() : kGone;
}

}  // namespace tidemark
