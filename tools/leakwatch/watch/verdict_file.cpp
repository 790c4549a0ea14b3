#include "tools/leakwatch/watch/verdict_file.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "lib/base/lines.h"
#include "lib/cli/tool.h"
#include "lib/report/amounts.h"
#include "lib/report/json_text.h"
#include "lib/verdict/explain.h"
#include "tools/leakwatch/exit_codes.h"
#include "tools/leakwatch/report/why.h"

namespace tidemark::leakwatch {
namespace {

std::string amount(std::int64_t value, std::string_view unit) {
  return unit == "bytes" ? bytes_text(value) : grouped(value);
}

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.10g}", value) : "null";
}

std::string json_of(const std::optional<verdict::Estimate>& estimate) {
  if (!estimate) return "null";
  return fmt::format(R"({{"value": {}, "low": {}, "high": {}}})", number(estimate->value),
                     number(estimate->low), number(estimate->high));
}

std::string milliseconds(const std::optional<double>& seconds) {
  return seconds ? fmt::format("{:.0f}", *seconds * 1000) : "null";
}

std::string json_of(const Exceeded& one) {
  return fmt::format(R"({{"limit": {}, "most": {}, "value": {}, "at_ms": {}}})",
                     json_text(one.limit.option), one.limit.most, one.value, one.at_ms);
}

}  // namespace

std::string Exceeded::text() const {
  const soak::ColumnName& name = soak::name_of(limit.column);
  return fmt::format("{} reached {}, and {} is {}", name.name, amount(value, name.unit),
                     limit.option, amount(limit.most, name.unit));
}

int Outcome::exit_code() const {
  if (!failure.empty()) return cli::kFailed;
  if (!exceeded.empty()) return cli::kFound;
  return exit_code_of(verdict.answer);
}

std::string Outcome::text() const {
  std::string text = failure;
  for (const Exceeded& one : exceeded) text += (text.empty() ? "" : "; ") + one.text();
  return text + (text.empty() ? "" : "; ") + with_sites(verdict, sites);
}

std::string verdict_json(const Outcome& outcome) {
  const verdict::LeakVerdict& verdict = outcome.verdict;
  std::string limits;
  for (const Exceeded& one : outcome.exceeded)
    limits += (limits.empty() ? "" : ", ") + json_of(one);
  std::string out = "{\n";
  const auto add = [&](std::string_view name, const std::string& value) {
    out += fmt::format("  \"{}\": {},\n", name, value);
  };
  add("format", "\"tidemark-soak-verdict\"");
  add("version", "1");
  add("final", outcome.final ? "true" : "false");
  add("verdict", json_text(verdict::words(verdict.answer)));
  add("exit_code", std::to_string(outcome.exit_code()));
  add("text", json_text(printable(outcome.text())));
  add("sites", json_text(printable(outcome.sites)));
  add("failure", json_text(printable(outcome.failure)));
  add("limits_exceeded", "[" + limits + "]");
  add("confidence", number(verdict.confidence));
  add("gate_bytes_per_day", number(outcome.gate_bytes_per_day));
  add("growth_bytes_per_day", json_of(verdict.growth_bytes_per_day));
  add("growth_bytes_per_million_requests", json_of(verdict.growth_bytes_per_million_requests));
  add("hours_to_limit", json_of(verdict.hours_to_limit));
  add("onset_ms", milliseconds(verdict.onset_s));
  add("first_alarm_ms", milliseconds(verdict.first_alarm_s));
  add("more_hours", number(verdict.more_h));
  add("part", json_text(verdict.part));
  add("part_share", number(verdict.part_share));
  add("started_ms", std::to_string(outcome.started_ms));
  add("now_ms", std::to_string(outcome.now_ms));
  add("watched_ms", std::to_string(outcome.watched_ms));
  add("rows", std::to_string(outcome.rows));
  add("lives", std::to_string(outcome.lives));
  out += fmt::format("  \"compress\": {}\n}}\n", number(outcome.compress));
  return out;
}

}  // namespace tidemark::leakwatch
