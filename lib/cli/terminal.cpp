#include "lib/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark::cli {
namespace {

constexpr std::size_t kUsualWidth = 80;

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value == nullptr ? std::string_view() : value;
}

// The start of `text` that fits `columns`, cut between characters.
std::string_view first_columns(std::string_view text, std::size_t columns) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts_character = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (starts_character && ++column > columns) return text.substr(0, i);
  }
  return text;
}

// Progress is for people who look; when it cannot be shown, nothing is lost.
void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

std::size_t width(int fd) {
  winsize size = {};
  if (is_terminal(fd) && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  const auto columns = to_unsigned(environment("COLUMNS"));
  return columns && *columns >= 20 && *columns <= 1000 ? *columns : kUsualWidth;
}

bool wants_colour(int fd) {
  return is_terminal(fd) && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
}

ProgressLine::ProgressLine(int fd) : fd_(fd), silent_(!is_terminal(fd)) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::show(std::string_view text) {
  if (silent_) return;
  const std::string line = printable(text);
  // The last column stays free: some terminals wrap when it is written.
  write_all(fd_, "\r\x1b[K" + std::string(first_columns(line, width(fd_) - 1)));
  shown_ = true;
}

void ProgressLine::clear() {
  if (!shown_) return;
  write_all(fd_, "\r\x1b[K");
  shown_ = false;
}

}  // namespace tidemark::cli
