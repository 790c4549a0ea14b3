#include "lib/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>

#include "lib/report/amounts.h"
#include "lib/report/escape.h"

namespace tidemark {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kMostSeries = 8;  // as many as the style sheet has colours

struct Range {
  double low = 0;
  double high = 1;
};

// Where the plot is inside its SVG.
struct Frame {
  double width = 0;
  double height = 0;
  double left = 64;
  double right = 12;
  double top = 10;
  double bottom = 26;
  int x_ticks = 6;
};

std::int64_t whole(double value) {
  return static_cast<std::int64_t>(std::clamp(value, -9.2e18, 9.2e18));
}

// 1, 2 or 5 times a power of ten, at least `least`.
double decimal_step(double least) {
  const double power = std::pow(10, std::floor(std::log10(std::max(least, 1e-9))));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * 0.999) return factor * power;
  }
  return 10 * power;
}

double bytes_step(double least) {
  double unit = 1;
  while (least >= 512 * unit) unit *= 1024;
  return decimal_step(std::max(least / unit, unit == 1 ? 1.0 : 0.1)) * unit;
}

double time_step(double least_ms) {
  constexpr std::array<double, 20> kSteps = {
      1e3,   2e3,    5e3,    10e3,   15e3,    30e3,    60e3,    120e3,   300e3,    600e3,
      900e3, 1800e3, 3600e3, 7200e3, 10800e3, 21600e3, 43200e3, 86400e3, 172800e3, 604800e3};
  if (least_ms <= 500) return std::max(1.0, decimal_step(least_ms));
  const auto found = std::ranges::lower_bound(kSteps, least_ms);
  return found == kSteps.end() ? decimal_step(least_ms / 86400e3) * 86400e3 : *found;
}

double step_for(double least, const std::string& unit) {
  if (unit == "bytes") return bytes_step(least);
  if (unit == "ms") return time_step(least);
  return std::max(1.0, decimal_step(least));
}

// "30.0 MiB" as "30 MiB".
std::string without_zero(std::string text) {
  if (const std::size_t at = text.find(".0 "); at != std::string::npos) text.erase(at, 2);
  return text;
}

std::string tick_text(double value, const std::string& unit) {
  if (value == 0) return "0";
  if (unit == "ms" && std::fmod(value, 86400e3) == 0)
    return fmt::format("{:.0f} d", value / 86400e3);
  if (unit == "ms" && std::fmod(value, 3600e3) == 0) return fmt::format("{:.0f} h", value / 3600e3);
  if (unit == "ms" && std::fmod(value, 60e3) == 0) return fmt::format("{:.0f} min", value / 60e3);
  if (unit == "ms" && std::fmod(value, 1e3) == 0) return fmt::format("{:.0f} s", value / 1e3);
  if (unit == "bytes") return without_zero(bytes_text(whole(value)));
  if (unit == "ns") return without_zero(latency_text(value));
  if (std::abs(value) >= 1e9) return fmt::format("{:g} G", value / 1e9);
  if (std::abs(value) >= 1e6) return fmt::format("{:g} M", value / 1e6);
  return value_text(whole(value), unit == "ms" ? "ms" : "");
}

class Plot {
 public:
  Plot(const std::vector<Series>& series, const Frame& frame) : series_(series), frame_(frame) {
    x_ = {.low = kInfinity, .high = -kInfinity};
    y_ = {.low = 0, .high = 0};
    for (const Series& line : series_) {
      for (const Point& point : line.points) {
        const auto at = static_cast<double>(point.at);
        const auto value = static_cast<double>(point.value);
        x_ = {.low = std::min(x_.low, at), .high = std::max(x_.high, at)};
        y_ = {.low = std::min(y_.low, value), .high = std::max(y_.high, value)};
      }
    }
    if (!(x_.high > x_.low)) x_.high = x_.low + 1;
    if (!(y_.high > y_.low)) y_.high = y_.low + 1;
    y_step_ = step_for((y_.high - y_.low) / 5, series_[0].unit);
    y_.high = std::ceil(y_.high / y_step_) * y_step_;
    y_.low = std::floor(y_.low / y_step_) * y_step_;
    x_step_ = step_for((x_.high - x_.low) / frame_.x_ticks, series_[0].at_unit);
  }

  std::string svg(const char* kind, const std::string& title) const {
    std::string out = fmt::format(
        "<svg class=\"plot {}\" viewBox=\"0 0 {:g} {:g}\" role=\"img\" aria-label=\"{}\">\n", kind,
        frame_.width, frame_.height, markup_text(title));
    out += grid();
    for (std::size_t i = 0; i < series_.size(); ++i) out += line(i);
    return out + "</svg>\n";
  }

 private:
  double x(double at) const {
    const double room = frame_.width - frame_.left - frame_.right;
    return frame_.left + (at - x_.low) / (x_.high - x_.low) * room;
  }

  double y(double value) const {
    const double room = frame_.height - frame_.top - frame_.bottom;
    return frame_.height - frame_.bottom - (value - y_.low) / (y_.high - y_.low) * room;
  }

  std::string grid() const {
    std::string out = "<g class=\"grid\">";
    for (int i = 0; i <= 12; ++i) {
      const double value = y_.low + i * y_step_;
      if (value > y_.high + y_step_ / 2) break;
      out += fmt::format(R"(<line x1="{:g}" x2="{:g}" y1="{:.1f}" y2="{:.1f}"{}/>)", frame_.left,
                         frame_.width - frame_.right, y(value), y(value),
                         value == 0 ? " class=\"zero\"" : "");
      out += fmt::format(R"(<text x="{:g}" y="{:.1f}" class="y">{}</text>)", frame_.left - 8,
                         y(value) + 4, markup_text(tick_text(value, series_[0].unit)));
    }
    const double first = std::ceil(x_.low / x_step_) * x_step_;
    for (int i = 0; i <= 16; ++i) {
      const double at = first + i * x_step_;
      if (at > x_.high) break;
      const bool edge = x(at) > frame_.width - frame_.right - 16;
      out += fmt::format(R"(<text x="{:.1f}" y="{:g}" class="x{}">{}</text>)", x(at),
                         frame_.height - 6, edge ? " last" : "",
                         markup_text(tick_text(at, series_[0].at_unit)));
    }
    return out + "</g>\n";
  }

  std::string line(std::size_t index) const {
    const Series& series = series_[index];
    const std::vector<Point> shown = thinned(series.points, 240);
    std::string path;
    std::string dots;
    for (const Point& point : shown) {
      const double px = x(static_cast<double>(point.at));
      const double py = y(static_cast<double>(point.value));
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", px, py);
      dots += fmt::format(
          R"(<circle cx="{:.1f}" cy="{:.1f}" r="3"><title>{} at {}: {}</title></circle>)", px, py,
          markup_text(series.name), markup_text(value_text(point.at, series.at_unit)),
          markup_text(value_text(point.value, series.unit)));
    }
    std::string out = fmt::format("<g class=\"s{}\">", index);
    if (series_.size() == 1) {
      out += fmt::format(R"(<path class="area" d="{}L{:.1f} {:.1f}L{:.1f} {:.1f}Z"/>)", path,
                         x(static_cast<double>(shown.back().at)), y(std::max(y_.low, 0.0)),
                         x(static_cast<double>(shown.front().at)), y(std::max(y_.low, 0.0)));
    }
    out += fmt::format("<path class=\"line\" d=\"{}\"/><g class=\"dots\">{}</g></g>\n", path, dots);
    return out;
  }

  const std::vector<Series>& series_;
  Frame frame_;
  Range x_;
  Range y_;
  double x_step_ = 1;
  double y_step_ = 1;
};

std::string legend(const std::vector<Series>& series) {
  std::string out = "<ul class=\"legend\">";
  for (std::size_t i = 0; i < series.size(); ++i) {
    const Series& line = series[i];
    const auto most = std::ranges::max_element(line.points, {}, &Point::value);
    std::string name = line.name;
    if (line.pid != 0) name += fmt::format(" of {}", line.pid);
    out += fmt::format("<li class=\"s{}\"><b>{}</b> peak {}, last {}</li>", i, markup_text(name),
                       markup_text(value_text(most->value, line.unit)),
                       markup_text(value_text(line.points.back().value, line.unit)));
  }
  return out + "</ul>\n";
}

}  // namespace

std::vector<Tick> axis_ticks(double low, double high, const std::string& unit, int about) {
  std::vector<Tick> out;
  const double step = step_for((high - low) / std::max(about, 1), unit);
  const double first = std::ceil(low / step) * step;
  for (int i = 0; i <= 4 * about; ++i) {
    const double at = first + i * step;
    if (at > high) break;
    out.push_back({.at = at, .text = tick_text(at, unit)});
  }
  return out;
}

std::vector<Point> thinned(const std::vector<Point>& points, std::size_t most) {
  if (points.size() <= most || most < 4) return points;
  const std::size_t stretches = most / 2 - 1;
  std::vector<Point> kept{points.front()};
  for (std::size_t i = 0; i < stretches; ++i) {
    const auto inner = points.size() - 2;
    const auto begin = points.begin() + 1 + static_cast<std::ptrdiff_t>(inner * i / stretches);
    const auto end = points.begin() + 1 + static_cast<std::ptrdiff_t>(inner * (i + 1) / stretches);
    const auto [low, high] = std::minmax_element(
        begin, end, [](const Point& a, const Point& b) { return a.value < b.value; });
    kept.push_back(*std::min(low, high));
    if (low != high) kept.push_back(*std::max(low, high));
  }
  kept.push_back(points.back());
  return kept;
}

std::string chart_html(const std::vector<Series>& series, const std::string& title,
                       ChartSize size) {
  std::vector<Series> drawn;
  std::ranges::copy_if(series, std::back_inserter(drawn),
                       [](const Series& line) { return line.points.size() > 1; });
  if (drawn.empty()) return "";
  const std::size_t left_out = drawn.size() > kMostSeries ? drawn.size() - kMostSeries : 0;
  drawn.resize(drawn.size() - left_out);
  std::string out = "<figure class=\"chart\">\n";
  out += Plot(drawn, {.width = 1000, .height = size == ChartSize::kLarge ? 260.0 : 130.0})
             .svg("wide", title);
  out += Plot(drawn, {.width = 360,
                      .height = size == ChartSize::kLarge ? 220.0 : 120.0,
                      .left = 58,
                      .x_ticks = 3})
             .svg("narrow", title);
  out += "<figcaption>" + legend(drawn);
  if (left_out > 0) out += fmt::format("<p>{} more are in the json report</p>", left_out);
  return out + "</figcaption></figure>\n";
}

std::string charts_html(const std::vector<Series>& series, ChartSize size) {
  std::vector<std::vector<Series>> groups;
  for (const Series& line : series) {
    const auto same = std::ranges::find_if(groups, [&](const std::vector<Series>& group) {
      return group[0].unit == line.unit && group[0].at_unit == line.at_unit;
    });
    if (same == groups.end()) {
      groups.push_back({line});
    } else {
      same->push_back(line);
    }
  }
  std::string out;
  for (const std::vector<Series>& group : groups) {
    const Series& first = group[0];
    const std::string what = first.unit == "ns" ? "latency" : first.unit;
    const std::string title =
        what + (first.at_unit == "ms" ? " over time" : " by " + first.at_unit);
    const std::string chart = chart_html(group, title, size);
    if (!chart.empty()) out += fmt::format("<h3>{}</h3>\n{}", markup_text(title), chart);
  }
  return out;
}

}  // namespace tidemark
