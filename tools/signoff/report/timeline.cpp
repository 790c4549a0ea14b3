#include "tools/signoff/report/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "lib/report/amounts.h"
#include "lib/report/chart.h"
#include "lib/report/escape.h"
#include "tools/signoff/report/html_words.h"
#include "tools/signoff/report/words.h"

namespace tidemark::signoff {
namespace {

std::string e(std::string_view text) { return markup_text(text); }

struct Axis {
  std::int64_t from = 0;
  std::int64_t to = 0;

  // In per cent of the width.
  double at(std::int64_t ms) const {
    const auto length = static_cast<double>(to) - static_cast<double>(from);
    const double part = (static_cast<double>(ms) - static_cast<double>(from)) / length;
    return std::clamp(100 * part, 0.0, 100.0);
  }
};

Axis axis_of(const SignoffResult& result) {
  Axis axis;
  const auto include = [&](std::int64_t started_ms, std::int64_t ended_ms) {
    if (started_ms <= 0) return;
    axis.from = axis.from == 0 ? started_ms : std::min(axis.from, started_ms);
    axis.to = std::max({axis.to, started_ms, ended_ms});
  };
  for (const PhaseResult& phase : result.phases) {
    include(phase.started_ms, phase.ended_ms);
    for (const RunResult& run : phase.runs) include(run.started_ms, run.ended_ms);
  }
  return axis;
}

std::string bar(const Axis& axis, const RunResult& run) {
  if (run.started_ms <= 0) return "";
  const double from = axis.at(run.started_ms);
  const double to = axis.at(std::max(run.started_ms, run.ended_ms));
  const std::string took = took_text(run.started_ms, run.ended_ms);
  return fmt::format(
      "<rect class=\"{}{}\" x=\"{:.2f}%\" y=\"3\" width=\"{:.2f}%\" height=\"12\" rx=\"2\"><title>"
      "{}: {}{}{}</title></rect>",
      class_of(run.state), run.superseded ? " superseded" : "", from, std::max(0.4, to - from),
      e(run_text(run)), name_of(run.state), took.empty() ? "" : ", ", took);
}

std::string row(const SignoffResult& result, const PhaseResult& phase, const Axis& axis) {
  std::string bars;
  for (const RunResult& run : phase.runs) bars += bar(axis, run);
  const std::string picture =
      bars.empty() ? fmt::format("<span class=\"reason\">{}</span>", e(phase.why))
                   : R"(<svg class="gantt" width="100%" height="18" role="img" aria-label=")" +
                         e(utc_text(phase.started_ms)) + "\">" + bars + "</svg>";
  return fmt::format(
      "<tr><th scope=\"row\"><a href=\"#{}\">{}</a></th><td>{}</td><td class=\"when\">{}</td>"
      "<td class=\"num\">{}</td><td class=\"num\">{}</td></tr>\n",
      phase_anchor(result, phase.id()), e(phase.id()), state_html(phase.state), picture,
      took_text(phase.started_ms, phase.ended_ms),
      phase.expected_ms ? duration_text(*phase.expected_ms) : "");
}

// The axis itself, in the head of the column.
std::string axis_html(const Axis& axis) {
  if (axis.to <= axis.from) return "When";
  const std::int64_t length = axis.to - axis.from;
  std::string out =
      "<span class=\"unseen\">When, since the start</span>"
      "<svg class=\"gantt axis\" width=\"100%\" height=\"18\" aria-hidden=\"true\">";
  for (const Tick& tick : axis_ticks(0, static_cast<double>(length), "ms", 5)) {
    const double at = 100 * tick.at / static_cast<double>(length);
    if (at > 99.5 && at < 100.5) continue;
    if (at < 0 || at > 100) continue;
    out += fmt::format(R"(<text x="{:.2f}%" y="13" class="{}">{}</text>)", at,
                       at < 1    ? "start"
                       : at > 92 ? "end"
                                 : "middle",
                       e(tick.text));
  }
  return out + "</svg>";
}

}  // namespace

std::string phase_anchor(const SignoffResult& result, const std::string& phase_id) {
  for (std::size_t i = 0; i < result.phases.size(); ++i)
    if (result.phases[i].id() == phase_id) return fmt::format("phase-{}", i + 1);
  return "";
}

std::string timeline_html(const SignoffResult& result) {
  if (result.phases.empty()) return "";
  const Axis axis = axis_of(result);
  std::string out = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\"><table class=\"timeline\"><thead><tr>"
      "<th scope=\"col\">Phase</th><th scope=\"col\">State</th><th scope=\"col\" class=\"when\">{}"
      "</th><th scope=\"col\" class=\"num\">Took</th><th scope=\"col\" class=\"num\">Expected</th>"
      "</tr></thead><tbody>\n",
      axis_html(axis));
  for (const PhaseResult& phase : result.phases) out += row(result, phase, axis);
  return out + "</tbody></table></div>\n";
}

}  // namespace tidemark::signoff
