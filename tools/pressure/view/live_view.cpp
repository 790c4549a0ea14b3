#include "tools/pressure/view/live_view.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <initializer_list>
#include <utility>

#include "lib/base/lines.h"
#include "lib/report/amounts.h"
#include "tools/pressure/view/screen.h"

namespace tidemark::pressure {
namespace {

constexpr std::int64_t kEveryMs = 9'500;  // 10 s, less what seconds are not exact
constexpr std::size_t kMostSaid = 200;

std::string percentiles_text(const load::Histogram& times, std::initializer_list<double> percents) {
  if (times.count() == 0) return "no answers";
  std::string out;
  for (const double percent : percents) {
    out += fmt::format("p{:g} {}, ", percent,
                       latency_text(static_cast<double>(times.at_percentile(percent))));
  }
  return out + "max " + latency_text(static_cast<double>(times.max()));
}

}  // namespace

std::string moment_line(const Shown& shown) {
  const std::int64_t seconds = (shown.now_ms - shown.start_ms + 500) / 1000;
  std::string out =
      fmt::format("{:02}:{:02}:{:02} {}: {}/s", seconds / 3600, seconds / 60 % 60, seconds % 60,
                  printable(shown.stage.name), grouped(std::llround(shown.all.rate)));
  if (shown.rate_due > 0) out += fmt::format(" of {}/s", grouped(std::llround(shown.rate_due)));
  out += "; " + percentiles_text(shown.all.last, {50, 95, 99});
  out += "; errors " + share_text(shown.failed, shown.finished);
  if (shown.failed > 0) out += " (" + failures_text(shown.failures) + ")";
  if (shown.memory) out += "; memory " + bytes_text(*shown.memory);
  if (shown.send_lag_limit_ns > 0 && shown.send_lag_ns >= shown.send_lag_limit_ns / 2)
    out +=
        fmt::format("; send lag p99 {} of {}", latency_text(static_cast<double>(shown.send_lag_ns)),
                    latency_text(static_cast<double>(shown.send_lag_limit_ns)));
  return out;
}

std::string stage_line(const Shown& shown) {
  const std::int64_t ms = shown.now_ms - shown.stage.start_ms;
  std::string out = fmt::format("{} is over: {} in {}", printable(shown.stage.name),
                                plural(shown.all.done, "answer"), duration_text(ms));
  if (ms > 0)
    out += fmt::format(" ({}/s)", grouped(std::llround(static_cast<double>(shown.all.done) * 1000 /
                                                       static_cast<double>(ms))));
  out += "; " + percentiles_text(shown.all.stage, {50, 95, 99, 99.9});
  return out + "; " + plural(shown.all.failed, "error");
}

LiveView::LiveView(int fd, std::string scenario, std::string target, std::int64_t send_lag_limit_ns)
    : fd_(fd), shown_(std::move(scenario), std::move(target), send_lag_limit_ns) {
  if (cli::FullScreen::possible(fd)) screen_.emplace(fd);
  shown_.by_label = screen_.has_value();
}

LiveView::~LiveView() { end(); }

void LiveView::print(const std::string& line) const {
  const std::string text = line + "\n";
  // Nobody may be reading it: a run goes on without.
  [[maybe_unused]] const ssize_t written = ::write(fd_, text.data(), text.size());
}

void LiveView::begin_stage(StageAhead stage) {
  if (in_stage_) end_stage();
  in_stage_ = true;
  printed_ms_ = stage.start_ms;
  shown_.begin_stage(std::move(stage));
  draw();
}

void LiveView::end_stage() {
  in_stage_ = false;
  say(stage_line(shown_));
}

void LiveView::take(const Moment& moment) {
  shown_.take(moment);
  draw();
  if (screen_ || shown_.now_ms - printed_ms_ < kEveryMs) return;
  printed_ms_ = shown_.now_ms;
  print(moment_line(shown_));
}

void LiveView::say(const std::string& line) {
  if (!screen_) {
    print(printable(line));
    return;
  }
  said_.push_back(line);
  if (said_.size() > kMostSaid) said_.erase(said_.begin());
  draw();
}

void LiveView::follow() {
  if (screen_ && screen_->is_stale()) draw();
}

void LiveView::draw() {
  if (!screen_ || shown_.now_ms == 0) return;
  screen_->draw(screen_lines(shown_, said_, screen_->size(), cli::look_of(fd_)));
}

void LiveView::end() {
  if (in_stage_) end_stage();
  if (!screen_) return;
  screen_.reset();
  for (const std::string& line : said_) print(printable(line));
  said_.clear();
}

}  // namespace tidemark::pressure
