#include "lib/cli/full_screen.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <new>
#include <string_view>

#include "lib/base/error.h"
#include "lib/cli/terminal.h"

namespace tidemark::cli {
namespace {

// Alternate screen, no cursor, no wrapping: what is too wide must not shift the rest.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
// CAN ends an escape sequence that was cut off.
constexpr std::string_view kLeave = "\x18\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

// What the signal handlers touch: they have no other way to be told.
constinit std::atomic<int> screen = -1;
// Whether the terminal is as we want it; on a page that the guard shares.
constinit std::atomic<bool>* inside = nullptr;
constinit std::atomic<bool> modes_known = false;
constinit termios modes{};  // the terminal's before us; written while screen is -1
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
              "used in a signal handler");

std::atomic<bool>* shared_flag() {
  void* const page = ::mmap(nullptr, sizeof(std::atomic<bool>), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) throw errno_error("cannot draw on the terminal");
  return new (page) std::atomic<bool>(false);
}

void leave(int fd) {
  [[maybe_unused]] const ssize_t written = ::write(fd, kLeave.data(), kLeave.size());
  if (modes_known) ::tcsetattr(fd, TCSANOW, &modes);
}

void on_resize(int /*signal*/) {}  // poll() is interrupted, which is all

void on_stop(int /*signal*/) {
  const int saved = errno;
  if (screen >= 0 && inside->exchange(false)) leave(screen);
  ::raise(SIGSTOP);
  errno = saved;
}

void act(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = handler == on_stop ? SA_RESTART : 0;
  ::sigaction(signal, &action, nullptr);
}

// A description of our own of the terminal, which may be non-blocking: that of `fd`
// is the shell's too.
Descriptor own_terminal(int fd) {
  std::array<char, 128> name{};
  if (::ttyname_r(fd, name.data(), name.size()) == 0) {
    Descriptor own(::open(name.data(), O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (own) return own;
  }
  return Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

// Waits for the end of the process behind `parent` and gives the terminal back. In a
// session of its own, so that what ends a whole job does not end it.
[[noreturn]] void guard(int terminal, int parent) {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::setsid();
  ::prctl(PR_SET_NAME, "terminal-guard");
  ::dup2(terminal, 0);
  ::dup2(parent, 1);
  // Whoever waits for the end of a pipe that we inherited must not wait for us.
  ::syscall(SYS_close_range, 2U, ~0U, 0U);
  pollfd ended{.fd = 1, .events = POLLIN};
  while (::poll(&ended, 1, -1) < 0 && errno == EINTR) continue;
  if (*inside) leave(0);
  ::_exit(0);
}

}  // namespace

bool FullScreen::possible(int fd) {
  // wants_colour() knows of TERM=dumb, but of NO_COLOR too, which is no reason here.
  const char* const term = ::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  const std::string_view kind = term == nullptr ? std::string_view() : term;
  return is_terminal(fd) && !kind.empty() && kind != "dumb" && ::tcgetpgrp(fd) == ::getpgrp();
}

FullScreen::FullScreen(int fd) : fd_(own_terminal(fd)) {
  if (!fd_) throw errno_error("cannot draw on the terminal");
  assert(screen < 0);
  inside = shared_flag();
  modes_known = ::tcgetattr(fd_.get(), &modes) == 0;
  if (modes_known) before_ = modes;
  screen = fd_.get();
  start_guard();
  act(SIGWINCH, on_resize);
  act(SIGTSTP, on_stop);
}

FullScreen::~FullScreen() {
  act(SIGWINCH, SIG_DFL);
  act(SIGTSTP, SIG_DFL);
  screen = -1;
  if (inside->exchange(false) && is_ours()) leave(fd_.get());
  if (guard_ >= 0) {
    ::kill(guard_, SIGKILL);
    while (::waitpid(guard_, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  ::munmap(inside, sizeof *inside);
}

void FullScreen::start_guard() {
  const Descriptor us(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!us) return;  // a kernel before 5.3: only SIGKILL is not covered
  guard_ = ::fork();
  if (guard_ == 0) guard(fd_.get(), us.get());
}

FullScreen::Size FullScreen::size() const {
  winsize size{};
  if (::ioctl(fd_.get(), TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {.rows = size.ws_row, .columns = size.ws_col};
}

bool FullScreen::is_ours() const {
  const pid_t owner = ::tcgetpgrp(fd_.get());
  // Through a terminal that is not our controlling one nobody can say.
  return owner < 0 || owner == ::getpgrp();
}

bool FullScreen::is_stale() const {
  return is_ours() && (!*inside || drawn_.empty() || size() != drawn_size_);
}

void FullScreen::enter() {
  if (before_) {
    // What is typed must not show; Ctrl-C and Ctrl-Z still work.
    termios quiet = *before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
    ::tcsetattr(fd_.get(), TCSANOW, &quiet);
  }
  *inside = true;  // some of it may get there
  if (!send(std::string(kEnter))) *inside = false;
  drawn_.clear();
}

// Whether the terminal took all of it.
bool FullScreen::send(const std::string& text) {
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t written = ::write(fd_.get(), left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void FullScreen::draw(const std::vector<std::string>& lines) {
  if (!is_ours()) {
    *inside = false;
    return;
  }
  if (!*inside) enter();
  if (!*inside) return;
  const Size now = size();
  std::string text;
  if (drawn_.empty() || now != drawn_size_) {
    // After what was cut off, too.
    text = "\x18\x1b[0m\x1b[2J";
    drawn_.assign(now.rows, "");
  }
  for (std::size_t row = 0; row < drawn_.size(); ++row) {
    const std::string& line = row < lines.size() ? lines[row] : std::string();
    if (line == drawn_[row]) continue;
    // Erased after it is written: nothing flickers.
    text += fmt::format("\x1b[{};1H{}\x1b[0m\x1b[K", row + 1, line);
    drawn_[row] = line;
  }
  drawn_size_ = now;
  if (!send(text)) drawn_.clear();
}

}  // namespace tidemark::cli
