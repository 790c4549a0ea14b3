#include "lib/process/words.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"

namespace tidemark {
namespace {

constexpr std::string_view kShellOnly = "|;&<>`";

// Walks a command line, one argument after the other.
class Splitter {
 public:
  Splitter(std::string_view line, std::string_view what) : line_(line), what_(what) {}

  std::vector<std::string> split() {
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (c == ' ' || c == '\t' || c == '\n') {
        finish();
      } else if (c == '\'' || c == '"') {
        take_quoted(c);
      } else {
        take_plain(c);
      }
    }
    finish();
    return std::move(words_);
  }

 private:
  void take_plain(char c) {
    open_ = true;
    if (c == '\\') {
      if (at_ == line_.size()) {
        throw UsageError(
            fmt::format("{}: nothing follows the last backslash in {}", what_, quoted(line_)));
      }
      word_ += line_[at_++];
      return;
    }
    if (kShellOnly.find(c) != std::string_view::npos) {
      throw UsageError(
          fmt::format("{}: expected a program and its arguments, found a shell's '{}'", what_, c),
          "quote it, or write: sh -c '...'");
    }
    word_ += c;
  }

  void take_quoted(char quote) {
    open_ = true;
    while (at_ < line_.size()) {
      char c = line_[at_++];
      if (c == quote) return;
      const bool escapes = quote == '"' && c == '\\' && at_ < line_.size();
      if (escapes && (line_[at_] == '"' || line_[at_] == '\\')) c = line_[at_++];
      word_ += c;
    }
    throw UsageError(fmt::format("{}: a quote is not closed in {}", what_, quoted(line_)));
  }

  void finish() {
    if (open_) words_.push_back(std::exchange(word_, {}));
    open_ = false;
  }

  std::string_view line_;
  std::string_view what_;
  std::size_t at_ = 0;
  std::string word_;
  bool open_ = false;
  std::vector<std::string> words_;
};

}  // namespace

std::vector<std::string> split_command(std::string_view line, std::string_view what) {
  std::vector<std::string> words = Splitter(line, what).split();
  if (words.empty() || words[0].empty()) {
    throw UsageError(fmt::format("{}: expected a command, found {}", what, quoted(line)));
  }
  return words;
}

}  // namespace tidemark
