#include "tools/flamegraph/drawing.h"

#include <fmt/format.h>

#include <string_view>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/cli/values.h"

namespace tidemark::flamegraph {
namespace {

// A number above 0, such as 12 or 0.59.
double positive(const cli::Args& args, std::string_view option) {
  const std::string& text = args.value(option);
  const auto number = to_double(text);
  if (number && *number > 0 && *number < 1e15) return *number;
  throw UsageError(fmt::format("{}: expected a number above 0, found {}", option, quoted(text)));
}

// --minwidth as a share of the width: pixels, or a percentage of the total.
double least_share(const std::string& text, const FlameStyle& style) {
  const bool percent = text.ends_with('%');
  const auto number = to_double(std::string_view(text).substr(0, text.size() - (percent ? 1 : 0)));
  if (!number || !(*number >= 0) || *number > 1e6) {
    throw UsageError(fmt::format(
        "--minwidth: expected pixels such as 0.1 or a share such as 0.5%, found {}", quoted(text)));
  }
  return *number / (percent ? 100.0 : style.width - 20.0);
}

}  // namespace

FlameStyle style_of(const cli::Args& args, const FlameLook& look) {
  FlameStyle style{.title = args.value("--title"),
                   .subtitle = args.value("--subtitle"),
                   .notes = args.value("--notes"),
                   .font = args.value("--fonttype"),
                   .palette = look.palette,
                   .factor = look.factor,
                   .inverted = args.given("--inverted"),
                   .negate = args.given("--negate"),
                   .encoding = args.value("--encoding")};
  style.width = static_cast<int>(
      cli::count_of(args.value("--width"), "--width", {.low = 100, .high = 1'000'000}));
  style.height =
      static_cast<int>(cli::count_of(args.value("--height"), "--height", {.low = 2, .high = 1000}));
  style.font_size = positive(args, "--fontsize");
  style.font_width = positive(args, "--fontwidth");
  style.name_type = args.value("--nametype");
  style.count_name = args.given("--countname") ? args.value("--countname") : look.count_name;
  if (args.given("--factor")) style.factor = positive(args, "--factor");
  if (args.given("--colors")) style.palette = *palette_named(args.value("--colors"));
  if (style.title.empty()) style.title = look.title;
  return style;
}

FlameOptions layout_of(const cli::Args& args, std::size_t value, const FlameStyle& style) {
  FlameOptions options{.value = value,
                       .reverse = args.given("--reverse"),
                       .minimum = least_share(args.value("--minwidth"), style)};
  if (args.given("--flamechart")) options.order = FlameOrder::kByTime;
  if (args.given("--total")) options.total = positive(args, "--total");
  return options;
}

}  // namespace tidemark::flamegraph
