#include "lib/report/growth_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/report/escape.h"
#include "lib/report/fate_text.h"

namespace tidemark {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "tidemark.sites/";
constexpr std::int64_t kVersion = 1;
constexpr double kHourMs = 3600e3;
constexpr std::size_t kDeepest = 64;  // frames that are kept of a stack

std::int64_t whole(double number) {
  return std::isfinite(number) && std::abs(number) < 9e18 ? std::llround(number) : 0;
}

// Three digits more than anyone needs, so that the file does not depend on how a sum was
// rounded.
double rounded(double number) {
  if (number == 0 || !std::isfinite(number)) return 0;
  const double unit = std::pow(10, 6 - std::ceil(std::log10(std::abs(number))));
  const double out = std::round(number * unit) / unit;
  return std::isfinite(out) ? out : number;
}

Json json_of(const Frame& frame) {
  Json out{{"function", reversible(frame.function)}};
  if (!frame.file.empty()) out["file"] = reversible(frame.file);
  if (frame.line > 0) out["line"] = frame.line;
  if (!frame.module.empty()) out["module"] = reversible(frame.module);
  if (frame.offset > 0) out["offset"] = fmt::format("0x{:x}", frame.offset);
  if (frame.inlined) out["inlined"] = true;
  return out;
}

Json json_of(const RateEstimate& rate) {
  return {{"value", whole(rate.value)}, {"low", whole(rate.low)}, {"high", whole(rate.high)}};
}

Json json_of(const Survival& survival) {
  if (survival.steps.empty()) return nullptr;
  Json out{{"blocks", rounded(survival.blocks)},
           {"deaths", rounded(survival.deaths)},
           {"watched_s", rounded(survival.watched_s)}};
  out["steps"] = Json::array();
  for (const SurvivalStep& step : survival.steps) {
    out["steps"].push_back(
        {rounded(step.age_s), rounded(step.share), rounded(step.low), rounded(step.high)});
  }
  return out;
}

Json json_of(const SiteGrowth& growth, std::int64_t start_ms) {
  const SiteSeries& site = growth.site;
  Json out{{"fingerprint", site.fingerprint}, {"trend", name_of(growth.trend)}};
  out["bytes_per_hour"] =
      json_of({.value = growth.bytes_per_hour, .low = growth.low, .high = growth.high});
  out["bytes_per_million_requests"] = growth.bytes_per_million_requests
                                          ? json_of(*growth.bytes_per_million_requests)
                                          : Json(nullptr);
  out["share"] = rounded(growth.share);
  out["false_rate"] = rounded(growth.false_rate);
  out["since_ms"] = start_ms + whole(growth.since_hours * kHourMs);
  out["since_start"] = growth.since_start;
  out["kept"] = growth.kept < 0 ? Json(nullptr) : Json(rounded(growth.kept));
  out["first_bytes"] = whole(growth.first_bytes);
  out["last_bytes"] = whole(growth.last_bytes);
  out["fate"] = name_of(growth.fate);
  out["fate_text"] = reversible(fate_text(growth));
  out["survival"] = json_of(growth.survival);
  out["place"] = json_of(site.place);
  out["stack"] = Json::array();
  for (const Frame& frame : site.stack) {
    if (out["stack"].size() < kDeepest) out["stack"].push_back(json_of(frame));
  }
  out["points"] = Json::array();
  for (const SitePoint& point : site.points) {
    Json row{start_ms + whole(point.hours * kHourMs), whole(point.bytes)};
    if (point.variance > 0) row.push_back(whole(std::sqrt(point.variance)));
    out["points"].push_back(std::move(row));
  }
  return out;
}

// Reads values, which may be of any type; the file's name is for messages.
class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  [[noreturn]] void fail(std::string_view key, std::string_view expected) const {
    throw Error(fmt::format("{}: expected {} for '{}'", file_, expected, key));
  }

  const Json& at(const Json& object, const char* key) const {
    if (!object.is_object() || !object.contains(key)) fail(key, "a value");
    return object[key];
  }
  double real(const Json& object, const char* key) const {
    const Json& value = at(object, key);
    if (!value.is_number()) fail(key, "a number");
    return value.get<double>();
  }
  std::int64_t number(const Json& object, const char* key) const {
    const Json& value = at(object, key);
    if (!value.is_number_integer()) fail(key, "a whole number");
    return value.get<std::int64_t>();
  }
  std::string text(const Json& object, const char* key) const {
    const Json& value = at(object, key);
    if (!value.is_string()) fail(key, "a text");
    return reversed(value.get<std::string>());
  }
  bool flag(const Json& object, const char* key) const {
    const Json& value = at(object, key);
    if (!value.is_boolean()) fail(key, "true or false");
    return value.get<bool>();
  }
  const Json& list(const Json& object, const char* key) const {
    const Json& value = at(object, key);
    if (!value.is_array()) fail(key, "a list");
    return value;
  }

  Frame frame(const Json& at) const {
    const auto text_if = [&](const char* key) { return at.contains(key) ? text(at, key) : ""; };
    if (!at.is_object()) fail("stack", "frames");
    return {.function = text_if("function"),
            .file = text_if("file"),
            .line = at.contains("line") ? number(at, "line") : 0,
            .module = text_if("module"),
            .offset = to_hex(text_if("offset")).value_or(0),
            .inlined = at.contains("inlined") && flag(at, "inlined")};
  }

 private:
  std::string_view file_;
};

SiteTrend trend_of(const Reader& reader, const std::string& name) {
  for (int i = 0; i <= static_cast<int>(SiteTrend::kTooFew); ++i) {
    if (name_of(static_cast<SiteTrend>(i)) == name) return static_cast<SiteTrend>(i);
  }
  reader.fail("trend", "a trend such as \"grows\"");
}

Fate fate_of(const Reader& reader, const std::string& name) {
  for (int i = 0; i <= static_cast<int>(Fate::kUnknown); ++i) {
    if (name_of(static_cast<Fate>(i)) == name) return static_cast<Fate>(i);
  }
  reader.fail("fate", "a fate such as \"leak\"");
}

RateEstimate rate_of(const Reader& reader, const Json& at) {
  return {.value = reader.real(at, "value"),
          .low = reader.real(at, "low"),
          .high = reader.real(at, "high")};
}

Survival survival_of(const Reader& reader, const Json& at) {
  Survival survival;
  survival.blocks = reader.real(at, "blocks");
  survival.deaths = reader.real(at, "deaths");
  survival.watched_s = reader.real(at, "watched_s");
  for (const Json& row : reader.list(at, "steps")) {
    const bool right = row.is_array() && row.size() == 4 &&
                       std::ranges::all_of(row, [](const Json& n) { return n.is_number(); });
    if (!right) reader.fail("steps", "four numbers");
    survival.steps.push_back({.age_s = row[0].get<double>(),
                              .share = row[1].get<double>(),
                              .low = row[2].get<double>(),
                              .high = row[3].get<double>()});
  }
  const std::vector<SurvivalStep>& steps = survival.steps;
  if (survival.watched_s <= 0 || steps.empty() || steps.front().age_s != 0 ||
      !std::ranges::is_sorted(steps, {}, &SurvivalStep::age_s)) {
    reader.fail("steps", "ages from 0 on, of a time that was watched");
  }
  return survival;
}

// What files of the first releases do not have.
void read_fate(const Reader& reader, const Json& at, SiteGrowth& growth) {
  const auto has = [&](const char* key) { return at.contains(key) && !at[key].is_null(); };
  if (has("bytes_per_million_requests")) {
    growth.bytes_per_million_requests = rate_of(reader, at["bytes_per_million_requests"]);
  }
  if (has("fate")) growth.fate = fate_of(reader, reader.text(at, "fate"));
  if (has("survival")) growth.survival = survival_of(reader, at["survival"]);
}

SitePoint point_of(const Reader& reader, const Json& row, std::int64_t start_ms) {
  const bool right = row.is_array() && (row.size() == 2 || row.size() == 3) &&
                     std::ranges::all_of(row, [](const Json& n) { return n.is_number_integer(); });
  if (!right) reader.fail("points", "two or three whole numbers");
  const double error = row.size() == 3 ? row[2].get<double>() : 0;
  const auto since =
      static_cast<double>(row[0].get<std::int64_t>()) - static_cast<double>(start_ms);
  return {.hours = since / kHourMs, .bytes = row[1].get<double>(), .variance = error * error};
}

SiteGrowth growth_of(const Reader& reader, const Json& at, std::int64_t start_ms) {
  SiteGrowth growth;
  growth.site.fingerprint = reader.text(at, "fingerprint");
  growth.trend = trend_of(reader, reader.text(at, "trend"));
  const RateEstimate rate = rate_of(reader, reader.at(at, "bytes_per_hour"));
  growth.bytes_per_hour = rate.value;
  growth.low = rate.low;
  growth.high = rate.high;
  read_fate(reader, at, growth);
  growth.share = reader.real(at, "share");
  growth.false_rate = reader.real(at, "false_rate");
  growth.since_hours = (reader.real(at, "since_ms") - static_cast<double>(start_ms)) / kHourMs;
  growth.since_start = reader.flag(at, "since_start");
  growth.kept = reader.at(at, "kept").is_null() ? -1 : reader.real(at, "kept");
  growth.first_bytes = reader.real(at, "first_bytes");
  growth.last_bytes = reader.real(at, "last_bytes");
  growth.site.place = reader.frame(reader.at(at, "place"));
  std::vector<Frame> stack;
  for (const Json& frame : reader.list(at, "stack")) stack.push_back(reader.frame(frame));
  growth.site.stack = CallStack(std::move(stack));
  for (const Json& row : reader.list(at, "points")) {
    growth.site.points.push_back(point_of(reader, row, start_ms));
  }
  return growth;
}

void expect_schema(std::string_view name, const std::string& schema) {
  const auto version =
      schema.starts_with(kSchema) ? to_number(schema.substr(kSchema.size())) : std::nullopt;
  if (!version) {
    throw Error(fmt::format("{}: expected the schema '{}{}', found {}", name, kSchema, kVersion,
                            tidemark::quoted(schema)));
  }
  if (*version > kVersion) {
    throw Error(fmt::format("{}: version {} of sites.json; this program knows {}", name, *version,
                            kVersion));
  }
}

}  // namespace

std::string to_growth_json(const GrowthReport& report, std::size_t most) {
  const std::int64_t start_ms = report.taken.empty() ? 0 : report.taken.front().at_ms;
  Json out{{"schema", fmt::format("{}{}", kSchema, kVersion)},
           {"source", reversible(report.source)},
           {"why", reversible(why_text(report))},
           {"sampled", report.sampled},
           {"first_bytes", whole(report.first_bytes)},
           {"last_bytes", whole(report.last_bytes)},
           {"false_rate", rounded(report.false_rate)},
           {"sites_seen", report.sites_seen},
           {"growing", count_of(report, SiteTrend::kGrows)},
           {"snapshots_missing", snapshots_missing(report)}};
  out["warnings"] = Json::array();
  for (const std::string& warning : report.warnings) out["warnings"].push_back(reversible(warning));
  out["snapshots"] = Json::array();
  for (const Taken& taken : report.taken) {
    out["snapshots"].push_back(
        {{"at_ms", taken.at_ms}, {"life", taken.life}, {"complete", taken.complete}});
  }
  out["sites"] = Json::array();
  for (const SiteGrowth& growth : report.sites) {
    if (out["sites"].size() == most) break;
    out["sites"].push_back(json_of(growth, start_ms));
  }
  return out.dump(1, ' ', true) + "\n";
}

GrowthReport growth_from_json(std::string_view name, std::string_view text) {
  const Json root = Json::parse(text, nullptr, false);
  if (!root.is_object()) throw Error(fmt::format("{}: expected a JSON object", name));
  const Reader reader(name);
  expect_schema(name, reader.text(root, "schema"));
  GrowthReport report{.source = reader.text(root, "source"),
                      .taken = {},
                      .sites = {},
                      .sites_seen = reader.number(root, "sites_seen"),
                      .false_rate = reader.real(root, "false_rate"),
                      .first_bytes = reader.real(root, "first_bytes"),
                      .last_bytes = reader.real(root, "last_bytes"),
                      .sampled = reader.flag(root, "sampled"),
                      .warnings = {}};
  for (const Json& warning : reader.list(root, "warnings")) {
    if (!warning.is_string()) reader.fail("warnings", "texts");
    report.warnings.push_back(reversed(warning.get<std::string>()));
  }
  for (const Json& snapshot : reader.list(root, "snapshots")) {
    report.taken.push_back({.at_ms = reader.number(snapshot, "at_ms"),
                            .life = reader.number(snapshot, "life"),
                            .complete = reader.flag(snapshot, "complete")});
  }
  const std::int64_t start_ms = report.taken.empty() ? 0 : report.taken.front().at_ms;
  for (const Json& site : reader.list(root, "sites")) {
    report.sites.push_back(growth_of(reader, site, start_ms));
  }
  return report;
}

}  // namespace tidemark
