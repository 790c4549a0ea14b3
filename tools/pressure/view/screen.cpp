#include "tools/pressure/view/screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "lib/base/lines.h"
#include "lib/report/amounts.h"

namespace tidemark::pressure {
namespace {

using cli::fitted;
using cli::Line;
using cli::Look;
using cli::Style;

constexpr std::size_t kNames = 11;    // columns of the names on the left
constexpr std::size_t kFigures = 36;  // where sparklines begin
constexpr std::size_t kCell = 10;

std::string clock_text(std::int64_t ms) {
  const std::int64_t seconds = std::max<std::int64_t>(ms, 0) / 1000;
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string latency(const load::Histogram& times, double percent) {
  return times.count() == 0 ? "-" : latency_text(static_cast<double>(times.at_percentile(percent)));
}

std::string rate_text(double rate) {
  return rate < 10 && rate != std::floor(rate) ? fmt::format("{:.1f}/s", rate)
                                               : grouped(std::llround(rate)) + "/s";
}

// A column of the table of labels; the most telling come first, as many as there is room.
struct Column {
  std::string_view title;
  std::string (*value)(const Shown::Label&);
};
constexpr std::array<Column, 8> kColumns = {{
    {"rate", [](const Shown::Label& label) { return rate_text(label.rate); }},
    {"p95", [](const Shown::Label& label) { return latency(label.last, 95); }},
    {"p99", [](const Shown::Label& label) { return latency(label.last, 99); }},
    {"errors", [](const Shown::Label& label) { return grouped(label.failed); }},
    {"stage p95", [](const Shown::Label& label) { return latency(label.stage, 95); }},
    {"p50", [](const Shown::Label& label) { return latency(label.last, 50); }},
    {"stage p99", [](const Shown::Label& label) { return latency(label.stage, 99); }},
    {"stage max", [](const Shown::Label& label) { return latency(label.stage, 100); }},
}};

class Screen {
 public:
  Screen(const Shown& shown, const cli::FullScreen::Size& size, Look look)
      : shown_(shown),
        rows_(size.rows),
        width_(size.columns > 0 ? size.columns - 1 : 0),
        look_(look) {}

  std::vector<std::string> lines(const std::vector<std::string>& notes) {
    add_head();
    add_figures();
    const std::size_t kept = std::min<std::size_t>(notes.size(), rows_ > 20 ? 4 : 1);
    add_labels(kept == 0 ? 0 : kept + 1);
    if (kept > 0 && lines_.size() + kept < rows_) add(line());
    for (std::size_t i = notes.size() - kept; i < notes.size(); ++i)
      add(line().add(notes[i], Style::kDim));
    return std::move(lines_);
  }

 private:
  Line line() const { return {width_, look_}; }
  void add(const Line& line) {
    if (lines_.size() < rows_) lines_.push_back(line.text());
  }

  void add_head() {
    Line head = line();
    head.add("pressure ", Style::kBold).add(shown_.scenario, Style::kBold);
    add(head.add("  ").add(shown_.target, Style::kDim));
    const StageAhead& stage = shown_.stage;
    Line now = line();
    now.add(fitted(stage.name, 20), Style::kBlue);
    now.add(fmt::format(" {} of {}  ", stage.number, stage.of));
    add_progress(now);
    add(now);
    if (rows_ < 16) return;
    if (stage.end_ms > stage.start_ms) {
      add(line().add(fmt::format("this stage {} of {}", clock_text(shown_.now_ms - stage.start_ms),
                                 clock_text(stage.end_ms - stage.start_ms)),
                     Style::kDim));
    }
    add(line());
  }

  void add_progress(Line& to) const {
    const std::int64_t run = shown_.stage.run_end_ms - shown_.start_ms;
    const std::int64_t gone = shown_.now_ms - shown_.start_ms;
    if (run <= 0) {
      to.add(clock_text(gone));
      return;
    }
    const std::string text = fmt::format("  {} of {}, {} left", clock_text(gone), clock_text(run),
                                         clock_text(run - gone));
    const std::size_t room = to.left() > text.size() ? to.left() - text.size() : 0;
    const std::size_t columns = room < 8 ? 0 : std::min<std::size_t>(room, 40);
    const double part = std::clamp(static_cast<double>(gone) / static_cast<double>(run), 0.0, 1.0);
    const auto full = static_cast<std::size_t>(part * static_cast<double>(columns));
    std::string done;
    std::string ahead;
    for (std::size_t i = 0; i < columns; ++i) (i < full ? done : ahead) += i < full ? "█" : "▁";
    to.add(done, Style::kBlue).add(ahead, Style::kDim).add(text);
  }

  void add_figure(std::string_view name, std::string_view value, Style style,
                  const std::deque<std::optional<double>>& values) {
    Line figure = line();
    figure.add(name, Style::kDim).to(kNames).add(value, style);
    if (width_ >= kFigures + 16 && figure.columns() < kFigures) {
      figure.to(kFigures);
      figure.add(sparkline(values, figure.left()), Style::kBlue);
    }
    add(figure);
  }

  void add_figures() {
    const bool closed = !(shown_.rate_due > 0);
    add_figure(
        "rate",
        closed ? rate_text(shown_.all.rate)
               : fmt::format("{} of {}", rate_text(shown_.all.rate), rate_text(shown_.rate_due)),
        !closed && shown_.all.rate < 0.9 * shown_.rate_due ? Style::kAmber : Style::kBold,
        shown_.rates);
    add_figure("p95", latency(shown_.all.last, 95), Style::kBold, shown_.p95s);
    add_memory();
    add_errors();
    add_send_lag();
    add(line().add("under way", Style::kDim).to(kNames).add(grouped(shown_.under_way)));
    if (rows_ >= 14) add(line());
  }

  void add_memory() {
    if (!shown_.memory) return;
    const std::int64_t grown = *shown_.memory - shown_.memory_first.value_or(0);
    add_figure("memory",
               fmt::format("{} ({}{})", bytes_text(*shown_.memory), grown >= 0 ? "+" : "-",
                           bytes_text(std::abs(grown))),
               Style::kBold, shown_.memories);
  }

  void add_errors() {
    Line errors = line();
    errors.add("errors", Style::kDim).to(kNames);
    errors.add(share_text(shown_.failed, shown_.finished),
               shown_.failed > 0 ? Style::kRed : Style::kGreen);
    if (shown_.failed > 0) errors.add("  " + failures_text(shown_.failures));
    add(errors);
  }

  // Beyond its limit a run does not count: said long before its end.
  void add_send_lag() {
    const auto lag = static_cast<double>(shown_.send_lag_ns);
    const auto limit = static_cast<double>(shown_.send_lag_limit_ns);
    const bool over = limit > 0 && lag >= limit;
    const bool near = limit > 0 && lag >= limit / 2;
    Line out = line();
    out.add("send lag", Style::kDim).to(kNames);
    out.add("p99 " + latency_text(lag), over ? Style::kRed : near ? Style::kAmber : Style::kPlain);
    if (limit > 0) out.add(" of " + latency_text(limit), Style::kDim);
    if (over) out.add("  over its limit: this is no measurement", Style::kRed);
    if (near && !over) out.add("  near its limit", Style::kAmber);
    add(out);
  }

  void add_labels(std::size_t below) {
    const std::size_t names = std::clamp<std::size_t>(width_ / 4, 8, 32);
    const std::size_t columns =
        std::min(kColumns.size(), (width_ - std::min(width_, names)) / kCell);
    Line titles = line();
    titles.add(fitted("last second", names - 1), Style::kDim).to(names);
    for (std::size_t i = 0; i < columns; ++i)
      titles.add_right(kColumns.at(i).title, kCell, Style::kDim);
    add(titles);
    add_label(shown_.all, "all", names, columns);
    const std::size_t room = rows_ - std::min(rows_, lines_.size() + below);
    const bool all = shown_.labels.size() <= room;
    const std::size_t shown = all ? shown_.labels.size() : room > 0 ? room - 1 : 0;
    for (std::size_t i = 0; i < shown; ++i)
      add_label(shown_.labels[i], shown_.labels[i].name, names, columns);
    if (!all && room > 0)
      add(line().add(fmt::format("and {} more", shown_.labels.size() - shown), Style::kDim));
  }

  void add_label(const Shown::Label& label, std::string_view name, std::size_t names,
                 std::size_t columns) {
    Line row = line();
    row.add(fitted(printable(name), names - 1),
            &label == &shown_.all ? Style::kBold : Style::kPlain)
        .to(names);
    for (std::size_t i = 0; i < columns; ++i) {
      const bool failed = kColumns.at(i).title == "errors" && label.failed > 0;
      row.add_right(kColumns.at(i).value(label), kCell, failed ? Style::kRed : Style::kPlain);
    }
    add(row);
  }

  const Shown& shown_;
  std::size_t rows_;
  std::size_t width_;
  Look look_;
  std::vector<std::string> lines_;
};

}  // namespace

std::string sparkline(const std::deque<std::optional<double>>& values, std::size_t columns) {
  constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t begin = values.size() > columns ? values.size() - columns : 0;
  double most = 0;
  for (std::size_t i = begin; i < values.size(); ++i) most = std::max(most, values[i].value_or(0));
  std::string out;
  for (std::size_t i = begin; i < values.size(); ++i) {
    const double part = most > 0 ? values[i].value_or(0) / most : 0;
    const auto block = static_cast<std::size_t>(std::lround(std::clamp(part, 0.0, 1.0) * 7));
    out += values[i] ? kBlocks.at(block) : " ";
  }
  return out;
}

std::vector<std::string> screen_lines(const Shown& shown, const std::vector<std::string>& notes,
                                      const cli::FullScreen::Size& size, cli::Look look) {
  return Screen(shown, size, look).lines(notes);
}

}  // namespace tidemark::pressure
