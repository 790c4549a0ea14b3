#include "tools/pressure/report/load_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "lib/load/usl.h"
#include "lib/report/amounts.h"
#include "lib/report/axes.h"
#include "lib/report/escape.h"
#include "tools/pressure/report/load_words.h"

namespace tidemark::pressure {
namespace {

using Place = Axes::Place;

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMostLines = 8;  // as many as the style sheet has colours
constexpr std::size_t kMostPoints = 240;

std::string e(std::string_view text) { return markup_text(text); }

double real(std::int64_t number) { return static_cast<double>(number); }

std::int64_t whole(double value) { return std::llround(std::clamp(value, -9e18, 9e18)); }

// One of the two drawings of a chart.
struct Size {
  const char* kind = "wide";
  double width = 1000;
  double left = 70;
  double tall = 230;
  double flat = 84;
  int times = 8;
  bool labels = true;
};
constexpr std::array<Size, 2> kSizes = {{{},
                                         {.kind = "narrow",
                                          .width = 360,
                                          .left = 62,
                                          .tall = 190,
                                          .flat = 70,
                                          .times = 3,
                                          .labels = false}}};

std::string svg(const Size& size, double height, std::string_view title, const std::string& body) {
  return fmt::format(R"(<svg class="plot {}" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">)",
                     size.kind, size.width, height, e(title)) +
         body + "</svg>\n";
}

std::string legend_item(std::string_view kind, std::string_view name, std::string_view about = "") {
  return fmt::format("<li class=\"{}\"><b>{}</b>{}{}</li>", kind, e(name), about.empty() ? "" : " ",
                     e(about));
}

std::string figure(const std::string& drawings, const std::string& legend,
                   std::string_view note = "") {
  return "<figure class=\"chart\">\n" + drawings + "<figcaption><ul class=\"legend\">" + legend +
         "</ul>" + (note.empty() ? "" : fmt::format("<p class=\"note\">{}</p>", note)) +
         "</figcaption></figure>\n";
}

// "1, 2, 5" steps of counts, with at most `about` of them.
std::vector<Tick> count_ticks(double most, int about) {
  return axis_ticks(0, most, "count", about);
}

// The means of stretches, where a series has more points than a chart can show.
std::vector<Place> means_of(const Series& series, std::int64_t length_ms) {
  const std::int64_t step =
      std::max<std::int64_t>(length_ms / static_cast<std::int64_t>(kMostPoints), 1);
  std::vector<Place> out;
  double sum = 0;
  double count = 0;
  std::int64_t slot = -1;
  const auto close = [&] {
    if (count > 0) out.push_back({.x = real(slot * step + step / 2), .y = sum / count});
    sum = count = 0;
  };
  for (const Point& point : series.points) {
    if (point.at / step != slot) close();
    slot = point.at / step;
    sum += real(point.value);
    ++count;
  }
  close();
  return out;
}

double highest(const std::vector<Place>& places, double least = 0) {
  for (const Place& place : places)
    if (std::isfinite(place.y)) least = std::max(least, place.y);
  return least;
}

// A drawing below another one, all with the same times.
struct Panel {
  std::string name;
  double height = 0;
  Axes::Range range;
  std::vector<Tick> ticks;
  std::string (*draw)(const Axes&, const Panel&) = nullptr;
  std::vector<std::vector<Place>> lines;
  std::vector<std::string> kinds;
};

std::string draw_lines(const Axes& axes, const Panel& panel) {
  std::string out;
  for (std::size_t i = 0; i < panel.lines.size(); ++i)
    out += axes.line(panel.lines[i], panel.kinds[i]) + axes.dots(panel.lines[i], panel.kinds[i]);
  return out;
}

std::string draw_areas(const Axes& axes, const Panel& panel) {
  std::string out;
  if (!panel.lines.empty()) out += axes.area(panel.lines[0], "under " + panel.kinds[0]);
  return out + draw_lines(axes, panel);
}

// Of LoadRun::kBands.
constexpr std::array<std::string_view, 4> kBandNames = {"p50", "p90", "p99", "max"};

std::string draw_bands(const Axes& axes, const Panel& panel) {
  std::string out = axes.band(panel.lines[2], panel.lines[3], "band b2");
  out += axes.band(panel.lines[1], panel.lines[2], "band b1");
  out += axes.band(panel.lines[0], panel.lines[1], "band b0");
  out += axes.line(panel.lines[3], "s0 most") + axes.line(panel.lines[0], "s0");
  return out + axes.dots(panel.lines[0], "s0") + axes.dots(panel.lines[3], "s0");
}

class TimeChart {
 public:
  explicit TimeChart(const LoadRun& run)
      : run_(run),
        length_ms_(std::max<std::int64_t>(run.result.end_ms - run.result.start_ms, 1000)) {
    add_latency();
    add_rate();
    add_failures();
    add_memory();
  }

  bool empty() const { return panels_.empty(); }

  std::string html() const {
    std::string drawings;
    for (const Size& size : kSizes) drawings += drawing(size);
    return figure(drawings, legend_,
                  "Time since the start of the run. Latency counts from the moment at which a "
                  "request was due.");
  }

 private:
  std::string drawing(const Size& size) const {
    std::string body;
    double top = 22;
    for (const Panel& panel : panels_) {
      const bool first = &panel == &panels_.front();
      const double height = first ? size.tall : size.flat;
      const Axes axes(
          {.left = size.left, .right = size.width - 12, .top = top, .bottom = top + height},
          {.low = 0, .high = real(length_ms_)}, panel.range);
      body += axes.across(panel.ticks) + marks(axes, first && size.labels);
      body += panel.draw(axes, panel) + axes.name(panel.name);
      top += height + 28;
      if (&panel != &panels_.back()) continue;
      body += axes.along(time_ticks(size.times));
    }
    return svg(size, top, "latency, throughput, failures and memory over time", body);
  }

  // All in the unit of the run: "30 s", "1:30", "2:15 h".
  std::vector<Tick> time_ticks(int about) const {
    std::vector<Tick> out = axis_ticks(0, real(length_ms_), "ms", about);
    for (Tick& tick : out) {
      const std::int64_t s = whole(tick.at / 1000);
      tick.text = length_ms_ < 100'000     ? fmt::format("{:g} s", tick.at / 1000)
                  : length_ms_ < 3'600'000 ? fmt::format("{}:{:02}", s / 60, s % 60)
                                           : fmt::format("{}:{:02} h", s / 3600, s / 60 % 60);
    }
    return out;
  }

  std::string marks(const Axes& axes, bool labels) const {
    std::string out;
    for (const load::StageResult& stage : run_.result.stages)
      out += axes.upright({.x = real(stage.start_ms - run_.result.start_ms),
                           .kind = "stage",
                           .label = labels ? stage.name : "",
                           .title = "stage " + stage.name});
    for (const load::FaultResult& fault : run_.result.faults)
      out += axes.upright({.x = real(fault.at_ms - run_.result.start_ms),
                           .kind = "fault",
                           .label = "",
                           .title = "fault: " + fault.what});
    return out;
  }

  static std::string at_text(double ms) { return duration_text(whole(ms)); }

  void add_latency() {
    Panel panel{.name = "latency", .draw = draw_bands, .lines = {{}, {}, {}, {}}};
    double low = 3.6e12;
    double high = 0;
    for (const LoadRun::Stretch& stretch : run_.stretches) {
      for (std::size_t band = 0; band < kBandNames.size(); ++band) {
        Place place{.x = real(stretch.at_ms), .y = kNothing};
        if (stretch.answers > 0) {
          place.y = std::max(real(stretch.bands.at(band)), 1.0);
          low = std::min(low, place.y);
          high = std::max(high, place.y);
          place.title = fmt::format("{} at {}: {}", kBandNames.at(band), at_text(place.x),
                                    latency_text(place.y));
        }
        panel.lines[band].push_back(std::move(place));
      }
    }
    if (high == 0) return;
    low = std::max(low / 1.3, 1.0);
    high *= 1.3;
    panel.range = {.low = low, .high = high, .scale = Axes::Scale::kLog};
    panel.ticks = latency_ticks(low, high);
    panels_.push_back(std::move(panel));
    legend_ += legend_item("s0", "p50") + legend_item("b0-key", "to p90") +
               legend_item("b1-key", "to p99") + legend_item("b2-key", "to max");
    if (!run_.result.faults.empty()) legend_ += legend_item("fault-key", "fault");
  }

  void add_panel(Panel panel, double most, const std::string& unit) {
    panel.range = {.low = 0, .high = std::max(most * 1.08, 1.0)};
    panel.ticks = axis_ticks(0, panel.range.high, unit, 3);
    panels_.push_back(std::move(panel));
  }

  std::vector<Place> rates() const {
    if (const Series* rate = run_.find("load.rate")) return means_of(*rate, length_ms_);
    std::vector<Place> out;
    for (const LoadRun::Stretch& stretch : run_.stretches)
      if (stretch.ms > 0)
        out.push_back(
            {.x = real(stretch.at_ms), .y = real(stretch.answers) * 1000 / real(stretch.ms)});
    return out;
  }

  void add_rate() {
    Panel panel{.name = "answers a second", .draw = draw_areas};
    panel.lines.push_back(rates());
    panel.kinds.emplace_back("s2");
    if (panel.lines[0].size() < 2) return;
    for (Place& place : panel.lines[0])
      place.title = fmt::format("at {}: {} a second", at_text(place.x), grouped(whole(place.y)));
    double most = highest(panel.lines[0]);
    legend_ += legend_item("s2", "answers a second");
    if (const Series* due = run_.find("load.rate_due")) {
      panel.lines.push_back(means_of(*due, length_ms_));
      panel.kinds.emplace_back("s7 asked");
      for (Place& place : panel.lines[1])
        place.title =
            fmt::format("asked for at {}: {} a second", at_text(place.x), grouped(whole(place.y)));
      most = highest(panel.lines[1], most);
      legend_ += legend_item("s7", "asked for");
    }
    add_panel(std::move(panel), most, "count");
  }

  void add_failures() {
    constexpr std::string_view kPrefix = "load.errors.";
    constexpr std::array<std::string_view, 6> kKinds = {"s4", "s1", "s3", "s6", "s5", "s0"};
    Panel panel{.name = "failures a second, by kind", .draw = draw_lines};
    double most = 0;
    for (const Series& series : run_.series) {
      if (!series.name.starts_with(kPrefix) || panel.lines.size() == kKinds.size()) continue;
      const std::string kind = series.name.substr(kPrefix.size());
      panel.lines.push_back(means_of(series, length_ms_));
      panel.kinds.emplace_back(kKinds.at(panel.kinds.size()));
      for (Place& place : panel.lines.back())
        place.title = fmt::format("{} at {}: {:.3g} a second", kind, at_text(place.x), place.y);
      most = highest(panel.lines.back(), most);
      legend_ += legend_item(panel.kinds.back(), kind);
    }
    if (most > 0) add_panel(std::move(panel), most, "count");
  }

  void add_memory() {
    const Series* rss = run_.find("rss");
    if (rss == nullptr || rss->points.size() < 2) return;
    Panel panel{.name = "memory of the target", .draw = draw_areas};
    panel.lines.push_back(means_of(*rss, length_ms_));
    panel.kinds.emplace_back("s3");
    for (Place& place : panel.lines[0])
      place.title = fmt::format("memory at {}: {}", at_text(place.x), bytes_text(whole(place.y)));
    legend_ += legend_item("s3", "resident memory",
                           fmt::format("first {}, last {}", bytes_text(rss->points.front().value),
                                       bytes_text(rss->points.back().value)));
    const double most = highest(panel.lines[0]);
    add_panel(std::move(panel), most, "bytes");
  }

  const LoadRun& run_;
  std::int64_t length_ms_;
  std::vector<Panel> panels_;
  std::string legend_;
};

// Where a percentile is on the axis: 1/(1-p), so that each nine is as wide.
std::vector<double> nines_axis() {
  std::vector<double> out;
  for (double at = 1.02; at < 1e5; at *= 1.06) out.push_back(at);
  out.push_back(1e5);
  return out;
}

constexpr std::array<std::pair<double, std::string_view>, 6> kNines = {
    {{2, "p50"}, {10, "p90"}, {100, "p99"}, {1e3, "p99.9"}, {1e4, "p99.99"}, {1e5, "p99.999"}}};

std::vector<Place> by_percentile(const load::LabelResult& label) {
  std::vector<Place> out;
  for (const double at : nines_axis()) {
    // Beyond the last value there is only the maximum again.
    if (at > 2 * real(label.response.count())) break;
    const double percent = 100 * (1 - 1 / at);
    const double ns = std::max(real(label.response.at_percentile(percent)), 1.0);
    out.push_back(
        {.x = at,
         .y = ns,
         .title = fmt::format("{}: p{:.6g} is {}", label_text(label), percent, latency_text(ns))});
  }
  return out;
}

}  // namespace

std::string time_chart(const LoadRun& run) {
  const TimeChart chart(run);
  return chart.empty() ? "" : chart.html();
}

std::string percentile_chart(const load::RunResult& result) {
  std::vector<std::vector<Place>> lines;
  std::string legend;
  double low = 3.6e12;
  double high = 0;
  for (const load::LabelResult* const one : all_first(result.labels)) {
    const load::LabelResult& label = *one;
    if (!label.stage.empty() || label.response.count() < 2 || lines.size() == kMostLines) continue;
    lines.push_back(by_percentile(label));
    legend += legend_item(fmt::format("s{}", lines.size() - 1), label_text(label),
                          "max " + latency_text(real(label.response.max())));
    for (const Place& place : lines.back()) {
      low = std::min(low, place.y);
      high = std::max(high, place.y);
    }
  }
  if (lines.empty()) return "";
  std::vector<Tick> nines;
  nines.reserve(kNines.size());
  for (const auto& [at, name] : kNines) nines.push_back({.at = at, .text = std::string(name)});
  const Axes::Range y{
      .low = std::max(low / 1.3, 1.0), .high = high * 1.3, .scale = Axes::Scale::kLog};
  std::string drawings;
  for (const Size& size : kSizes) {
    const Axes axes(
        {.left = size.left, .right = size.width - 12, .top = 10, .bottom = 10 + size.tall},
        {.low = 1.02, .high = 1e5, .scale = Axes::Scale::kLog}, y);
    std::string body = axes.across(latency_ticks(y.low, y.high)) + axes.along(nines);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string kind = fmt::format("s{}", i);
      body += axes.line(lines[i], kind) + axes.dots(lines[i], kind);
    }
    drawings += svg(size, size.tall + 38, "latency by percentile", body);
  }
  return figure(drawings, legend, "Of the whole run. Each step to the right is another nine.");
}

std::string ladder_chart(const load::Scalability& law) {
  std::vector<Place> measured;
  measured.reserve(law.rungs.size());
  double most = 0;
  double clients = 1;
  for (const load::Rung& rung : law.rungs) {
    measured.push_back(
        {.x = real(rung.clients),
         .y = rung.throughput,
         .title = fmt::format("{} clients: {} a second, efficiency {:.2f}", rung.clients,
                              grouped(whole(rung.throughput)), law.efficiency(rung))});
    most = std::max(most, rung.throughput);
    clients = std::max(clients, real(rung.clients));
  }
  if (measured.size() < 2 || !(most > 0)) return "";
  const double end =
      law.knee && *law.knee > clients && *law.knee < 3 * clients ? *law.knee * 1.1 : clients * 1.05;
  std::vector<Place> fitted;
  std::vector<Place> low;
  std::vector<Place> high;
  for (int i = 0; law.lambda && i <= 120; ++i) {
    const double n = 1 + (end - 1) * i / 120;
    const load::Predicted at = load::throughput_at(law, n);
    fitted.push_back({.x = n, .y = at.throughput});
    low.push_back({.x = n, .y = std::max(at.throughput - 1.96 * at.error, 0.0)});
    high.push_back({.x = n, .y = at.throughput + 1.96 * at.error});
  }
  most = highest(fitted, most) * 1.12;
  std::vector<Place> linear;
  const double one = law.efficiency(law.rungs.front()) > 0
                         ? law.rungs.front().throughput /
                               (law.rungs.front().clients * law.efficiency(law.rungs.front()))
                         : 0;
  if (one > 0)
    linear = {{.x = 0, .y = 0}, {.x = std::min(end, most / one), .y = std::min(end * one, most)}};
  std::string drawings;
  for (const Size& size : kSizes) {
    const Axes axes(
        {.left = size.left, .right = size.width - 12, .top = 10, .bottom = 10 + size.tall},
        {.low = 0, .high = end}, {.low = 0, .high = most});
    std::string body =
        axes.across(count_ticks(most, 5)) + axes.along(axis_ticks(0, end, "count", size.times));
    body +=
        axes.band(low, high, "band usl") + axes.line(linear, "s7 asked") + axes.line(fitted, "s0");
    if (law.knee)
      body += axes.upright({.x = *law.knee,
                            .kind = "knee",
                            .label = fmt::format("knee at {:.0f}", *law.knee),
                            .title = "more clients than this slow each other down"});
    body += "<g class=\"rungs\">" + axes.dots(measured, "s1") + "</g>";
    drawings += svg(size, size.tall + 38, "answers a second by the number of clients", body);
  }
  std::string legend = legend_item("s1", "measured");
  if (law.lambda)
    legend +=
        legend_item("s0", "Universal Scalability Law") + legend_item("usl-key", "95 % interval");
  if (one > 0) legend += legend_item("s7", "perfect scaling");
  return figure(drawings, legend, "Answers a second by the number of clients.");
}

}  // namespace tidemark::pressure
