// From the top: which soak it is, the verdict, sizes and growth, a chart of the memory,
// the load underneath, the largest processes, the sites, what happened last, and what
// watching costs. What is above comes first when there is little room.

#include "tools/leakwatch/view/screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <utility>

#include "lib/report/amounts.h"
#include "lib/verdict/explain.h"
#include "tools/leakwatch/view/bars.h"

namespace tidemark::leakwatch {
namespace {

using soak::Column;

constexpr std::size_t kLabel = 11;  // columns left of a chart
constexpr double kMegabyte = 1e6;

std::string clock_text(std::int64_t at_ms) {
  const std::time_t seconds = at_ms / 1000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}", local.tm_hour, local.tm_min);
}

Style style_of(const Shown& shown) {
  if (!shown.alive) return Style::kAmber;
  switch (shown.verdict.answer) {
    case verdict::Answer::kLeak:
      return Style::kRed;
    case verdict::Answer::kBounded:
    case verdict::Answer::kNoLeak:
      return Style::kGreen;
    case verdict::Answer::kNotEnough:
      break;
  }
  return Style::kAmber;
}

// Hours as "3 h", "5 days", beyond a year as a year.
std::string far_words(double hours) {
  constexpr double kYear = 24.0 * 365;
  return hours < kYear ? verdict::hours_words(hours) : "more than a year";
}

// Nobody is ever entirely sure.
std::string percent(double confidence) {
  return confidence > 0.999   ? "over 99.9 %"
         : confidence < 0.001 ? "under 0.1 %"
                              : fmt::format("{:.1f} %", 100 * confidence);
}

// Pieces with a dot between them, as many as fit into a line.
class Pieces {
 public:
  Pieces(std::size_t width, Look look, std::string_view title) : line_(width, look) {
    line_.add(fitted(title, kLabel - 1), Style::kDim).to(kLabel);
  }
  void add(std::string_view text, Style style = Style::kPlain) {
    if (text.empty() || line_.left() < columns_of(text) + (any_ ? 3 : 0)) return;
    if (any_) line_.add(" · ", Style::kDim);
    line_.add(text, style);
    any_ = true;
  }
  void add_size(const soak::Values& values, Column column, std::string_view name) {
    const auto value = values.get(column);
    if (value) add(fmt::format("{} {}", name, bytes_text(*value)));
  }
  const std::string& text() const { return line_.text(); }

 private:
  Line line_;
  bool any_ = false;
};

class Screen {
 public:
  Screen(const Shown& shown, const ScreenSize& size, Look look)
      : shown_(shown),
        rows_(size.rows),
        width_(std::max<std::size_t>(size.columns, 1) - 1),
        look_(look) {}

  std::vector<std::string> lines() {
    header();
    verdict();
    sizes();
    growth();
    const std::string foot = own_cost();
    room_ = rows_ > out_.size() + 1 ? rows_ - out_.size() - 1 : 0;
    charts();
    lists();
    while (out_.size() + 1 < rows_) out_.emplace_back();
    out_.push_back(foot);
    if (out_.size() > rows_) out_.resize(rows_);
    return std::move(out_);
  }

 private:
  Line line() const { return {width_, look_}; }
  void put(const Line& line) { out_.push_back(line.text()); }
  void blank_if(bool roomy) {
    if (roomy) out_.emplace_back();
  }

  void header() {
    std::string state = duration_text(shown_.watched_ms);
    if (shown_.settings.for_ms > 0) state += " of " + duration_text(shown_.settings.for_ms);
    if (shown_.settings.compress != 1) {
      state += fmt::format(", {:g}-fold", shown_.settings.compress);
    }
    const std::size_t right = std::min(columns_of(state), width_);
    Line top = line();
    top.add("leakwatch ", Style::kBold);
    const std::size_t room = width_ - std::min(width_, right + top.columns() + 2);
    top.add(fitted(shown_.target, room)).to(width_ - right).add(state, Style::kDim);
    put(top);
    blank_if(rows_ >= 20);
  }

  void verdict() {
    const Style style = style_of(shown_);
    const std::string text =
        shown_.alive ? shown_.verdict.text : "nothing of the target lives; " + shown_.verdict.text;
    const std::size_t most = rows_ >= 30 ? 4 : rows_ >= 16 ? 3 : 2;
    const std::vector<std::string> sentence =
        wrapped(text, width_ - std::min(width_, std::size_t{2}), most);
    for (std::size_t i = 0; i < sentence.size(); ++i) {
      Line one = line();
      one.add(look_.unicode ? "▌ " : "| ", style);
      // The words of the answer stand out.
      const std::size_t colon = i == 0 ? sentence[0].find(':') : std::string::npos;
      const std::size_t head = colon == std::string::npos ? 0 : colon + 1;
      one.add(sentence[i].substr(0, head), style).add(sentence[i].substr(head));
      put(one);
    }
    blank_if(rows_ >= 20);
  }

  void sizes() {
    const soak::Values& values = shown_.values;
    Pieces pieces(width_, look_, "now");
    if (values.knows(Column::kAnon)) {
      pieces.add("anon " + bytes_text(*values.get(Column::kAnon)), Style::kBold);
    }
    pieces.add_size(values, Column::kRss, "rss");
    if (values.get(Column::kSwap).value_or(0) > 0) pieces.add_size(values, Column::kSwap, "swap");
    pieces.add(plural(values.get(Column::kProcesses).value_or(0), "process"));
    pieces.add(plural(values.get(Column::kThreads).value_or(0), "thread"));
    if (const auto fds = values.get(Column::kFds)) pieces.add(plural(*fds, "fd"));
    pieces.add_size(values, Column::kHeap, "heap");
    pieces.add_size(values, Column::kMaps, "maps");
    pieces.add_size(values, Column::kFile, "file");
    pieces.add_size(values, Column::kCgroupCurrent, "cgroup");
    out_.push_back(pieces.text());
  }

  void growth() {
    const verdict::LeakVerdict& verdict = shown_.verdict;
    Pieces pieces(width_, look_, "growth");
    if (verdict.growth_bytes_per_day) {
      pieces.add(verdict::estimate_words(*verdict.growth_bytes_per_day) + " in 24 h", Style::kBold);
    } else {
      pieces.add("not known yet", Style::kBold);
    }
    pieces.add(fmt::format("gate {}", verdict::size_words(shown_.settings.gate_bytes_per_day)));
    if (verdict.growth_bytes_per_day) {
      pieces.add("beyond it: " + percent(verdict.confidence));
    }
    if (verdict.hours_to_limit && std::isfinite(verdict.hours_to_limit->value)) {
      pieces.add("limit in " + far_words(verdict.hours_to_limit->value));
    }
    if (verdict.growth_bytes_per_million_requests) {
      pieces.add(verdict::estimate_words(*verdict.growth_bytes_per_million_requests) +
                 " per million requests");
    }
    if (shown_.lives > 1) pieces.add(fmt::format("life {}", shown_.lives));
    out_.push_back(pieces.text());
  }

  Span span() const {
    return {.from_ms = shown_.started_ms, .to_ms = std::max(shown_.now_ms, shown_.started_ms + 1)};
  }

  // One row of a chart, its label to the left.
  void chart_row(std::string_view label, const std::string& bar, Style style) {
    Line one = line();
    one.add_right(fitted(label, kLabel - 1), kLabel - 1, Style::kDim).to(kLabel).add(bar, style);
    put(one);
  }

  void axis(std::size_t columns) {
    Line one = line();
    const std::string start = clock_text(shown_.started_ms);
    const std::string now = clock_text(shown_.now_ms);
    one.to(kLabel).add(start, Style::kDim);
    if (shown_.verdict.onset_s) {
      const double part =
          (*shown_.verdict.onset_s * 1000 - static_cast<double>(shown_.started_ms)) /
          static_cast<double>(span().to_ms - shown_.started_ms);
      const auto at =
          static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(columns - 1));
      const std::string mark =
          "▲ " + clock_text(static_cast<std::int64_t>(*shown_.verdict.onset_s * 1000));
      if (at > start.size() && at + columns_of(mark) + now.size() + 1 < columns) {
        one.to(kLabel + at).add(mark, style_of(shown_));
      }
    }
    if (columns > 2 * now.size()) one.to(kLabel + columns - now.size()).add(now, Style::kDim);
    put(one);
  }

  void charts() {
    if (room_ < 4 || width_ < kLabel + 16) return;
    blank_if(room_ >= 8);
    const std::size_t columns = width_ - kLabel;
    // What the lists do not need, but a quarter at least.
    const std::size_t lists = std::min<std::size_t>(shown_.processes.size(), 8) + 3 +
                              std::min<std::size_t>(shown_.sites.size(), 8) + shown_.notes.size();
    const std::size_t spare = room_ > lists + 4 ? room_ - lists - 4 : 0;
    const std::size_t rows = std::clamp<std::size_t>(std::max(spare, room_ / 4), 1, 12);
    const auto memory = columns_of(shown_.memory, span(), columns);
    const double now = memory.back().value_or(0);
    const Scale scale = scale_of(memory, std::max(kMegabyte, now * 0.02));
    const std::vector<std::string> drawn = bars(memory, scale, rows);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::string label = row == 0          ? bytes_text(std::llround(scale.high))
                                : row + 1 == rows ? bytes_text(std::llround(scale.low))
                                                  : "";
      chart_row(label, drawn[row], style_of(shown_));
    }
    axis(columns);
    if (shown_.load.empty()) return;
    const auto load = columns_of(shown_.load, span(), columns);
    const Scale most{.low = 0, .high = std::max(scale_of(load, 1).high, 1.0)};
    const double last = load.back().value_or(0) / 1000;
    const std::string label =
        last < 10 ? fmt::format("{:.1f}/s", last) : grouped(std::llround(last)) + "/s";
    chart_row(label, bars(load, most, 1)[0], Style::kBlue);
  }

  // How many rows are left above the foot.
  std::size_t left() const { return rows_ > out_.size() + 1 ? rows_ - out_.size() - 1 : 0; }

  void lists() {
    const std::size_t notes = std::min<std::size_t>(shown_.notes.size(), left() >= 10 ? 3 : 1);
    const std::size_t sites =
        shown_.sites.empty() ? 0 : std::min(shown_.sites.size() + 1, (left() - notes) / 2);
    processes(left() >= notes + sites ? left() - notes - sites : 0);
    site_list(left() >= notes ? left() - notes : 0);
    for (std::size_t i = shown_.notes.size() - notes; i < shown_.notes.size(); ++i) {
      if (left() == 0) return;
      put(line().add(shown_.notes[i], Style::kAmber));
    }
  }

  void processes(std::size_t most) {
    if (most < 2) return;
    if (most > 4 && most > shown_.processes.size() + 1) {
      out_.emplace_back();
      --most;
    }
    Line head = line();
    head.add_right("pid", 9, Style::kDim).add_right("anon", 12, Style::kDim);
    if (middle()) head.add_right("grown", 12, Style::kDim).add_right("cpu", 8, Style::kDim);
    if (wide()) head.add_right("rss", 12, Style::kDim).add_right("threads", 9, Style::kDim);
    put(head.add("  process", Style::kDim));
    for (std::size_t i = 0; i < shown_.processes.size() && i + 1 < most; ++i) {
      process(shown_.processes[i]);
    }
  }

  bool middle() const { return width_ >= 56; }
  bool wide() const { return width_ >= 72; }

  void process(const ShownProcess& process) {
    Line one = line();
    one.add_right(std::to_string(process.pid), 9);
    one.add_right(bytes_text(process.anon_bytes), 12, Style::kBold);
    if (middle()) {
      one.add_right((process.grown_bytes > 0 ? "+" : "") + bytes_text(process.grown_bytes), 12);
      one.add_right(fmt::format("{:.1f} %", 100 * process.cpu_share), 8);
    }
    if (wide()) {
      one.add_right(bytes_text(process.rss_bytes), 12).add_right(grouped(process.threads), 9);
    }
    put(one.add("  ").add(process.name));
  }

  void site_list(std::size_t most) {
    if (most < 2 || shown_.sites.empty()) return;
    Line head = line();
    head.add_right("bytes an hour", 24, Style::kDim).add("  allocated in", Style::kDim);
    put(head);
    for (std::size_t i = 0; i < shown_.sites.size() && i + 1 < most; ++i) {
      const ShownSite& site = shown_.sites[i];
      Line one = line();
      one.add_right(site.rate, 24, site.trend == "grows" ? Style::kRed : Style::kPlain);
      put(one.add("  ")
              .add(site.trend == "grows" ? "" : site.trend + ": ", Style::kDim)
              .add(site.name));
    }
  }

  std::string own_cost() const {
    const soak::Values& values = shown_.values;
    Pieces pieces(width_, look_, "own cost");
    if (const auto cpu = values.get(Column::kOwnCpu); cpu && shown_.now_ms > shown_.viewed_ms) {
      const double share =
          static_cast<double>(*cpu) / 1e3 / static_cast<double>(shown_.now_ms - shown_.viewed_ms);
      pieces.add(fmt::format("{:.2f} % of a core", 100 * share));
    }
    if (const auto rss = values.get(Column::kOwnRss)) pieces.add(bytes_text(*rss));
    if (const auto loss = values.get(Column::kSmapsLoss)) {
      pieces.add(
          fmt::format("the target loses at most {:.3f} %", static_cast<double>(*loss) / 1e4));
    }
    pieces.add("Ctrl-C ends the soak", Style::kDim);
    return pieces.text();
  }

  const Shown& shown_;
  std::size_t rows_;
  std::size_t width_;
  Look look_;
  std::size_t room_ = 0;  // rows for charts and lists
  std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> screen_lines(const Shown& shown, const ScreenSize& size, Look look) {
  return Screen(shown, size, look).lines();
}

}  // namespace tidemark::leakwatch
