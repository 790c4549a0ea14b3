#include "tools/signoff/history/rule_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "lib/base/glob.h"
#include "lib/report/amounts.h"
#include "tools/signoff/history/history_text.h"

namespace tidemark::signoff {
namespace {

struct Glyph {
  std::string_view state;
  std::string_view rich;
  std::string_view plain;
};
constexpr std::array<Glyph, 5> kGlyphs = {{{"passed", "✓", "+"},
                                           {"failed", "✗", "x"},
                                           {"inconclusive", "?", "?"},
                                           {"waived", "w", "w"},
                                           {"", "·", "."}}};

std::string_view glyph_of(std::string_view state, bool unicode) {
  const auto* found = std::ranges::find(kGlyphs, state, &Glyph::state);
  if (found == kGlyphs.end()) found = &kGlyphs.back();
  return unicode ? found->rich : found->plain;
}

std::tuple<bool, double> rank_of(const RuleLine& line) {
  return {line.nights.back().state == "passed",
          static_cast<double>(line.passed()) / static_cast<double>(line.nights.size())};
}

}  // namespace

std::size_t RuleLine::passed() const {
  return static_cast<std::size_t>(std::ranges::count(nights, "passed", &Night::state));
}

std::vector<RuleLine> rule_lines(const std::vector<HistoryEntry>& entries, std::string_view phase) {
  std::map<std::tuple<LineKey, std::string>, RuleLine> lines;
  for (const HistoryEntry& entry : entries) {
    const LineKey place = key_of(entry, {});
    const LinePoint night{
        .version = entry.version, .commit = entry.commit, .started_ms = entry.started_ms};
    for (const HistoryRule& rule : entry.rules) {
      if (!matches_glob(phase, rule.phase)) continue;
      LineKey key = place;
      key.phase = rule.phase;
      RuleLine& line = lines[{key, rule.rule}];
      line.campaign = entry.campaign;
      line.phase = rule.phase;
      line.rule = rule.rule;
      line.setting = setting_of(key);
      line.nights.push_back({night.name(), rule.state, entry.started_ms});
    }
  }
  std::vector<RuleLine> out;
  out.reserve(lines.size());
  for (auto& [key, line] : lines) out.push_back(std::move(line));
  std::ranges::stable_sort(out, {}, rank_of);
  return out;
}

std::string strip_of(const RuleLine& line, std::size_t most, cli::Look look) {
  std::string out;
  for (std::size_t i = line.nights.size() - std::min(most, line.nights.size());
       i < line.nights.size(); ++i) {
    out += glyph_of(line.nights[i].state, look.unicode);
  }
  return out;
}

std::string summary_of(const RuleLine& line) {
  const RuleLine::Night& latest = line.nights.back();
  std::string out = fmt::format("passed in {} of {}", line.passed(),
                                plural(static_cast<std::int64_t>(line.nights.size()), "night"));
  if (latest.state != "passed") {
    out += fmt::format("; {} in {}, the latest", latest.state, latest.version);
  }
  return out;
}

}  // namespace tidemark::signoff
