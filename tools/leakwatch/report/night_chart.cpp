#include "tools/leakwatch/report/night_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "lib/report/amounts.h"
#include "lib/report/chart.h"
#include "lib/report/escape.h"
#include "lib/verdict/explain.h"
#include "tools/leakwatch/report/plane.h"

namespace tidemark::leakwatch {
namespace {

constexpr double kDayMs = 86'400'000;
constexpr double kForecast = 0.2;  // of the soak's length

std::string e(std::string_view text) { return markup_text(text); }

double real(std::int64_t number) { return static_cast<double>(number); }

std::int64_t whole(double number) { return std::llround(std::clamp(number, -9e18, 9e18)); }

// Stretches of slots without a gap in between.
std::vector<Slots> stretches(const Slots& slots, double gap_ms) {
  std::vector<Slots> out;
  for (const soak::Envelope::Slot& slot : slots) {
    if (out.empty() || real(slot.at_ms - out.back().back().at_ms) > gap_ms) out.emplace_back();
    out.back().push_back(slot);
  }
  return out;
}

// What is a gap: much longer than rows are apart, and seen in the chart.
double gap_ms(const Night& night, double span_ms) {
  return std::max(10 * real(night.soak.settings.every_ms) + 2000, span_ms / 100);
}

struct Size {
  const char* kind = "wide";
  double width = 1000;
  double height = 280;
  double left = 70;
  double load = 64;  // height of the load's chart
  int times = 8;
  std::size_t columns = 460;
};

constexpr std::array<Size, 2> kSizes = {{
    {},
    {.kind = "narrow",
     .width = 360,
     .height = 220,
     .left = 58,
     .load = 44,
     .times = 3,
     .columns = 170},
}};

const soak::Envelope* series_of(const Night& night, std::string_view name) {
  const auto found = std::ranges::find(night.history.series(), name, &History::Charted::name);
  return found == night.history.series().end() ? nullptr : &found->envelope;
}

class NightChart {
 public:
  explicit NightChart(const Night& night) : night_(night) {
    from_ = night.memory.slots().front().at_ms;
    to_ = std::max(night.memory.slots().back().at_ms, from_ + 1);
    const bool has_rss = night.soak.value(soak::Column::kAnon).has_value();
    if (has_rss) rss_ = series_of(night, "rss");
  }

  std::string svg(const Size& size) const {
    const bool has_load = !night_.load.empty();
    const double all = size.height + (has_load ? size.load + 14 : 0) + 26;
    std::string out =
        fmt::format(R"(<svg class="plot {}" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">)",
                    size.kind, size.width, all, e("memory over time: " + night_.soak.verdict.text));
    const Box box{.left = size.left, .right = size.width - 12, .top = 10, .bottom = size.height};
    const double end = real(to_) + (forecast() ? kForecast * real(to_ - from_) : 0);
    const Plane plane(box, {.low = real(from_), .high = end}, values(end));
    out += plane.grid("bytes", 5) + memory(plane, size);
    if (!has_load) return out + plane.times(size.times) + "</svg>\n";
    const Slots load = night_.load.between(from_, to_, size.columns);
    Plane::Range most{.low = 0, .high = 0};
    for (const soak::Envelope::Slot& slot : load) most.add(real(slot.high) / 1000);
    const Box below{.left = box.left,
                    .right = box.right,
                    .top = size.height + 14,
                    .bottom = size.height + 14 + size.load};
    const Plane under(below, {.low = real(from_), .high = end}, most);
    const Plane thousandths(below, {.low = real(from_), .high = end},
                            {.low = 0, .high = most.high * 1000});
    out += under.grid("requests", 2);
    out += thousandths.area(stretches(load, gap_ms(night_, real(to_ - from_)) + 20'000), "s2");
    return out + under.times(size.times) + "</svg>\n";
  }

  std::string legend() const {
    std::string out = "<ul class=\"legend\">";
    const auto item = [&](std::string_view kind, std::string_view name, const std::string& about) {
      out += fmt::format("<li class=\"{}\"><b>{}</b> {}</li>", kind, name, e(about));
    };
    item("s0", rss_ == nullptr ? "memory" : "anonymous and swapped", span_of(night_.memory));
    if (rss_ != nullptr) item("s1", "resident", span_of(*rss_));
    if (forecast()) {
      item("fan-key", "growth",
           verdict::estimate_words(*night_.soak.verdict.growth_bytes_per_day) +
               " in 24 h, expected from here on (95 % interval)");
    }
    if (!night_.load.empty()) item("s2", "requests a second", "underneath");
    return out + "</ul>\n<p class=\"note\">Times are UTC.</p>\n";
  }

 private:
  // Whether the growth is known, and so drawn.
  bool forecast() const { return night_.soak.verdict.growth_bytes_per_day.has_value(); }

  static std::string span_of(const soak::Envelope& series) {
    std::int64_t most = 0;
    for (const soak::Envelope::Slot& slot : series.slots()) most = std::max(most, slot.high);
    return fmt::format("first {}, last {}, peak {}", bytes_text(series.slots().front().low),
                       bytes_text(series.slots().back().high), bytes_text(most));
  }

  verdict::Estimate per_ms() const {
    const double scale = night_.soak.settings.compress / kDayMs;
    const verdict::Estimate& day = *night_.soak.verdict.growth_bytes_per_day;
    return {day.value * scale, day.low * scale, day.high * scale};
  }

  double size_now() const {
    const auto& evidence = night_.soak.verdict.evidence;
    return evidence ? evidence->size_mb * 1e6 : real(night_.memory.slots().back().high);
  }

  // Not from 0: what grows by a hundredth must show. But from 0 when it is near.
  Plane::Range values(double end) const {
    Plane::Range out;
    for (const soak::Envelope* series : {&night_.memory, rss_}) {
      if (series == nullptr) continue;
      for (const soak::Envelope::Slot& slot : series->slots()) {
        out.add(real(slot.low));
        out.add(real(slot.high));
      }
    }
    const double room = std::max(out.high - out.low, 0.01 * out.high) * 0.08;
    if (forecast()) {
      const double later = size_now() + per_ms().high * (end - real(to_));
      out.add(std::min(later, out.high + 6 * room));
    }
    const auto& limit = night_.soak.settings.limit_bytes;
    if (limit && real(*limit) < out.high + 8 * room) out.add(real(*limit));
    out.low = out.low < 0.4 * out.high ? 0 : std::max(0.0, out.low - room);
    out.high += room;
    return out;
  }

  std::string memory(const Plane& plane, const Size& size) const {
    const Slots slots = night_.memory.between(from_, to_, size.columns);
    const double gap =
        std::max(gap_ms(night_, real(to_ - from_)),
                 3 * real(to_ - from_) / real(static_cast<std::int64_t>(size.columns)));
    const std::vector<Slots> parts = stretches(slots, gap);
    std::string out = plane.gaps(parts);
    if (forecast()) {
      out += plane.fan({.from_ms = real(to_),
                        .to_ms = real(to_) + kForecast * real(to_ - from_),
                        .value = size_now(),
                        .per_ms = per_ms()});
    }
    if (rss_ != nullptr) {
      out += plane.line(stretches(rss_->between(from_, to_, size.columns), gap), "s1",
                        Plane::Spread::kHidden);
    }
    out += plane.line(parts, "s0", Plane::Spread::kShown) + marks(plane);
    return out + plane.dots(night_.memory.between(from_, to_, 160), "s0", "memory");
  }

  std::string marks(const Plane& plane) const {
    std::string out;
    const auto& limit = night_.soak.settings.limit_bytes;
    if (limit) out += plane.level(real(*limit), "limit", "limit " + bytes_text(*limit));
    bool began = false;
    for (const SeriesEvent& event : night_.soak.events) {
      if (event.kind == "alarm")
        out += plane.upright({.at_ms = real(event.at_ms), .kind = "alarm", .title = event.text});
      if (event.kind != "life") continue;
      if (began)
        out += plane.upright(
            {.at_ms = real(event.at_ms), .kind = "life", .label = "restart", .title = event.text});
      began = true;
    }
    if (night_.soak.verdict.onset_s) {
      const double at = *night_.soak.verdict.onset_s * 1000;
      out += plane.upright({.at_ms = at,
                            .kind = "onset",
                            .label = "change " + time_text(whole(at), 60'000),
                            .title = "something changed at " + utc_text(whole(at))});
    }
    return out;
  }

  const Night& night_;
  const soak::Envelope* rss_ = nullptr;
  std::int64_t from_ = 0;
  std::int64_t to_ = 0;
};

}  // namespace

std::string night_chart(const Night& night) {
  if (night.memory.slots().size() < 2) return "";
  const NightChart chart(night);
  std::string out = "<figure class=\"chart\">\n";
  for (const Size& size : kSizes) out += chart.svg(size);
  return out + "<figcaption>" + chart.legend() + "</figcaption></figure>\n";
}

std::string small_chart(const Night& night, std::int64_t most_bytes) {
  if (night.memory.slots().size() < 2) return "";
  const std::int64_t from = night.memory.slots().front().at_ms;
  const std::int64_t to = std::max(night.memory.slots().back().at_ms, from + 1);
  const Box box{.left = 4, .right = 236, .top = 4, .bottom = 76};
  const Plane plane(box, {.low = real(from), .high = real(to)},
                    {.low = 0, .high = real(most_bytes)});
  const std::vector<Slots> parts =
      stretches(night.memory.between(from, to, 116), gap_ms(night, real(to - from)) * 3);
  return fmt::format(R"(<svg class="mini" viewBox="0 0 240 80" role="img" aria-label="{}">)",
                     e(night.soak.verdict.text)) +
         plane.gaps(parts) + plane.line(parts, "s0", Plane::Spread::kShown) + "</svg>\n";
}

std::string series_chart(const Night& night, const History::Charted& series) {
  const Slots& slots = series.envelope.slots();
  if (slots.size() < 2) return "";
  Series line{.name = series.name, .unit = series.unit, .at_unit = "ms"};
  for (const soak::Envelope::Slot& slot : series.envelope.between(
           slots.front().at_ms, std::max(slots.back().at_ms, slots.front().at_ms + 1), 400)) {
    line.points.push_back({.at = slot.at_ms - night.soak.started_ms, .value = slot.high});
  }
  return chart_html({line}, series.name, ChartSize::kSmall);
}

}  // namespace tidemark::leakwatch
