#include "tools/signoff/run/directory_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/process/proc.h"

namespace tidemark::signoff {
namespace {

using Clock = std::chrono::steady_clock;

// What is left of a signoff that was killed is ended by then.
constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::milliseconds kLook{50};

// "PID TICKS" of the holder.
struct Holder {
  std::int64_t pid = 0;
  std::int64_t start_ticks = 0;
};

Holder read_holder(int fd) {
  std::array<char, 64> text{};
  const ssize_t length = ::pread(fd, text.data(), text.size(), 0);
  Holder holder;
  if (length <= 0) return holder;
  const std::vector<std::string_view> words =
      fields({text.data(), static_cast<std::size_t>(length)});
  if (words.size() < 2) return holder;
  holder.pid = to_number(words[0]).value_or(0);
  holder.start_ticks = to_number(words[1]).value_or(0);
  return holder;
}

bool lives(const Holder& holder) {
  const auto status = process_status(static_cast<pid_t>(holder.pid));
  return status && static_cast<std::int64_t>(status->start_ticks) == holder.start_ticks &&
         status->state != 'Z';
}

void write_holder(int fd) {
  const auto self = process_status(::getpid());
  const std::string text =
      fmt::format("{} {} \n", ::getpid(), self ? self->start_ticks : std::uint64_t{0});
  if (::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    throw errno_error("cannot write who holds the directory");
  }
}

}  // namespace

DirectoryLock::DirectoryLock(const std::filesystem::path& directory) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) throw errno_error(directory.string(), failed.value());
  const std::filesystem::path path = directory / ".lock";
  fd_ = Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd_) throw errno_error(path.string());
  const auto deadline = Clock::now() + kPatience;
  while (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) throw errno_error(path.string());
    const Holder holder = read_holder(fd_.get());
    if (lives(holder) || Clock::now() > deadline) {
      throw Error(fmt::format("{}: another signoff writes there (process {})",
                              printable(directory.string()), holder.pid),
                  "wait until it ends, or give another directory with --output");
    }
    std::this_thread::sleep_for(kLook);
  }
  write_holder(fd_.get());
}

}  // namespace tidemark::signoff
