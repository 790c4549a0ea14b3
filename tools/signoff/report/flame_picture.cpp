#include "tools/signoff/report/flame_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/analyze/flame.h"
#include "lib/base/lines.h"
#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "lib/report/flame_look.h"
#include "lib/report/palette.h"
#include "lib/report/words.h"

namespace tidemark::signoff {
namespace {

constexpr double kMinimum = 0.002;  // a narrower frame would be no pixel wide
constexpr std::uint32_t kMostRows = 30;
constexpr int kRow = 17;
constexpr double kWidth = 1000;
constexpr double kCharacter = 6.4;  // mean width, in units of kWidth

std::string label_of(const std::string& name, double width) {
  const auto fits = static_cast<std::size_t>(std::max(0.0, (width - 6) / kCharacter));
  if (fits < 3) return "";
  const std::string shown = printable(name);
  if (shown.size() <= fits) return markup_text(shown);
  return markup_text(cut(shown, fits - 1)) + "…";
}

}  // namespace

std::string flame_title(const Profile& profile) {
  const std::size_t value = shown_value(profile);
  const FlameLook look = look_of(profile, value);
  return look.title + ", " + look.count_name;
}

std::string flame_picture(const Profile& profile) {
  if (profile.value_types().empty()) return "";
  const std::size_t value = shown_value(profile);
  const FlameGraph graph = flame_graph(profile, {.value = value, .minimum = kMinimum});
  if (graph.total <= 0 || graph.boxes.size() < 2) return "";
  const FlameLook look = look_of(profile, value);
  const std::string& unit = profile.value_types()[value].unit;
  const std::uint32_t rows = std::min(graph.depth, kMostRows) + 1;
  std::string out =
      fmt::format("<svg class=\"flame\" viewBox=\"0 0 {:g} {}\" role=\"img\" aria-label=\"{}\">\n",
                  kWidth, rows * kRow, markup_text(flame_title(profile)));
  const double scale = kWidth / static_cast<double>(graph.total);
  for (const FlameGraph::Box& box : graph.boxes) {
    if (box.depth >= rows) continue;
    const bool all = &box == graph.boxes.data();
    const std::int64_t total = all ? graph.total : box.total;
    const double left = static_cast<double>(box.start) * scale;
    const double width = static_cast<double>(total) * scale;
    const std::uint32_t top = (rows - 1 - box.depth) * kRow;
    const std::string& name = graph.names[box.name];
    out += fmt::format(
        "<g><title>{} ({}, {:.1f} %)</title><rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" "
        "height=\"{}\" fill=\"{}\"/>",
        markup_text(name), markup_text(tidemark::value_text(total, unit)),
        100 * static_cast<double>(total) / static_cast<double>(graph.total), left, top, width,
        kRow - 1, to_css(colour_of(name, look.palette)));
    if (const std::string label = label_of(name, width); !label.empty())
      out += fmt::format(R"(<text x="{:.1f}" y="{}">{}</text>)", left + 3, top + 12, label);
    out += "</g>\n";
  }
  return out + "</svg>\n";
}

}  // namespace tidemark::signoff
