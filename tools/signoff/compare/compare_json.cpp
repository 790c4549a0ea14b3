#include <string>
#include <string_view>
#include <vector>

#include "lib/report/json_writer.h"
#include "lib/report/words.h"
#include "tools/signoff/compare/compare_writers.h"

namespace tidemark::signoff {
namespace {

void texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  json.key(key).open('[');
  for (const std::string& value : values) json.text(value);
  json.close();
}

void numbers(JsonWriter& json, std::string_view key, const std::vector<double>& values) {
  json.key(key).open('[');
  for (const double value : values) json.number(value);
  json.close();
}

void maybe(JsonWriter& json, std::string_view key, const std::optional<double>& value) {
  json.key(key);
  value ? json.number(*value) : json.null();
}

void level(JsonWriter& json, std::string_view key, const Level& level) {
  json.key(key).open('{').key("runs").number(std::int64_t{level.runs});
  json.key("mean").number(level.mean).key("error").number(level.error);
  json.key("low").number(level.low).key("high").number(level.high).close();
}

std::string_view name_of(Basis basis) {
  switch (basis) {
    case Basis::kBetweenRuns:
      return "between-runs";
    case Basis::kOneSide:
      return "one-side";
    case Basis::kWithinRuns:
      return "within-runs";
    case Basis::kExact:
      return "exact";
    case Basis::kNone:
      break;
  }
  return "none";
}

void contrast(JsonWriter& json, const Contrast& contrast, double adjusted) {
  level(json, "before", contrast.before);
  level(json, "after", contrast.after);
  json.key("basis").text(name_of(contrast.basis));
  json.key("difference").number(contrast.difference);
  json.key("low").number(contrast.low).key("high").number(contrast.high);
  maybe(json, "relative", contrast.relative);
  maybe(json, "relative_low", contrast.relative_low);
  maybe(json, "relative_high", contrast.relative_high);
  maybe(json, "hedges_g", contrast.effect);
  json.key("p").number(contrast.p_value).key("p_adjusted").number(adjusted);
}

void metric(JsonWriter& json, const MetricChange& change) {
  json.open('{').key("metric").text(change.metric).key("stage").text(change.stage);
  json.key("unit").text(budget::name_of(change.unit));
  json.key("more_is_better").truth(change.more_is_better);
  json.key("verdict").text(signoff::name_of(change.change)).key("why").text(change.why);
  contrast(json, change.contrast, change.adjusted);
  numbers(json, "before_runs", change.before_runs);
  numbers(json, "after_runs", change.after_runs);
  json.close();
}

void finding(JsonWriter& json, const FindingChange& change) {
  const Site& site = change.site;
  json.open('{').key("status").text(code_of(site.status)).key("kind").text(code_of(site.kind));
  json.key("fingerprint").text(site.fingerprint).key("title").text(site.title);
  json.key("place").text(full_place(site.place));
  json.key("bytes").number(site.bytes).key("blocks").number(site.blocks);
  json.key("count").number(site.count);
  json.key("before_runs").number(std::int64_t{change.before_runs});
  json.key("after_runs").number(std::int64_t{change.after_runs}).close();
}

void sites(JsonWriter& json, std::string_view key, const std::vector<SiteChange>& changes) {
  json.key(key).open('[');
  for (const SiteChange& change : changes) {
    json.open('{');
    texts(json, "functions", change.functions);
    json.key("verdict").text(signoff::name_of(change.change));
    contrast(json, change.contrast, change.adjusted);
    json.close();
  }
  json.close();
}

void findings(JsonWriter& json, std::string_view key, const std::vector<FindingChange>& changes) {
  json.key(key).open('[');
  for (const FindingChange& change : changes) finding(json, change);
  json.close();
}

std::string_view name_of(Spoils spoils) {
  switch (spoils) {
    case Spoils::kTimes:
      return "times";
    case Spoils::kLoad:
      return "load";
    case Spoils::kAll:
      return "numbers";
    case Spoils::kFindings:
      return "everything";
    case Spoils::kNothing:
      break;
  }
  return "nothing";
}

void around(JsonWriter& json, const PairChange& pair) {
  json.key("not_comparable").open('[');
  for (const Concern& concern : pair.concerns)
    json.open('{')
        .key("why")
        .text(concern.text)
        .key("spoils")
        .text(name_of(concern.spoils))
        .close();
  json.close().key("environment").open('[');
  for (const Surrounding& one : pair.surroundings)
    json.open('{')
        .key("name")
        .text(one.name)
        .key("before")
        .text(one.before)
        .key("after")
        .text(one.after)
        .close();
  json.close();
  texts(json, "warnings", pair.warnings);
  texts(json, "died_before", pair.before_deaths);
  texts(json, "died_after", pair.after_deaths);
}

void pair(JsonWriter& json, const PairChange& pair) {
  json.open('{').key("phase").text(pair.phase).key("run").text(pair.name);
  texts(json, "before", pair.before_directories);
  texts(json, "after", pair.after_directories);
  around(json, pair);
  json.key("metrics").open('[');
  for (const MetricChange& change : pair.metrics) metric(json, change);
  json.close();
  findings(json, "findings", pair.findings);
  findings(json, "fixed", pair.fixed);
  json.key("sites_compared").number(static_cast<std::int64_t>(pair.sites_compared));
  sites(json, "sites", pair.sites);
  sites(json, "growing", pair.growing);
  json.key("flame_graph").text(pair.flame_file).close();
}

}  // namespace

std::string compare_json(const Comparison& comparison) {
  JsonWriter json;
  json.open('{').key("format").text("tidemark-compare").key("version").number(std::int64_t{1});
  json.key("verdict").text(name_of(verdict_of(comparison)));
  json.key("headline").text(headline_of(comparison));
  json.key("exit_code").number(std::int64_t{exit_code_of(comparison)});
  json.key("before").text(comparison.before).key("after").text(comparison.after);
  json.key("same").number(comparison.same).key("strict").truth(comparison.strict);
  json.key("pairs").open('[');
  for (const PairChange& one : comparison.pairs) pair(json, one);
  json.close();
  texts(json, "only_before", comparison.only_before);
  texts(json, "only_after", comparison.only_after);
  texts(json, "warnings", comparison.warnings);
  json.close();
  return json.out() + "\n";
}

}  // namespace tidemark::signoff
