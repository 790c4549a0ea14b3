#include "tools/leakwatch/report/night_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lib/cli/tool.h"
#include "lib/report/amounts.h"
#include "lib/verdict/explain.h"

namespace tidemark::leakwatch {
namespace {

using soak::Column;

constexpr std::size_t kMostEvents = 60;
constexpr std::size_t kMostTroubles = 20;

std::string percent(double share) {
  return share > 0.999   ? "over 99.9 %"
         : share < 0.001 ? "under 0.1 %"
                         : fmt::format("{:.1f} %", 100 * share);
}

std::string limit_words(const verdict::Estimate& hours) {
  if (!std::isfinite(hours.value) || hours.value > 24.0 * 365) return "";
  return fmt::format("{} ({} to {})", verdict::hours_words(hours.value),
                     verdict::hours_words(hours.low), verdict::hours_words(hours.high));
}

std::int64_t watched_ms(const soak::Soak& soak) {
  return std::max<std::int64_t>(soak.now_ms - soak.started_ms, 0);
}

}  // namespace

std::string_view code_of(int exit_code) {
  switch (exit_code) {
    case cli::kOk:
      return "clean";
    case cli::kFound:
      return "found";
    case cli::kUndecided:
      return "undecided";
    default:
      return "failed";
  }
}

std::string growth_words(const Night& night) {
  const auto& growth = night.soak.verdict.growth_bytes_per_day;
  return growth ? verdict::estimate_words(*growth) : "not known";
}

std::vector<Fact> verdict_facts(const Night& night) {
  const soak::Soak& soak = night.soak;
  const verdict::LeakVerdict& verdict = soak.verdict;
  std::vector<Fact> out;
  out.emplace_back("Growth in 24 h", growth_words(night));
  if (verdict.growth_bytes_per_day) {
    out.emplace_back("95 % interval",
                     fmt::format("{} to {}", verdict::size_words(verdict.growth_bytes_per_day->low),
                                 verdict::size_words(verdict.growth_bytes_per_day->high)));
    out.emplace_back("Beyond the gate", percent(verdict.confidence));
  }
  out.emplace_back("Gate", verdict::size_words(soak.settings.gate_bytes_per_day) + " in 24 h");
  if (verdict.growth_bytes_per_million_requests) {
    out.emplace_back("Per million requests",
                     verdict::estimate_words(*verdict.growth_bytes_per_million_requests));
  }
  if (verdict.onset_s)
    out.emplace_back("Changed at", utc_text(std::llround(*verdict.onset_s * 1000)));
  if (soak.first_alarm_s)
    out.emplace_back("First sure of a leak", utc_text(std::llround(*soak.first_alarm_s * 1000)));
  if (verdict.hours_to_limit)
    out.emplace_back("Limit reached in", limit_words(*verdict.hours_to_limit));
  if (!verdict.part.empty() && verdict.part_share > 0.05) {
    out.emplace_back("Of that",
                     fmt::format("{:.0f} % in {}", 100 * verdict.part_share, verdict.part));
  }
  std::string watched = duration_text(watched_ms(soak));
  if (soak.settings.for_ms > 0) watched += " of " + duration_text(soak.settings.for_ms);
  out.emplace_back("Watched", watched);
  if (soak.settings.compress != 1) {
    out.emplace_back("Compressed", fmt::format("a second counts as {:g}", soak.settings.compress));
  }
  if (soak.lives > 1) out.emplace_back("Lives", grouped(soak.lives));
  out.emplace_back("Started", utc_text(soak.started_ms));
  std::erase_if(out, [](const Fact& fact) { return fact.second.empty(); });
  return out;
}

std::vector<Fact> cost_facts(const Night& night) {
  const soak::OwnCost& own = night.soak.own;
  std::vector<Fact> out;
  if (night.soak.rows == 0) return out;
  out.emplace_back("CPU", fmt::format("{:.3f} % of a core", 100 * own.cpu_share));
  out.emplace_back("Memory", bytes_text(own.rss_bytes));
  out.emplace_back("Grown since it settled", bytes_text(own.rss_grown_bytes));
  out.emplace_back("The target loses at most",
                   fmt::format("{:.4f} % of its time", 100 * own.target_loss));
  out.emplace_back("Rows",
                   fmt::format("{}, {:.0f} B each", grouped(night.soak.rows), own.bytes_per_row));
  return out;
}

std::vector<std::string> warnings(const Night& night) {
  const soak::Soak& soak = night.soak;
  std::vector<std::string> out;
  if (soak.state == soak::SoakState::kWatching)
    out.emplace_back("the soak goes on: this is what is known so far");
  if (soak.state == soak::SoakState::kWriterDied) {
    out.emplace_back(
        "its watcher died before the soak was over; leakwatch watch --resume goes on with it");
  }
  if (soak.state == soak::SoakState::kStopped)
    out.push_back("stopped before its time: " + soak.why);
  if (soak.settings.compress != 1) {
    out.push_back(
        fmt::format("a compressed soak: a second counts as {:g}, so the load of a day must have "
                    "been applied in as much less time",
                    soak.settings.compress));
  }
  const verdict::Oddities& odd = soak.oddities;
  if (odd.gaps > 0) {
    out.push_back(fmt::format("{} without a sample, {} together", plural(odd.gaps, "gap"),
                              verdict::hours_words(odd.gap_h / soak.settings.compress)));
  }
  if (odd.clock_jumps > 0) out.push_back("the clock jumped " + plural(odd.clock_jumps, "time"));
  if (odd.rejected > 0) out.push_back(plural(odd.rejected, "sample") + " had no size");
  out.insert(out.end(), night.problems.begin(), night.problems.end());
  const std::size_t troubles = std::min(soak.troubles.size(), kMostTroubles);
  out.insert(out.end(), soak.troubles.begin(),
             soak.troubles.begin() + static_cast<std::ptrdiff_t>(troubles));
  if (troubles < soak.troubles.size()) {
    out.push_back(fmt::format("{} more are in series.db", soak.troubles.size() - troubles));
  }
  return out;
}

std::vector<SeriesEvent> shown_events(const Night& night) {
  std::vector<SeriesEvent> out;
  for (const SeriesEvent& event : night.soak.events) {
    if (event.kind != "process" && event.kind != "gone") out.push_back(event);
  }
  // The first ones say how it began, the last ones how it ended.
  if (out.size() > kMostEvents) {
    const auto middle = out.begin() + kMostEvents / 2;
    const std::size_t left_out = out.size() - kMostEvents;
    out.erase(middle, middle + static_cast<std::ptrdiff_t>(left_out));
    out.insert(out.begin() + kMostEvents / 2,
               {.at_ms = out[kMostEvents / 2].at_ms,
                .kind = "...",
                .text = fmt::format("{} more are in series.db", left_out)});
  }
  return out;
}

std::vector<PartChange> part_changes(const Night& night) {
  constexpr std::array kParts = {Column::kRss,  Column::kAnon,         Column::kHeap,
                                 Column::kMaps, Column::kStacks,       Column::kSwap,
                                 Column::kFile, Column::kShared,       Column::kPss,
                                 Column::kUss,  Column::kCgroupCurrent};
  std::vector<PartChange> out;
  for (const Column column : kParts) {
    const soak::ColumnName& name = soak::name_of(column);
    const auto found =
        std::ranges::find(night.history.series(), name.name, &History::Charted::name);
    if (found == night.history.series().end() || found->envelope.empty()) continue;
    PartChange change{.name = name.name,
                      .first = found->envelope.slots().front().low,
                      .last = found->envelope.slots().back().high};
    for (const soak::Envelope::Slot& slot : found->envelope.slots()) {
      change.most = std::max(change.most, slot.high);
    }
    if (change.most > 0) out.push_back(change);
  }
  return out;
}

}  // namespace tidemark::leakwatch
