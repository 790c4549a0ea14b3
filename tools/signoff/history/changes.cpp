#include "tools/signoff/history/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "lib/budget/measure.h"
#include "tools/signoff/compare/metrics.h"

namespace tidemark::signoff {
namespace {

// The numbers that a step and a creep have in common.
HistoryChange change_of(const Line& line, double from, double change) {
  HistoryChange out{.line = line.key, .from = from, .to = from + change};
  // A level of rounding errors is 0.
  if (std::abs(from) > 1e-9 * std::abs(change)) out.share = change / std::abs(from);
  out.worse = (change > 0) != more_is_better(line.key.metric);
  return out;
}

std::vector<HistoryChange> changes_in(const Line& line, const ChangePoints& found) {
  std::vector<HistoryChange> out;
  for (const Step& step : found.steps) {
    HistoryChange change = change_of(line, step.from, step.change);
    change.after = line.points[step.after].name();
    change.by = line.points[step.by].name();
    change.at_ms = line.points[step.by].started_ms;
    change.low = step.low;
    change.high = step.high;
    change.chance = step.chance;
    out.push_back(std::move(change));
  }
  if (found.creep) {
    const Creep& creep = *found.creep;
    HistoryChange change = change_of(line, creep.from, creep.change);
    change.kind = HistoryChange::Kind::kCreep;
    change.after = line.points[creep.first].name();
    change.by = line.points[creep.last].name();
    change.at_ms = line.points[creep.last].started_ms;
    change.versions = creep.versions();
    change.goes_on = creep.last + 1 == line.points.size();
    change.low = creep.low;
    change.high = creep.high;
    change.chance = creep.chance;
    out.push_back(std::move(change));
  }
  return out;
}

// What something that was 0 before counts as.
constexpr double kFromNothing = 1e9;

double size_of(const HistoryChange& change) {
  return std::abs(change.share.value_or(kFromNothing));
}

// The worst first.
std::tuple<bool, double> rank_of(const HistoryChange& change) {
  return {!change.worse, -size_of(change)};
}

std::tuple<bool, bool, double> line_rank(const StudiedLine& line) {
  double most = 0;
  for (const HistoryChange& change : line.changes) most = std::max(most, size_of(change));
  return {line.changes.empty(), !line.worse(), -most};
}

// "6.1 %": as many digits as tell something.
std::string percent(double share) {
  const double value = 100 * std::abs(share);
  return fmt::format("{:.{}f} %", value, value >= 99.5 ? 0 : value >= 0.1 ? 1 : 3);
}

// "4.8 to 7.4 %", signed where the interval spans 0.
std::string range_text(const HistoryChange& change) {
  if (!(change.high > change.low)) return "";
  const bool falls = change.change() < 0;
  const double low = falls ? -change.high : change.low;
  const double high = falls ? -change.low : change.high;
  if (!change.share) {
    return fmt::format(" ({} to {})", value_of(change.line, low), value_of(change.line, high));
  }
  const double by = 100 / std::abs(change.from);
  return fmt::format(" ({:.{}f} to {:.{}f} %)", low * by, high * by >= 99.5 ? 0 : 1, high * by,
                     high * by >= 99.5 ? 0 : 1);
}

// Whether a step is not found without the last version.
bool is_news(const Step& step, const Line& line) {
  std::vector<VersionValue> before = line.values();
  before.pop_back();
  return std::ranges::none_of(find_changes(before).steps, [&](const Step& known) {
    return step.after <= known.first && known.first <= step.by;
  });
}

}  // namespace

bool StudiedLine::worse() const {
  return std::ranges::any_of(changes, [](const HistoryChange& change) { return change.worse; });
}

std::vector<StudiedLine> studied(const std::vector<HistoryEntry>& entries,
                                 const LineFilter& filter) {
  std::vector<StudiedLine> out;
  for (Line& line : lines_of(entries, filter)) {
    StudiedLine one{.line = std::move(line)};
    one.found = find_changes(one.line.values());
    one.changes = changes_in(one.line, one.found);
    out.push_back(std::move(one));
  }
  std::ranges::stable_sort(out, {}, line_rank);
  return out;
}

std::vector<HistoryChange> changes_of(const std::vector<HistoryEntry>& entries,
                                      const LineFilter& filter) {
  std::vector<HistoryChange> out;
  for (StudiedLine& line : studied(entries, filter)) {
    for (HistoryChange& change : line.changes) out.push_back(std::move(change));
  }
  std::ranges::stable_sort(out, {}, rank_of);
  return out;
}

std::vector<HistoryChange> worse_in_latest(const std::vector<HistoryEntry>& entries) {
  const HistoryEntry& latest = entries.back();
  const LineKey like = key_of(latest, {});
  std::vector<HistoryChange> out;
  for (const StudiedLine& line : studied(entries)) {
    const LineKey& key = line.line.key;
    const bool alike = key.campaign == like.campaign && key.host == like.host &&
                       key.flavour == like.flavour && key.scale == like.scale;
    if (!alike || line.line.points.back().started_ms != latest.started_ms) continue;
    for (std::size_t i = 0; i < line.changes.size(); ++i) {
      const HistoryChange& change = line.changes[i];
      const bool now =
          i < line.found.steps.size() ? is_news(line.found.steps[i], line.line) : change.goes_on;
      if (change.worse && now) out.push_back(change);
    }
  }
  std::ranges::stable_sort(out, {}, rank_of);
  return out;
}

std::string value_of(const LineKey& key, double value) {
  return budget::text_of(value, budget::unit_named(key.unit));
}

std::string text_of(const HistoryChange& change) {
  const bool up = change.change() > 0;
  const std::string size =
      change.share ? percent(*change.share) : value_of(change.line, std::abs(change.change()));
  const std::string levels =
      value_of(change.line, change.from) + " to " + value_of(change.line, change.to);
  if (change.kind == HistoryChange::Kind::kStep) {
    return fmt::format("{} {}{} between {} and {}: {}", up ? "grew" : "fell", size,
                       range_text(change), change.after, change.by, levels);
  }
  const double each = 1 / static_cast<double>(std::max<std::size_t>(change.versions, 1));
  const std::string one = change.share ? percent(*change.share * each)
                                       : value_of(change.line, std::abs(change.change()) * each);
  const std::string over = change.goes_on ? fmt::format("the last {} versions", change.versions)
                                          : fmt::format("{} versions, {} to {}", change.versions,
                                                        change.after, change.by);
  return fmt::format("crept {} {}{} over {}, {} each: {}", up ? "up" : "down", size,
                     range_text(change), over, one, levels);
}

}  // namespace tidemark::signoff
