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

// What a colour within a palette goes by: flamegraph.pl's default, --hash, --random.
enum class Colouring : std::uint8_t {
  kByName,    // so that a function has the same colour in every graph
  kByHash,    // the same, alike for names that start alike
  kByChance,  // whatever the name; yet the same in every run
};

// The colour of a frame. The palettes of languages go by the annotations _[j],
// _[i], _[k] at the end of the name and by its shape. `number` is the frame's, for
// kByChance; nothing else depends on it.
Colour colour_of(std::string_view name, Palette palette, Colouring colouring = Colouring::kByName,
                 std::uint64_t number = 0);

// The colour of a difference: red for growth, blue for shrinking, the stronger
// the nearer `delta` is to `largest`, which is the largest of all.
Colour colour_of_difference(std::int64_t delta, std::int64_t largest);

}  // namespace tidemark
