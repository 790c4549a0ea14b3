#include "tools/signoff/history/line_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "lib/cli/line.h"
#include "lib/report/axes.h"
#include "lib/report/escape.h"
#include "tools/signoff/history/history_text.h"

namespace tidemark::signoff {
namespace {

using Place = Axes::Place;

struct Size {
  const char* kind = "wide";
  double width = 1000;
  double left = 84;
  double tall = 210;
  int names = 6;  // versions that are named along the bottom
};
constexpr std::array<Size, 2> kLarge = {
    {{}, {.kind = "narrow", .width = 360, .left = 74, .tall = 180, .names = 2}}};
constexpr std::array<Size, 1> kSmall = {
    {{.kind = "any", .width = 340, .left = 74, .tall = 110, .names = 2}}};
constexpr double kTop = 18;

double real(std::size_t number) { return static_cast<double>(number); }

// Round values: bytes by powers of 2, all else by 1, 2 and 5.
std::vector<Tick> ticks_of(const LineKey& key, const Axes::Range& range) {
  constexpr int kAbout = 4;
  const double rough = std::max((range.high - range.low) / kAbout, 1e-300);
  const double base = key.unit.starts_with("bytes") ? 2 : 10;
  const double power = std::pow(base, std::floor(std::log(rough) / std::log(base)));
  double step = power;
  for (const double factor : {2.0, 5.0, 10.0}) {
    if (base == 10 && step < rough) step = power * factor;
  }
  // Along an axis what goes without saying stays out: "2 MiB" for "2 MiB in 24 h".
  LineKey plain = key;
  if (base == 2) plain.unit = "bytes";
  std::vector<Tick> out;
  for (double at = std::ceil(range.low / step) * step; at <= range.high && out.size() < 12;
       at += step) {
    const double value = std::abs(at) < step / 1e6 ? 0 : at;
    out.push_back({.at = value, .text = value_of(plain, value)});
  }
  return out;
}

// Half of the 95 % interval of a version, as far as it is known.
double width_of(const LinePoint& point) { return point.error > 0 ? 1.96 * point.error : 0; }

class Drawing {
 public:
  explicit Drawing(const StudiedLine& line) : line_(line) {
    const std::vector<LinePoint>& points = line.line.points;
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double wide = width_of(points[i]);
      const std::string title =
          fmt::format("{}: {}", points[i].name(), value_of(line.line.key, points[i].value));
      values_.push_back({.x = real(i), .y = points[i].value, .title = title});
      lower_.push_back({.x = real(i), .y = points[i].value - wide});
      upper_.push_back({.x = real(i), .y = points[i].value + wide});
      levels_.push_back({.x = real(i), .y = line.found.fitted[i]});
      low = std::min({low, lower_.back().y, levels_.back().y});
      high = std::max({high, upper_.back().y, levels_.back().y});
    }
    const double room = high > low ? 0.08 * (high - low) : std::max(0.05 * std::abs(high), 1e-9);
    y_ = {.low = low >= 0 ? std::max(low - room, 0.0) : low - room, .high = high + room};
  }

  std::string svg(const Size& size) const {
    const Axes axes(
        {.left = size.left, .right = size.width - 12, .top = kTop, .bottom = kTop + size.tall},
        {.low = -0.5, .high = real(values_.size()) - 0.5}, y_);
    std::string body = axes.across(ticks_of(line_.line.key, y_)) + axes.along(names(size.names));
    body += axes.band(lower_, upper_, "spread s0") + axes.line(levels(), level_kind());
    body += axes.line(values_, "s0") + axes.dots(values_, "s0");
    std::vector<Place> alone;
    for (const std::size_t place : line_.found.outliers) alone.push_back(values_[place]);
    if (!alone.empty()) body += "<g class=\"alone\">" + axes.dots(alone, "s7") + "</g>";
    for (const std::string& mark : marks(axes)) body += mark;
    return fmt::format(
               R"(<svg class="plot {}" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">)",
               size.kind, size.width, kTop + size.tall + 26,
               markup_text(title_of(line_.line.key))) +
           body + "</svg>\n";
  }

 private:
  const char* level_kind() const { return line_.worse() ? "level worse" : "level"; }

  // The level breaks off where it steps.
  std::vector<Place> levels() const {
    std::vector<Place> out;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      const bool steps =
          std::ranges::find(line_.found.steps, i, &Step::first) != line_.found.steps.end();
      if (steps) {
        out.push_back({.x = real(i) - 0.5, .y = levels_[i - 1].y});
        out.push_back({.x = real(i) - 0.5, .y = levels_[i].y});
      }
      out.push_back(levels_[i]);
    }
    return out;
  }

  std::vector<std::string> marks(const Axes& axes) const {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < line_.found.steps.size(); ++i) {
      const HistoryChange& change = line_.changes[i];
      const double share = change.share.value_or(0);
      const std::string label = change.share ? fmt::format("{:+.1f} %", 100 * share) : "new";
      out.push_back(axes.upright({.x = real(line_.found.steps[i].first) - 0.5,
                                  .kind = change.worse ? "change worse" : "change better",
                                  .label = label,
                                  .title = text_of(change)}));
    }
    return out;
  }

  std::vector<Tick> names(int count) const {
    constexpr std::size_t kLongest = 12;
    std::vector<Tick> out;
    const std::size_t size = values_.size();
    const std::size_t stride = std::max<std::size_t>(1, size / static_cast<std::size_t>(count));
    for (std::size_t i = stride / 2; i < size; i += stride) {
      out.push_back({.at = real(i), .text = cli::fitted(line_.line.points[i].name(), kLongest)});
    }
    return out;
  }

  const StudiedLine& line_;
  std::vector<Place> values_;
  std::vector<Place> lower_;
  std::vector<Place> upper_;
  std::vector<Place> levels_;
  Axes::Range y_;
};

}  // namespace

std::string line_chart(const StudiedLine& line) {
  const Drawing drawing(line);
  std::string out = "<figure class=\"chart\">\n";
  if (line.changes.empty()) {
    for (const Size& size : kSmall) out += drawing.svg(size);
  } else {
    for (const Size& size : kLarge) out += drawing.svg(size);
  }
  return out + "</figure>\n";
}

}  // namespace tidemark::signoff
