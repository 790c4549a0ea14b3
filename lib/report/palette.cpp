// The formulas are flamegraph.pl's (brendangregg/FlameGraph, color(), namehash(),
// random_namehash() and color_scale()), Perl's random numbers included.

#include "lib/report/palette.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace tidemark {
namespace {

using Named = std::pair<std::string_view, Palette>;

constexpr std::array<Named, 15> kPalettes = {{
    {"hot", Palette::kHot},
    {"mem", Palette::kMem},
    {"io", Palette::kIo},
    {"wakeup", Palette::kWakeup},
    {"chain", Palette::kChain},
    {"java", Palette::kJava},
    {"js", Palette::kJs},
    {"perl", Palette::kPerl},
    {"red", Palette::kRed},
    {"green", Palette::kGreen},
    {"blue", Palette::kBlue},
    {"aqua", Palette::kAqua},
    {"yellow", Palette::kYellow},
    {"purple", Palette::kPurple},
    {"orange", Palette::kOrange},
}};

// 0 to 1 by the first characters of the name, the first counting most. What comes
// before a "`", a module, does not count.
double name_hash(std::string_view name) {
  const std::size_t tick = name.find('`', 1);
  if (tick != std::string_view::npos) name.remove_prefix(tick + 1);
  double vector = 0;
  double weight = 1;
  double largest = 1;
  int modulus = 10;
  for (const char c : name) {
    const int digit = static_cast<unsigned char>(c) % modulus;
    vector += static_cast<double>(digit) / (modulus - 1) * weight;
    largest += weight;
    weight *= 0.70;
    if (++modulus > 12) break;
  }
  return 1 - vector / largest;
}

// The first number that Perl's rand(1) gives after srand(seed): drand48's.
double perl_random(std::uint32_t seed) {
  constexpr std::uint64_t kMask = (std::uint64_t{1} << 48) - 1;
  const std::uint64_t start = (std::uint64_t{seed} << 16) + 0x330E;
  return std::ldexp(static_cast<double>((start * 0x5DEECE66DU + 0xB) & kMask), -48);
}

struct Mix {
  double first;
  double second;

  int of_first(int base, int range) const { return base + static_cast<int>(range * first); }
  int of_second(int base, int range) const { return base + static_cast<int>(range * second); }
};

Colour shade(Palette palette, const Mix& mix) {
  const auto grey = [&](int base, int range) { return mix.of_first(base, range); };
  switch (palette) {
    case Palette::kMem:
      return {.red = 0, .green = mix.of_second(190, 50), .blue = grey(0, 210)};
    case Palette::kIo:
      return {.red = grey(80, 60), .green = grey(80, 60), .blue = mix.of_second(190, 55)};
    case Palette::kRed:
      return {.red = grey(200, 55), .green = grey(50, 80), .blue = grey(50, 80)};
    case Palette::kGreen:
      return {.red = grey(50, 60), .green = grey(200, 55), .blue = grey(50, 60)};
    case Palette::kBlue:
      return {.red = grey(80, 60), .green = grey(80, 60), .blue = grey(205, 50)};
    case Palette::kYellow:
      return {.red = grey(175, 55), .green = grey(175, 55), .blue = grey(50, 20)};
    case Palette::kPurple:
      return {.red = grey(190, 65), .green = grey(80, 60), .blue = grey(190, 65)};
    case Palette::kAqua:
      return {.red = grey(50, 60), .green = grey(165, 55), .blue = grey(165, 55)};
    case Palette::kOrange:
      return {.red = grey(190, 65), .green = grey(90, 65), .blue = 0};
    default:
      return {.red = mix.of_second(205, 50), .green = grey(0, 230), .blue = mix.of_second(0, 55)};
  }
}

bool in_java_package(std::string_view name) {
  if (name.starts_with('L')) name.remove_prefix(1);
  constexpr std::array<std::string_view, 8> kPackages = {"java/", "javax/", "jdk/", "net/",
                                                         "org/",  "com/",   "io/",  "sun/"};
  return std::ranges::any_of(kPackages, [&](auto package) { return name.starts_with(package); });
}

Palette for_java(std::string_view name) {
  if (name.ends_with("_[j]")) return Palette::kGreen;
  if (name.ends_with("_[i]")) return Palette::kAqua;
  if (in_java_package(name) || name.find(":::") != std::string_view::npos) return Palette::kGreen;
  if (name.find("::") != std::string_view::npos) return Palette::kYellow;
  return name.ends_with("_[k]") ? Palette::kOrange : Palette::kRed;
}

Palette for_perl(std::string_view name) {
  if (name.find("::") != std::string_view::npos) return Palette::kYellow;
  if (name.find("Perl") != std::string_view::npos || name.find(".pl") != std::string_view::npos)
    return Palette::kGreen;
  return name.ends_with("_[k]") ? Palette::kOrange : Palette::kRed;
}

Palette for_js(std::string_view name) {
  if (name.ends_with("_[j]")) {
    return name.find('/') != std::string_view::npos ? Palette::kGreen : Palette::kAqua;
  }
  if (name.find("::") != std::string_view::npos) return Palette::kYellow;
  const std::size_t slash = name.find('/');
  if (slash != std::string_view::npos && name.find(".js", slash) != std::string_view::npos)
    return Palette::kGreen;
  if (name.find(':') != std::string_view::npos) return Palette::kAqua;
  if (name == " ") return Palette::kGreen;
  return name.ends_with("_[k]") ? Palette::kOrange : Palette::kRed;
}

Palette single(std::string_view name, Palette palette) {
  switch (palette) {
    case Palette::kJava:
      return for_java(name);
    case Palette::kPerl:
      return for_perl(name);
    case Palette::kJs:
      return for_js(name);
    case Palette::kWakeup:
      return Palette::kAqua;
    case Palette::kChain:
      return name.find("_[w]") != std::string_view::npos ? Palette::kAqua : Palette::kBlue;
    default:
      return palette;
  }
}

Mix mix_of(std::string_view name, Colouring colouring, std::uint64_t number) {
  switch (colouring) {
    case Colouring::kByHash:
      return {.first = name_hash(name),
              .second = name_hash(std::string(name.rbegin(), name.rend()))};
    case Colouring::kByChance: {
      const std::uint64_t mixed = (number + 1) * 0x9E3779B97F4A7C15U;
      return {.first = perl_random(static_cast<std::uint32_t>(mixed >> 32)),
              .second = perl_random(static_cast<std::uint32_t>(mixed))};
    }
    case Colouring::kByName:
      break;
  }
  std::uint32_t sum = 0;
  for (const char c : name) sum += static_cast<unsigned char>(c);
  const double random = perl_random(sum);
  return {.first = random, .second = random};
}

}  // namespace

std::optional<Palette> palette_named(std::string_view name) {
  const auto found = std::ranges::find(kPalettes, name, &Named::first);
  if (found == kPalettes.end()) return std::nullopt;
  return found->second;
}

std::string to_css(Colour colour) {
  return fmt::format("rgb({},{},{})", colour.red, colour.green, colour.blue);
}

Colour colour_of(std::string_view name, Palette palette, Colouring colouring,
                 std::uint64_t number) {
  if (name == "--") return {.red = 160, .green = 160, .blue = 160};  // between two stacks
  if (name == "-") return {.red = 200, .green = 200, .blue = 200};
  return shade(single(name, palette), mix_of(name, colouring, number));
}

Colour colour_of_difference(std::int64_t delta, std::int64_t largest) {
  if (delta == 0 || largest == 0) return {.red = 255, .green = 255, .blue = 255};
  const double share = static_cast<double>(delta) / static_cast<double>(largest);
  const int rest = static_cast<int>(210 * (1 - std::min(1.0, share < 0 ? -share : share)));
  if (delta > 0) return {.red = 255, .green = rest, .blue = rest};
  return {.red = rest, .green = rest, .blue = 255};
}

}  // namespace tidemark
