#include "tools/flamegraph/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "lib/analyze/flame_chart.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/cli/values.h"
#include "lib/report/amounts.h"
#include "lib/report/frame_attributes.h"
#include "lib/report/palette_map.h"
#include "tools/flamegraph/reading.h"

namespace tidemark::flamegraph {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPaletteMap = "palette.map";

// A number above 0, such as 12 or 0.59.
double positive(const cli::Args& args, std::string_view option) {
  const std::string& text = args.value(option);
  const auto number = to_double(text);
  if (number && *number > 0 && *number < 1e15) return *number;
  throw UsageError(
      fmt::format("{}: expected a number above 0, found {}", option, tidemark::quoted(text)));
}

// --minwidth as a share of the width: pixels, or a percentage of the total.
double least_share(const std::string& text, const FlameStyle& style) {
  const bool percent = text.ends_with('%');
  const auto number = to_double(std::string_view(text).substr(0, text.size() - (percent ? 1 : 0)));
  if (!number || !(*number >= 0) || *number > 1e6) {
    throw UsageError(
        fmt::format("--minwidth: expected pixels such as 0.1 or a share such as 0.5%, found {}",
                    tidemark::quoted(text)));
  }
  return *number / (percent ? 100.0 : style.width - 20.0);
}

std::string background_of(const cli::Args& args) {
  const std::string& text = args.value("--bgcolors");
  constexpr std::array<std::string_view, 5> kNamed = {"", "yellow", "blue", "green", "grey"};
  const bool colour = text.size() == 7 && text.front() == '#' &&
                      to_hex(std::string_view(text).substr(1)).has_value();
  if (colour || std::ranges::find(kNamed, text) != kNamed.end()) return text;
  throw UsageError(
      fmt::format("--bgcolors: expected yellow, blue, green, grey or #rrggbb, found {}",
                  tidemark::quoted(text)));
}

// The colours of palette.map in the working directory, those of new names added.
void keep_colours(const FlameGraph& graph, FlameStyle& style) {
  if (fs::exists(kPaletteMap)) {
    const File file = read_file(kPaletteMap);
    style.colours = parse_palette_map(file.input());
  }
  for (const FlameGraph::Box& box : graph.boxes) {
    const std::string& name = graph.names[box.name];
    if (style.colours.contains(name)) continue;
    style.colours[name] = colour_of(name, style.palette, style.colouring, box.name);
  }
  write_file(kPaletteMap, to_text(style.colours));
}

// "CPU Flame Graph" as flamegraph.pl would call it: "CPU Flame Chart", "CPU Icicle Graph".
std::string titled(std::string title, const FlameStyle& style, bool chart) {
  constexpr std::string_view kUsual = "Flame Graph";
  const std::size_t at = title.rfind(kUsual);
  if (at == std::string::npos) return title;
  if (chart) return title.replace(at, kUsual.size(), "Flame Chart");
  return style.inverted ? title.replace(at, kUsual.size(), "Icicle Graph") : title;
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
  if (args.given("--hash")) style.colouring = Colouring::kByHash;
  if (args.given("--random")) style.colouring = Colouring::kByChance;
  style.background = background_of(args);
  if (args.given("--nameattr")) {
    const File file = read_file(args.value("--nameattr"));
    style.attributes = parse_attributes(file.input());
  }
  if (args.given("--colors")) style.palette = *palette_named(args.value("--colors"));
  if (style.title.empty()) style.title = titled(look.title, style, args.given("--flamechart"));
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

FlameGraph drawn_graph(const cli::Args& args, const Profile& profile, const FlameOptions& options,
                       FlameStyle& style) {
  // The samples in time are of the default value; without any, frames lie as they first came.
  const bool in_time = options.order == FlameOrder::kByTime && !profile.timeline.empty() &&
                       options.value == profile.default_value;
  FlameGraph graph = in_time ? flame_chart(profile, options) : flame_graph(profile, options);
  if (options.total > 0 && static_cast<double>(graph.total) > options.total) {
    warn(fmt::format("--total {} is ignored: there are {}", args.value("--total"), graph.total));
  }
  if (args.given("--cp")) keep_colours(graph, style);
  if (graph.left_out > 0) {
    const std::string& least = args.value("--minwidth");
    style.footer.push_back(fmt::format("{} narrower than {}{} left out",
                                       plural(static_cast<std::int64_t>(graph.left_out), "frame"),
                                       least, least.ends_with('%') ? "" : " px"));
  }
  return graph;
}

}  // namespace tidemark::flamegraph
