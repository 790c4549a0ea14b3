// The formulas are flamegraph.pl's (brendangregg/FlameGraph, color(),
// namehash() and color_scale()), with --hash always on: its default draws
// colours by chance.

#include "lib/report/palette.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

// 0 to 1 by the first characters of the name, the first counting most.
template <typename Iterator>
double name_hash(Iterator from, Iterator to) {
  double vector = 0;
  double weight = 1;
  double largest = 1;
  int modulus = 10;
  for (; from != to && modulus <= 12; ++from) {
    const int digit = static_cast<unsigned char>(*from) % modulus;
    vector += static_cast<double>(digit) / modulus * weight;
    ++modulus;
    largest += weight;
    weight *= 0.70;
  }
  return 1 - vector / largest;
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

// "module`function" is coloured by the function.
std::string_view without_module(std::string_view name) {
  const std::size_t tick = name.find('`');
  return tick == std::string_view::npos ? name : name.substr(tick + 1);
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

Colour colour_of(std::string_view name, Palette palette) {
  if (name == "--") return {.red = 160, .green = 160, .blue = 160};  // between two stacks
  if (name == "-") return {.red = 200, .green = 200, .blue = 200};
  const std::string_view own = without_module(name);
  const Mix mix{.first = name_hash(own.begin(), own.end()),
                .second = name_hash(own.rbegin(), own.rend())};
  return shade(single(name, palette), mix);
}

Colour colour_of_difference(std::int64_t delta, std::int64_t largest) {
  if (delta == 0 || largest == 0) return {.red = 250, .green = 250, .blue = 250};
  const double share = static_cast<double>(delta) / static_cast<double>(largest);
  const int rest = static_cast<int>(210 * (1 - std::min(1.0, share < 0 ? -share : share)));
  if (delta > 0) return {.red = 255, .green = rest, .blue = rest};
  return {.red = rest, .green = rest, .blue = 255};
}

}  // namespace tidemark
