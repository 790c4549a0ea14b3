#include "tools/leakwatch/report/plane.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lib/report/amounts.h"
#include "lib/report/chart.h"
#include "lib/report/escape.h"

namespace tidemark::leakwatch {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

std::string e(std::string_view text) { return markup_text(text); }

double real(std::int64_t number) { return static_cast<double>(number); }

std::int64_t whole(double number) { return std::llround(std::clamp(number, -9e18, 9e18)); }

std::int64_t time_step(double least_ms) {
  constexpr std::array<std::int64_t, 19> kSeconds = {1,     2,     5,     10,    15,    30,   60,
                                                     120,   300,   600,   900,   1800,  3600, 7200,
                                                     10800, 21600, 43200, 86400, 172800};
  for (const std::int64_t seconds : kSeconds) {
    if (real(seconds * 1000) >= least_ms) return seconds * 1000;
  }
  return static_cast<std::int64_t>(std::ceil(least_ms / real(kDayMs))) * kDayMs;
}

}  // namespace

std::string time_text(std::int64_t at_ms, std::int64_t step_ms) {
  std::string text = utc_text(at_ms);  // "2026-11-21 07:45:19 UTC"
  if (text.size() < 19) return text;
  if (step_ms >= 60'000 && at_ms % kDayMs == 0) return text.substr(5, 5);
  return text.substr(11, step_ms >= 60'000 ? 5 : 8);
}

void Plane::Range::add(double value) {
  low = std::min(low, value);
  high = std::max(high, value);
}

void Plane::Range::widen() {
  if (!(high > low)) high = low + 1;
}

Plane::Plane(const Box& box, Range time, Range values) : box_(box), time_(time), values_(values) {
  time_.widen();
  values_.widen();
}

double Plane::x(double at_ms) const {
  return box_.left + (at_ms - time_.low) / (time_.high - time_.low) * (box_.right - box_.left);
}
double Plane::y(double value) const {
  return box_.bottom -
         (value - values_.low) / (values_.high - values_.low) * (box_.bottom - box_.top);
}

std::string Plane::grid(const std::string& unit, int about) const {
  std::string out = "<g class=\"grid\">";
  for (const Tick& tick : axis_ticks(values_.low, values_.high, unit, about)) {
    out += fmt::format(R"(<line x1="{:g}" x2="{:g}" y1="{:.1f}" y2="{:.1f}"/>)", box_.left,
                       box_.right, y(tick.at), y(tick.at));
    out += fmt::format(R"(<text x="{:g}" y="{:.1f}" class="y">{}</text>)", box_.left - 8,
                       y(tick.at) + 4, e(tick.text));
  }
  return out + "</g>\n";
}

std::string Plane::times(int about) const {
  const std::int64_t step = time_step((time_.high - time_.low) / about);
  std::string out = "<g class=\"grid\">";
  for (std::int64_t at = whole(std::ceil(time_.low / real(step))) * step; real(at) <= time_.high;
       at += step) {
    const bool edge = x(real(at)) > box_.right - 18;
    out += fmt::format(R"(<text x="{:.1f}" y="{:g}" class="x{}">{}</text>)", x(real(at)),
                       box_.bottom + 18, edge ? " last" : "", time_text(at, step));
  }
  return out + "</g>\n";
}

std::string Plane::line(const std::vector<Slots>& parts, std::string_view kind,
                        Spread spread) const {
  std::string band;
  std::string middle;
  for (const Slots& part : parts) {
    std::string back;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const double at = x(real(part[i].at_ms));
      const char* const to = i == 0 ? "M" : "L";
      middle +=
          fmt::format("{}{:.1f} {:.1f}", to, at, y((real(part[i].low) + real(part[i].high)) / 2));
      band += fmt::format("{}{:.1f} {:.1f}", to, at, y(real(part[i].high)));
      const soak::Envelope::Slot& from_end = part[part.size() - 1 - i];
      back += fmt::format("L{:.1f} {:.1f}", x(real(from_end.at_ms)), y(real(from_end.low)));
    }
    band += back + "Z";
  }
  std::string out = fmt::format("<g class=\"{}\">", kind);
  if (spread == Spread::kShown) out += fmt::format(R"(<path class="spread" d="{}"/>)", band);
  return out + fmt::format(R"(<path class="line" d="{}"/></g>)", middle) + "\n";
}

std::string Plane::area(const std::vector<Slots>& parts, std::string_view kind) const {
  std::string path;
  for (const Slots& part : parts) {
    path += fmt::format("M{:.1f} {:.1f}", x(real(part.front().at_ms)), box_.bottom);
    for (const soak::Envelope::Slot& slot : part) {
      path += fmt::format("L{:.1f} {:.1f}", x(real(slot.at_ms)),
                          y((real(slot.low) + real(slot.high)) / 2));
    }
    path += fmt::format("L{:.1f} {:.1f}Z", x(real(part.back().at_ms)), box_.bottom);
  }
  return fmt::format("<g class=\"{}\"><path class=\"load\" d=\"{}\"/></g>\n", kind, path);
}

std::string Plane::upright(const Upright& mark) const {
  if (mark.at_ms < time_.low || mark.at_ms > time_.high) return "";
  const double at = x(mark.at_ms);
  const bool late = at > (box_.left + box_.right) / 2;
  std::string out = fmt::format(
      R"(<g class="{}"><title>{}</title><line x1="{:.1f}" x2="{:.1f}" y1="{:g}" y2="{:g}"/>)",
      mark.kind, e(mark.title), at, at, box_.top, box_.bottom);
  if (!mark.label.empty()) {
    out += fmt::format(R"(<text x="{:.1f}" y="{:g}"{}>{}</text>)", late ? at - 6 : at + 6,
                       box_.top + 11, late ? R"( class="before")" : "", e(mark.label));
  }
  return out + "</g>\n";
}

std::string Plane::level(double value, std::string_view kind, std::string_view label) const {
  if (value < values_.low || value > values_.high) return "";
  return fmt::format(
      R"(<g class="{}"><line x1="{:g}" x2="{:g}" y1="{:.1f}" y2="{:.1f}"/><text x="{:g}" y="{:.1f}">{}</text></g>)",
      kind, box_.left, box_.right, y(value), y(value), box_.left + 6, y(value) - 5, e(label));
}

std::string Plane::fan(const Fan& fan) const {
  const auto end = [&](double slope) {
    const double value = fan.value + slope * (fan.to_ms - fan.from_ms);
    return fmt::format("{:.1f} {:.1f}", x(fan.to_ms),
                       y(std::clamp(value, values_.low, values_.high)));
  };
  const std::string start = fmt::format("{:.1f} {:.1f}", x(fan.from_ms), y(fan.value));
  return fmt::format(R"(<path class="fan" d="M{}L{}L{}Z"/><path class="trend" d="M{}L{}"/>)", start,
                     end(fan.per_ms.low), end(fan.per_ms.high), start, end(fan.per_ms.value));
}

std::string Plane::gaps(const std::vector<Slots>& parts) const {
  std::string out;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const double from = x(real(parts[i - 1].back().at_ms));
    out += fmt::format(
        R"(<rect class="gap" x="{:.1f}" y="{:g}" width="{:.1f}" height="{:g}"><title>nothing was taken</title></rect>)",
        from, box_.top, std::max(x(real(parts[i].front().at_ms)) - from, 1.0),
        box_.bottom - box_.top);
  }
  return out;
}

std::string Plane::dots(const Slots& slots, std::string_view kind, std::string_view name) const {
  std::string out = fmt::format(R"(<g class="{}"><g class="dots">)", kind);
  for (const soak::Envelope::Slot& slot : slots) {
    const double middle = (real(slot.low) + real(slot.high)) / 2;
    out += fmt::format(
        R"(<circle cx="{:.1f}" cy="{:.1f}" r="3"><title>{} at {}: {}</title></circle>)",
        x(real(slot.at_ms)), y(middle), name, utc_text(slot.at_ms), bytes_text(whole(middle)));
  }
  return out + "</g></g>\n";
}

}  // namespace tidemark::leakwatch
