#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

// flamegraph.pl's palettes, under its names.
enum class Palette : std::uint8_t {
  kHot,
  kMem,
  kIo,
  kWakeup,
  kChain,
  kJava,
  kJs,
  kPerl,
  kRed,
  kGreen,
  kBlue,
  kAqua,
  kYellow,
  kPurple,
  kOrange,
};

// The palette of that name; nothing when there is none.
std::optional<Palette> palette_named(std::string_view name);

struct Colour {
  int red = 0;
  int green = 0;
  int blue = 0;

  friend bool operator==(const Colour&, const Colour&) = default;
};

// "rgb(205,0,0)".
std::string to_css(Colour colour);

// The colour of a frame. It depends on nothing but the name, so that a function
// has the same colour in every graph. The palettes of languages go by the
// annotations _[j], _[i], _[k] at the end of the name and by its shape.
Colour colour_of(std::string_view name, Palette palette);

// The colour of a difference: red for growth, blue for shrinking, the stronger
// the nearer `delta` is to `largest`, which is the largest of all.
Colour colour_of_difference(std::int64_t delta, std::int64_t largest);

}  // namespace tidemark
