#include "lib/report/palette_map.h"

#include <optional>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::string_view kArrow = "->";

// "12," off the front of `text`, which `end` follows.
std::optional<int> take_part(std::string_view& text, char end) {
  const std::size_t length = text.find(end);
  if (length == std::string_view::npos) return std::nullopt;
  const auto number = to_number(text.substr(0, length));
  if (!number || *number < 0 || *number > 255) return std::nullopt;
  text.remove_prefix(length + 1);
  return static_cast<int>(*number);
}

std::optional<Colour> colour_from(std::string_view css) {
  constexpr std::string_view kStart = "rgb(";
  if (!css.starts_with(kStart)) return std::nullopt;
  css.remove_prefix(kStart.size());
  const auto red = take_part(css, ',');
  const auto green = red ? take_part(css, ',') : std::nullopt;
  const auto blue = green ? take_part(css, ')') : std::nullopt;
  if (!blue || !css.empty()) return std::nullopt;
  return Colour{.red = *red, .green = *green, .blue = *blue};
}

}  // namespace

PaletteMap parse_palette_map(const Input& input) {
  PaletteMap map;
  Lines lines(input.name, input.bytes);
  while (lines.next()) {
    const std::string_view line = lines.line();
    if (line.empty()) continue;
    // A name may hold an arrow, a colour does not.
    const std::size_t arrow = line.rfind(kArrow);
    const auto colour = arrow == std::string_view::npos
                            ? std::nullopt
                            : colour_from(line.substr(arrow + kArrow.size()));
    if (!colour) {
      throw UsageError(
          lines.at("expected '<function>->rgb(<red>,<green>,<blue>)', found " + quoted(line)));
    }
    map[std::string(line.substr(0, arrow))] = *colour;
  }
  return map;
}

std::string to_text(const PaletteMap& map) {
  std::string text;
  for (const auto& [name, colour] : map) {
    if (name.find_first_of("\n\r") != std::string::npos) continue;
    text += name;
    text += kArrow;
    text += to_css(colour) + '\n';
  }
  return text;
}

}  // namespace tidemark
