#include "lib/report/axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lib/report/amounts.h"
#include "lib/report/escape.h"

namespace tidemark {
namespace {

std::string e(std::string_view text) { return markup_text(text); }

// Where `value` is between the ends, 0 to 1; of what is outside the nearer end.
double part_of(double value, double low, double high, Axes::Scale scale) {
  if (scale == Axes::Scale::kLog) {
    low = std::log(std::max(low, 1e-300));
    high = std::log(std::max(high, 1e-300));
    value = std::log(std::max(value, 1e-300));
  }
  if (!(high > low)) return 0;
  return std::clamp((value - low) / (high - low), 0.0, 1.0);
}

bool is_there(const Axes::Place& place) { return std::isfinite(place.x) && std::isfinite(place.y); }

// "1.00 ms" as "1 ms", "20.0 ms" as "20 ms".
std::string round_text(double ns) {
  std::string text = latency_text(ns);
  const std::size_t space = text.find(' ');
  const std::size_t dot = text.find('.');
  if (dot != std::string::npos && text.find_first_not_of('0', dot + 1) == space)
    text.erase(dot, space - dot);
  return text;
}

}  // namespace

Axes::Axes(const Box& box, Range x, Range y) : box_(box), x_(x), y_(y) {}

double Axes::across_at(double x) const {
  return box_.left + part_of(x, x_.low, x_.high, x_.scale) * (box_.right - box_.left);
}

double Axes::down_at(double y) const {
  return box_.bottom - part_of(y, y_.low, y_.high, y_.scale) * (box_.bottom - box_.top);
}

std::string Axes::across(const std::vector<Tick>& ticks) const {
  std::string out = "<g class=\"grid\">";
  for (const Tick& tick : ticks) {
    if (tick.at < y_.low || tick.at > y_.high) continue;
    const double y = down_at(tick.at);
    out += fmt::format(R"(<line x1="{:g}" x2="{:g}" y1="{:.1f}" y2="{:.1f}"/>)", box_.left,
                       box_.right, y, y);
    out += fmt::format(R"(<text x="{:g}" y="{:.1f}" class="y">{}</text>)", box_.left - 8, y + 4,
                       e(tick.text));
  }
  return out + "</g>\n";
}

std::string Axes::along(const std::vector<Tick>& ticks) const {
  std::string out = "<g class=\"grid\">";
  for (const Tick& tick : ticks) {
    if (tick.at < x_.low || tick.at > x_.high) continue;
    const double x = across_at(tick.at);
    out += fmt::format(R"(<text x="{:.1f}" y="{:g}" class="x{}">{}</text>)", x, box_.bottom + 18,
                       x > box_.right - 16 ? " last" : "", e(tick.text));
  }
  return out + "</g>\n";
}

std::string Axes::line(const std::vector<Place>& places, std::string_view kind) const {
  std::string path;
  bool begun = false;
  for (const Place& place : places) {
    if (is_there(place))
      path +=
          fmt::format("{}{:.1f} {:.1f}", begun ? "L" : "M", across_at(place.x), down_at(place.y));
    begun = is_there(place);
  }
  if (path.empty()) return "";
  return fmt::format(R"(<g class="{}"><path class="line" d="{}"/></g>)", kind, path) + "\n";
}

std::string Axes::area(const std::vector<Place>& places, std::string_view kind) const {
  std::vector<Place> lower = places;
  for (Place& place : lower)
    if (is_there(place)) place.y = y_.low;
  return band(lower, places, kind);
}

std::string Axes::band(const std::vector<Place>& lower, const std::vector<Place>& upper,
                       std::string_view kind) const {
  std::string path;
  for (std::size_t begin = 0; begin < upper.size();) {
    std::size_t end = begin;
    std::string back;
    while (end < upper.size() && is_there(upper[end]) && is_there(lower[end])) {
      path += fmt::format("{}{:.1f} {:.1f}", end == begin ? "M" : "L", across_at(upper[end].x),
                          down_at(upper[end].y));
      back.insert(0, fmt::format("L{:.1f} {:.1f}", across_at(lower[end].x), down_at(lower[end].y)));
      ++end;
    }
    if (end > begin) path += back + "Z";
    begin = end + 1;
  }
  if (path.empty()) return "";
  return fmt::format(R"(<path class="{}" d="{}"/>)", kind, path) + "\n";
}

std::string Axes::dots(const std::vector<Place>& places, std::string_view kind) const {
  std::string out = fmt::format(R"(<g class="{}"><g class="dots">)", kind);
  for (const Place& place : places) {
    if (!is_there(place)) continue;
    out += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="3"><title>{}</title></circle>)",
                       across_at(place.x), down_at(place.y), e(place.title));
  }
  return out + "</g></g>\n";
}

std::string Axes::upright(const Mark& mark) const {
  if (mark.x < x_.low || mark.x > x_.high) return "";
  const double x = across_at(mark.x);
  std::string out = fmt::format(
      R"(<g class="{}"><title>{}</title><line x1="{:.1f}" x2="{:.1f}" y1="{:g}" y2="{:g}"/>)",
      mark.kind, e(mark.title), x, x, box_.top, box_.bottom);
  if (!mark.label.empty()) {
    const bool late = x > box_.left + 0.8 * (box_.right - box_.left);
    out += fmt::format(R"(<text x="{:.1f}" y="{:g}"{}>{}</text>)", late ? x - 5 : x + 5,
                       box_.top + 11, late ? R"( class="before")" : "", e(mark.label));
  }
  return out + "</g>\n";
}

std::string Axes::name(std::string_view text) const {
  return fmt::format(R"(<text x="{:g}" y="{:g}" class="panel">{}</text>)", box_.left, box_.top - 7,
                     e(text)) +
         "\n";
}

std::vector<Tick> latency_ticks(double low, double high) {
  std::vector<Tick> out;
  const double first = std::floor(std::log10(std::max(low, 1.0)));
  const double decades = std::log10(std::max(high, 1.0)) - std::log10(std::max(low, 1.0));
  for (double power = first; power <= 13; ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor != 1 && decades > 2.2) continue;
      const double at = factor * std::pow(10, power);
      if (at >= low && at <= high) out.push_back({.at = at, .text = round_text(at)});
    }
  }
  return out;
}

}  // namespace tidemark
