#include "tools/signoff/history/history_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/distributions.h"
#include "lib/report/amounts.h"
#include "tools/signoff/history/plot.h"

namespace tidemark::signoff {
namespace {

using cli::Style;

constexpr std::size_t kIndent = 2;
constexpr std::size_t kMostColumns = 96;
constexpr std::size_t kTall = 4;  // rows of a line that changed

std::int64_t whole(std::size_t number) { return static_cast<std::int64_t>(number); }

class Blocks {
 public:
  Blocks(std::size_t width, cli::Look look)
      : width_(std::max<std::size_t>(width, 20)), look_(look) {}

  void add(std::string_view text, Style style = Style::kPlain, std::size_t indent = kIndent) {
    cli::Line line(width_, look_);
    // Where nothing is coloured, nothing is bold: it may be a file.
    line.to(indent).add(text, look_.colour ? style : Style::kPlain);
    out_ += line.text().substr(0, line.text().find_last_not_of(' ') + 1) + "\n";
  }

  // Over as many lines as it takes.
  void add_wrapped(const std::string& text, Style style) {
    for (const std::string& part : cli::wrapped(text, width_ - kIndent, SIZE_MAX)) {
      add(part, style);
    }
  }

  void block(const StudiedLine& line) {
    add(title_of(line.line.key), Style::kBold, 0);
    add(setting_of(line.line.key), Style::kDim);
    const bool changed = !line.changes.empty();
    const Style style = !changed ? Style::kPlain : line.worse() ? Style::kRed : Style::kGreen;
    const PlotSize size{.columns = std::min(width_ - kIndent, kMostColumns),
                        .rows = changed ? kTall : 1};
    for (const std::string& row : plot_of(line, size, look_)) add(row, Style::kBlue);
    const std::string marks = marks_of(line, size, look_);
    if (!marks.empty()) add(marks, style);
    add_wrapped(latest_text(line), Style::kPlain);
    for (const HistoryChange& change : line.changes) {
      add_wrapped(text_of(change), change.worse ? Style::kRed : Style::kGreen);
    }
    for (const std::string& remark : remarks_of(line)) add_wrapped(remark, Style::kDim);
    out_ += "\n";
  }

  void block(const RuleLine& rule) {
    const bool passed = rule.nights.back().state == "passed";
    add(rule.phase + ": " + rule.rule, Style::kBold, 0);
    add(rule.setting, Style::kDim);
    add(strip_of(rule, std::min(width_ - kIndent, kMostColumns), look_), Style::kBlue);
    add_wrapped(summary_of(rule), passed ? Style::kPlain : Style::kRed);
    out_ += "\n";
  }

  std::string take() { return std::move(out_); }

 private:
  std::size_t width_;
  cli::Look look_;
  std::string out_;
};

}  // namespace

std::string title_of(const LineKey& key) {
  return (key.phase.empty() ? "" : key.phase + ": ") + metric_text(key);
}

std::string setting_of(const LineKey& key) {
  std::string out = key.campaign;
  for (const std::string* part : {&key.host, &key.flavour}) {
    if (!part->empty()) out += (out.empty() ? "" : ", ") + *part;
  }
  if (key.scale != 1) out += fmt::format("{}scale {:g}", out.empty() ? "" : ", ", key.scale);
  return out;
}

std::string latest_text(const StudiedLine& line) {
  const LinePoint& latest = line.line.points.back();
  std::string out = value_of(line.line.key, latest.value);
  double error = latest.error;
  // What the other versions tell of it, where its own runs do not.
  double freedom = latest.runs.size() > 1 ? static_cast<double>(latest.runs.size() - 1) : 1e6;
  if (error < 0 && !line.found.too_few) {
    error = line.found.noise;
    freedom = std::max(line.found.freedom, 1.0);
  }
  if (error > 0) {
    const double wide = student_quantile(0.025, freedom) * error;
    out += fmt::format(" ({} to {})", value_of(line.line.key, latest.value - wide),
                       value_of(line.line.key, latest.value + wide));
  }
  return fmt::format("{} in {}, the latest of {}", out, latest.name(),
                     plural(whole(line.line.points.size()), latest.night ? "night" : "version"));
}

std::vector<std::string> remarks_of(const StudiedLine& line) {
  std::vector<std::string> out;
  if (line.found.too_few) {
    out.push_back(fmt::format("too few versions to tell changes from chance: {} of {}",
                              line.line.points.size(), kFewestVersions));
  }
  for (const std::size_t place : line.found.outliers) {
    const LinePoint& point = line.line.points[place];
    const bool last = place + 1 == line.line.points.size();
    out.push_back(fmt::format("{} in {} stands alone{}", value_of(line.line.key, point.value),
                              point.name(),
                              last ? ": the next version tells whether it stays" : ""));
  }
  return out;
}

std::string headline_of(const std::vector<StudiedLine>& lines) {
  const auto changed =
      std::ranges::count_if(lines, [](const StudiedLine& line) { return !line.changes.empty(); });
  const auto worse = std::ranges::count_if(lines, &StudiedLine::worse);
  const auto few =
      std::ranges::count_if(lines, [](const StudiedLine& line) { return line.found.too_few; });
  const std::string all = plural(whole(lines.size()), "metric");
  std::string out = changed == 0 ? fmt::format("no change in {}", all)
                                 : fmt::format("{} of {} changed", changed, all);
  if (worse > 0) out += fmt::format(", {} for the worse", worse);
  if (few > 0) out += fmt::format("; {} with too few versions to tell", few);
  return out;
}

std::string history_text(const std::vector<StudiedLine>& lines, const std::vector<RuleLine>& rules,
                         std::size_t width, cli::Look look) {
  Blocks out(width, look);
  for (const RuleLine& rule : rules) out.block(rule);
  for (const StudiedLine& line : lines) out.block(line);
  out.add_wrapped(headline_of(lines), Style::kBold);
  return out.take();
}

}  // namespace tidemark::signoff
