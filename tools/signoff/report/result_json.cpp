// signoff.json, see docs/formats/signoff.md.

#include "tools/signoff/report/result_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/file_writer.h"
#include "lib/report/chart.h"
#include "lib/report/json_place.h"
#include "lib/report/json_values.h"
#include "lib/report/site_json.h"

namespace tidemark::signoff {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "tidemark-signoff";
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kMostBytes = std::size_t{256} << 20;
constexpr std::size_t kMostPoints = 400;  // of one line of a chart
constexpr std::size_t kMostHistory = 100;
constexpr std::size_t kMostFindings = 5000;

constexpr std::array<std::pair<budget::Compare, std::string_view>, 5> kCompares = {{
    {budget::Compare::kLess, "<"},
    {budget::Compare::kAtMost, "<="},
    {budget::Compare::kMore, ">"},
    {budget::Compare::kAtLeast, ">="},
    {budget::Compare::kEqual, "=="},
}};

constexpr std::array<std::pair<budget::Answer, std::string_view>, 5> kAnswers = {{
    {budget::Answer::kPass, "pass"},
    {budget::Answer::kFail, "fail"},
    {budget::Answer::kInconclusive, "inconclusive"},
    {budget::Answer::kNotMeasured, "not measured"},
    {budget::Answer::kNotApplicable, "not applicable"},
}};

template <typename Table, typename Value>
std::string_view word_of(const Table& table, Value value) {
  return std::ranges::find(table, value, &Table::value_type::first)->second;
}

// JSON has no number for these.
Json real_of(double value) {
  if (std::isnan(value)) return "unknown";
  if (std::isinf(value)) return value > 0 ? "infinite" : "-infinite";
  return value;
}

template <typename Number>
Json or_null(const std::optional<Number>& number) {
  return number ? Json(*number) : Json();
}

Json json_of(const RunResult& run) {
  return {{"name", json_text_value(run.name)},
          {"repetition", run.repetition},
          {"attempt", run.attempt},
          {"tool", json_text_value(run.tool)},
          {"command", json_text_values(run.command)},
          {"directory", json_text_value(run.directory)},
          {"exit_code", run.exit_code},
          {"state", name_of(run.state)},
          {"why", json_text_value(run.why)},
          {"started_ms", run.started_ms},
          {"ended_ms", run.ended_ms},
          {"superseded", run.superseded}};
}

Json json_of(const PhaseResult& phase) {
  return {{"target", json_text_value(phase.target)},
          {"name", json_text_value(phase.name)},
          {"title", json_text_value(phase.title)},
          {"state", name_of(phase.state)},
          {"why", json_text_value(phase.why)},
          {"weight", real_of(phase.weight)},
          {"points", real_of(phase.points)},
          {"started_ms", phase.started_ms},
          {"ended_ms", phase.ended_ms},
          {"expected_ms", or_null(phase.expected_ms)},
          {"runs", json_list(phase.runs, [](const RunResult& run) { return json_of(run); })},
          {"charts", json_list(phase.charts, [](const Series& series) {
             Series shown = series;
             shown.points = thinned(series.points, kMostPoints);
             return tidemark::json_of(shown);
           })}};
}

Json json_of(const budget::Rule& rule) {
  return {{"id", json_text_value(rule.id)},
          {"text", json_text_value(rule.text)},
          {"label", json_text_value(rule.subject.label)},
          {"metric", json_text_value(rule.subject.metric)},
          {"argument", json_text_value(rule.subject.argument)},
          {"stage", json_text_value(rule.subject.stage)},
          {"compare", word_of(kCompares, rule.compare)},
          {"relative", rule.bound.relative},
          {"factor", real_of(rule.bound.factor)},
          {"value", real_of(rule.bound.value)},
          {"unit", name_of(rule.unit)},
          {"phases", json_text_values(rule.phases)},
          {"targets", json_text_values(rule.targets)},
          {"flavours", json_text_values(rule.flavours)},
          {"hard", rule.hard},
          {"weight", real_of(rule.weight)},
          {"owner", json_text_value(rule.owner)},
          {"why", json_text_value(rule.why)},
          {"place", json_text_value(rule.place)}};
}

Json json_of(const budget::Decision& decision) {
  return {{"answer", word_of(kAnswers, decision.answer)},
          {"value", real_of(decision.value)},
          {"low", real_of(decision.low)},
          {"high", real_of(decision.high)},
          {"limit", real_of(decision.limit)},
          {"margin", real_of(decision.margin)},
          {"standard_error", real_of(decision.standard_error)},
          {"runs", decision.runs},
          {"more_runs", or_null(decision.more_runs)},
          {"why", json_text_value(decision.why)}};
}

Json json_of(const budget::Waiver& waiver) {
  return {{"rule", json_text_value(waiver.rule)},       {"phases", json_text_values(waiver.phases)},
          {"owner", json_text_value(waiver.owner)},     {"reason", json_text_value(waiver.reason)},
          {"expires", json_text_value(waiver.expires)}, {"place", json_text_value(waiver.place)}};
}

Json json_of(const RuleResult& result) {
  return {{"phase", json_text_value(result.phase)},
          {"run", json_text_value(result.run)},
          {"state", name_of(result.state)},
          {"rule", json_of(result.rule)},
          {"decision", json_of(result.decision)},
          {"waiver", result.waiver ? json_of(*result.waiver) : Json()},
          {"evidence", json_text_values(result.evidence)}};
}

Json json_of(const FoundSite& found) {
  Site site = found.site;
  site.history = thinned(site.history, kMostHistory);
  return {{"phase", json_text_value(found.phase)},
          {"directory", json_text_value(found.directory)},
          {"site", tidemark::json_of(site)}};
}

Json json_of(const Score& score) {
  return {{"points", real_of(score.points)},
          {"band", json_text_value(score.band)},
          {"cap", json_text_value(score.cap)},
          {"rows", json_list(score.rows, [](const Score::Row& row) {
             return Json{{"what", json_text_value(row.what)},
                         {"weight", real_of(row.weight)},
                         {"points", real_of(row.points)}};
           })}};
}

// The worst of `sites`; a warning says when that is not all.
Json worst(const std::vector<FoundSite>& sites, std::string_view what, Json& warnings) {
  Json out = Json::array();
  for (std::size_t i = 0; i < std::min(sites.size(), kMostFindings); ++i)
    out.push_back(json_of(sites[i]));
  if (sites.size() > kMostFindings)
    warnings.push_back(fmt::format("the first {} of {} {} are kept here; the runs have them all",
                                   kMostFindings, sites.size(), what));
  return out;
}

double real(const JsonPlace& at) {
  if (!at.value().is_string()) return at.real();
  const std::string text = at.text();
  if (text == "unknown") return std::numeric_limits<double>::quiet_NaN();
  if (text == "infinite") return std::numeric_limits<double>::infinity();
  if (text == "-infinite") return -std::numeric_limits<double>::infinity();
  at.fail("a number");
}

// Weights are 1 where nothing stands.
double real_or_one(const JsonPlace& at) { return at.value().is_null() ? 1 : real(at); }

int count_or_one(const JsonPlace& at) { return at.value().is_null() ? 1 : at.small_number(); }

State state(const JsonPlace& at) {
  try {
    return state_named(at.text());
  } catch (const Error&) {
    at.fail("a state such as \"passed\"");
  }
}

budget::Unit unit(const JsonPlace& at) {
  try {
    return budget::unit_named(at.text());
  } catch (const Error&) {
    at.fail("a unit such as \"bytes\"");
  }
}

template <typename Table>
auto word(const Table& table, const JsonPlace& at, std::string_view expected) {
  const auto* const found = std::ranges::find(table, at.text(), &Table::value_type::second);
  if (found == table.end()) at.fail(expected);
  return found->first;
}

RunResult run(const JsonPlace& at) {
  return {.name = at["name"].text(),
          .repetition = count_or_one(at["repetition"]),
          .attempt = count_or_one(at["attempt"]),
          .tool = at["tool"].text(),
          .command = at["command"].texts(),
          .directory = at["directory"].text(),
          .exit_code = at["exit_code"].small_number(),
          .state = state(at["state"]),
          .why = at["why"].text(),
          .started_ms = at["started_ms"].number(),
          .ended_ms = at["ended_ms"].number(),
          .superseded = at["superseded"].flag()};
}

PhaseResult phase(const JsonPlace& at) {
  PhaseResult out{.target = at["target"].text(),
                  .name = at["name"].text(),
                  .title = at["title"].text(),
                  .state = state(at["state"]),
                  .why = at["why"].text(),
                  .weight = real_or_one(at["weight"]),
                  .points = real(at["points"]),
                  .started_ms = at["started_ms"].number(),
                  .ended_ms = at["ended_ms"].number(),
                  .runs = at["runs"].list(run),
                  .charts = at["charts"].list(series_of)};
  if (!at["expected_ms"].value().is_null()) out.expected_ms = at["expected_ms"].number();
  return out;
}

budget::Rule rule(const JsonPlace& at) {
  return {.text = at["text"].text(),
          .subject = {.label = at["label"].text(),
                      .metric = at["metric"].text(),
                      .argument = at["argument"].text(),
                      .stage = at["stage"].text()},
          .compare = word(kCompares, at["compare"], "one of < <= > >= =="),
          .bound = {.relative = at["relative"].flag(),
                    .factor = real_or_one(at["factor"]),
                    .value = real(at["value"])},
          .unit = unit(at["unit"]),
          .id = at["id"].text(),
          .phases = at["phases"].texts(),
          .targets = at["targets"].texts(),
          .flavours = at["flavours"].texts(),
          .hard = at["hard"].flag(),
          .weight = real_or_one(at["weight"]),
          .owner = at["owner"].text(),
          .why = at["why"].text(),
          .place = at["place"].text()};
}

budget::Decision decision(const JsonPlace& at) {
  budget::Decision out{.answer = word(kAnswers, at["answer"], "an answer such as \"pass\""),
                       .value = real(at["value"]),
                       .low = real(at["low"]),
                       .high = real(at["high"]),
                       .limit = real(at["limit"]),
                       .margin = real(at["margin"]),
                       .standard_error = real(at["standard_error"]),
                       .runs = at["runs"].small_number(),
                       .why = at["why"].text()};
  if (!at["more_runs"].value().is_null()) out.more_runs = at["more_runs"].small_number();
  return out;
}

RuleResult rule_result(const JsonPlace& at) {
  RuleResult out{.rule = rule(at["rule"]),
                 .phase = at["phase"].text(),
                 .run = at["run"].text(),
                 .decision = decision(at["decision"]),
                 .state = state(at["state"]),
                 .evidence = at["evidence"].texts()};
  const JsonPlace waiver = at["waiver"];
  if (!waiver.value().is_null())
    out.waiver = {.rule = waiver["rule"].text(),
                  .phases = waiver["phases"].texts(),
                  .owner = waiver["owner"].text(),
                  .reason = waiver["reason"].text(),
                  .expires = waiver["expires"].text(),
                  .place = waiver["place"].text()};
  return out;
}

FoundSite found_site(const JsonPlace& at) {
  return {.site = site_of(at["site"]),
          .phase = at["phase"].text(),
          .directory = at["directory"].text()};
}

Score score(const JsonPlace& at) {
  return {.points = real(at["points"]),
          .band = at["band"].text(),
          .cap = at["cap"].text(),
          .rows = at["rows"].list([](const JsonPlace& row) {
            return Score::Row{.what = row["what"].text(),
                              .weight = real(row["weight"]),
                              .points = real(row["points"])};
          })};
}

void require_format(std::string_view name, const JsonPlace& at) {
  const nlohmann::json& file = at.value();
  if (!file.is_object() || !file.contains("format") || file["format"] != kFormat)
    throw Error(fmt::format("{}: expected the format '{}', found something else", name, kFormat),
                "signoff run writes such a file, signoff.json");
  const std::int64_t version = at["version"].number();
  if (version >= 1 && version <= kVersion) return;
  throw Error(fmt::format("{}: written as version {} of {}; this tool knows version {}", name,
                          version, kResultFile, kVersion),
              "read it with the release of Tidemark that wrote it, or a later one");
}

}  // namespace

std::string to_json(const SignoffResult& result) {
  Json warnings = json_text_values(result.warnings);
  Json environment = Json::object();
  for (const auto& [name, value] : result.environment)
    environment[json_text_value(name).get<std::string>()] = json_text_value(value);
  Json findings = worst(result.findings, "findings", warnings);
  Json fixed = worst(result.fixed, "fixed findings", warnings);
  const Json file = {
      {"format", kFormat},
      {"version", kVersion},
      {"campaign", json_text_value(result.campaign)},
      {"file", json_text_value(result.file)},
      {"product", json_text_value(result.version)},
      {"flavour", json_text_value(result.flavour)},
      {"scale", real_of(result.scale)},
      {"commit", json_text_value(result.commit)},
      {"baseline", json_text_value(result.baseline)},
      {"baseline_directory", json_text_value(result.baseline_directory)},
      {"history", json_text_value(result.history)},
      {"strict", result.strict},
      {"started_ms", result.started_ms},
      {"ended_ms", result.ended_ms},
      {"state", name_of(result.state)},
      {"exit_code", result.exit_code()},
      {"headline", json_text_value(result.headline)},
      {"score", json_of(result.score)},
      {"phases", json_list(result.phases, [](const PhaseResult& one) { return json_of(one); })},
      {"rules", json_list(result.rules, [](const RuleResult& one) { return json_of(one); })},
      {"findings", std::move(findings)},
      {"fixed", std::move(fixed)},
      {"environment", std::move(environment)},
      {"warnings", std::move(warnings)}};
  return file.dump(1, ' ', true) + "\n";
}

SignoffResult result_from_json(std::string_view name, std::string_view text) {
  if (text.size() > kMostBytes)
    throw Error(fmt::format("{}: expected at most 256 MiB of {}, found {} bytes", name, kResultFile,
                            text.size()));
  const nlohmann::json file = json_from(name, text);
  const JsonPlace at(name, file);
  require_format(name, at);
  SignoffResult out{.campaign = at["campaign"].text(),
                    .file = at["file"].text(),
                    .version = at["product"].text(),
                    .flavour = at["flavour"].text(),
                    .scale = real_or_one(at["scale"]),
                    .commit = at["commit"].text(),
                    .baseline = at["baseline"].text(),
                    .baseline_directory = at["baseline_directory"].text(),
                    .history = at["history"].text(),
                    .strict = at["strict"].flag(),
                    .started_ms = at["started_ms"].number(),
                    .ended_ms = at["ended_ms"].number(),
                    .state = state(at["state"]),
                    .headline = at["headline"].text(),
                    .score = score(at["score"]),
                    .phases = at["phases"].list(phase),
                    .rules = at["rules"].list(rule_result),
                    .findings = at["findings"].list(found_site),
                    .fixed = at["fixed"].list(found_site),
                    .warnings = at["warnings"].texts()};
  const nlohmann::json& environment = at["environment"].value();
  if (!environment.is_null() && !environment.is_object()) at["environment"].fail("an object");
  for (const auto& [key, value] : environment.items())
    out.environment[reversed(key)] = at["environment"][key].text();
  return out;
}

void write_result(const std::filesystem::path& directory, const SignoffResult& result) {
  write_file(directory / kResultFile, to_json(result));
  sync_directory(directory);
}

SignoffResult read_result(const std::filesystem::path& path) {
  const bool directory = std::filesystem::is_directory(path);
  const std::filesystem::path file = directory ? path / kResultFile : path;
  if (directory && !std::filesystem::exists(file))
    throw Error(fmt::format("{}: expected the directory of a campaign, found no {}", path.string(),
                            kResultFile),
                "signoff run makes one with -o");
  const File read = read_file(file);
  return result_from_json(read.name(), read.bytes());
}

}  // namespace tidemark::signoff
