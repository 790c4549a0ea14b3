#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark {

// Walks the lines of a text. It knows where it is, so that every message about
// the text has a position: "`name`:`line number`: expected ..., found ...".
//
//   Lines lines(input.name, input.bytes);
//   while (lines.next()) { use lines.line(); }
//
// `bytes` must outlive the Lines and every string_view taken from it.
class Lines {
 public:
  Lines(std::string_view name, std::string_view bytes) : name_(name), bytes_(bytes) {}

  // Moves to the next line; false at the end. A last line without a newline
  // counts as a line.
  bool next();

  // Steps back, so that the next call of next() gives the current line again.
  void again();

  // The current line, without its newline and without a carriage return before
  // it. REQUIRES: next() returned true.
  std::string_view line() const { return line_; }

  // The current line's number, from 1.
  std::int64_t number() const { return number_; }

  // Where the current line starts in the text.
  std::size_t offset() const { return start_; }

  // Whether the current line ended in a newline. The last line of a file that
  // was cut off does not.
  bool whole() const { return whole_; }

  // Moves to the next line and returns what follows `prefix` there. Throws
  // Error when the text ends or the line starts otherwise.
  std::string_view expect_text(std::string_view prefix);

  // The same for a line that is `prefix` and a decimal number, nothing else.
  std::int64_t expect_number(std::string_view prefix);

  // Throws "name:line: expected `expected`, found '...'".
  [[noreturn]] void fail(std::string_view expected) const;

  // "name:line: `message`", for a warning about the current line.
  std::string at(std::string_view message) const;

 private:
  std::string_view name_;
  std::string_view bytes_;
  std::string_view line_;
  std::size_t start_ = 0;
  std::size_t next_ = 0;
  std::int64_t number_ = 0;
  bool whole_ = true;
  bool ended_ = false;
};

// `text` cut to a length that fits an error message, control characters shown
// as escapes, quoted: 'time=soon'. For any text from a file that is printed.
std::string quoted(std::string_view text);

// `text` with every control character (terminal escapes among them) and every
// byte that is not valid UTF-8 replaced by an escape such as \x1b. For names
// from files that go to a terminal.
std::string printable(std::string_view text);

}  // namespace tidemark
