#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::cli {

enum class Style : std::uint8_t { kPlain, kBold, kDim, kRed, kAmber, kGreen, kBlue };

// What a terminal shows.
struct Look {
  bool colour = true;
  bool unicode = true;  // otherwise ASCII stands for it
};

// What the terminal behind `fd` shows: colours as wants_colour() says, and the character
// set that LC_ALL, LC_CTYPE or LANG names.
Look look_of(int fd);

// How many columns a terminal takes for `text`, which is UTF-8.
std::size_t columns_of(std::string_view text);

// The start of `text` that fits `columns`, with an ellipsis when something is cut off.
std::string fitted(std::string_view text, std::size_t columns);

// `text` in lines of at most `columns`, broken between words where there are any; at
// most `most` lines, the last with an ellipsis when something is left.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns, std::size_t most);

// One line on a terminal of a given width, put together from pieces. Whatever a piece
// holds is shown as text: control characters become visible escapes.
class Line {
 public:
  Line(std::size_t width, Look look) : width_(width), look_(look) {}

  // What does not fit is cut off.
  Line& add(std::string_view text, Style style = Style::kPlain);
  // Right-aligned in `columns`.
  Line& add_right(std::string_view text, std::size_t columns, Style style = Style::kPlain);
  // Spaces up to that column.
  Line& to(std::size_t column);

  std::size_t columns() const { return columns_; }
  std::size_t left() const { return width_ - columns_; }
  const std::string& text() const { return text_; }

 private:
  std::size_t width_;
  Look look_;
  std::size_t columns_ = 0;
  std::string text_;
};

}  // namespace tidemark::cli
