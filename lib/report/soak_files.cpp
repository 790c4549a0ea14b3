#include "lib/report/soak_files.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/base/error.h"
#include "lib/base/lines.h"

namespace tidemark {
namespace {

using Json = nlohmann::json;

Json parsed(std::string_view name, std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) throw Error(fmt::format("{}: expected a JSON object", name));
  return json;
}

std::string text_at(std::string_view name, const Json& object, const char* key) {
  if (!object.contains(key)) return "";
  if (!object[key].is_string()) throw Error(fmt::format("{}: expected a text for '{}'", name, key));
  return object[key].get<std::string>();
}

// 0 when it is not there. Whole numbers beyond what a double holds exactly are none of ours.
double number_at(std::string_view name, const Json& object, const char* key) {
  if (!object.contains(key)) return 0;
  const double value = object[key].is_number() ? object[key].get<double>() : NAN;
  if (!(std::abs(value) <= 1e300)) {
    throw Error(fmt::format("{}: expected a number for '{}'", name, key));
  }
  return value;
}

// A whole number that a count, or a time in milliseconds, may be.
std::int64_t whole_at(std::string_view name, const Json& object, const char* key) {
  const double value = number_at(name, object, key);
  if (!(std::abs(value) <= 9e15)) {
    throw Error(fmt::format("{}: expected a number below 2^53 for '{}'", name, key));
  }
  return static_cast<std::int64_t>(value);
}

// A bound that is infinite is null in the file: then nothing bounds it there.
std::optional<Bounded> bounded_at(std::string_view name, const Json& object, const char* key) {
  if (!object.contains(key) || !object[key].is_object()) return std::nullopt;
  const Json& bounds = object[key];
  const auto bound = [&](const char* which) -> std::optional<double> {
    if (!bounds.contains(which) || bounds[which].is_null()) return std::nullopt;
    return number_at(name, bounds, which);
  };
  const std::optional<double> value = bound("value");
  if (!value) return std::nullopt;
  return Bounded{.value = *value,
                 .low = bound("low").value_or(-INFINITY),
                 .high = bound("high").value_or(INFINITY)};
}

}  // namespace

SoakVerdict soak_verdict_from_json(std::string_view name, std::string_view text) {
  const Json json = parsed(name, text);
  if (text_at(name, json, "format") != "tidemark-soak-verdict") {
    throw Error(fmt::format("{}: not the verdict of a soak", name));
  }
  if (json.value("version", Json()) != 1) {
    throw Error(fmt::format("{}: version {}, and this tool knows 1", name,
                            json.value("version", Json()).dump()));
  }
  return {.final = json.value("final", Json()) == true,
          .verdict = text_at(name, json, "verdict"),
          .exit_code = whole_at(name, json, "exit_code"),
          .text = text_at(name, json, "text"),
          .failure = text_at(name, json, "failure"),
          .growth_bytes_per_day = bounded_at(name, json, "growth_bytes_per_day"),
          .growth_bytes_per_million_requests =
              bounded_at(name, json, "growth_bytes_per_million_requests"),
          .watched_ms = whole_at(name, json, "watched_ms"),
          .rows = whole_at(name, json, "rows"),
          .lives = whole_at(name, json, "lives"),
          .compress = json.contains("compress") ? number_at(name, json, "compress") : 1};
}

std::string failure_from_json(std::string_view name, std::string_view text) {
  const SoakVerdict verdict = soak_verdict_from_json(name, text);
  return verdict.final ? verdict.failure : "";
}

AccountSummary account_from_json(std::string_view name, std::string_view text) {
  const Json json = parsed(name, text);
  const std::string schema = text_at(name, json, "schema");
  if (schema != "tidemark.account/1") {
    throw Error(fmt::format("{}: expected schema tidemark.account/1, found {}", name,
                            tidemark::quoted(schema)));
  }
  AccountSummary out{.target = text_at(name, json, "target"),
                     .sentence = text_at(name, json, "sentence"),
                     .growth = text_at(name, json, "growth")};
  if (!json.contains("entries") || !json["entries"].is_array()) {
    throw Error(fmt::format("{}: expected a list for 'entries'", name));
  }
  for (const Json& entry : json["entries"]) {
    if (!entry.is_object() || !entry.contains("bytes") || !entry["bytes"].is_number_integer()) {
      throw Error(fmt::format("{}: expected whole numbers for 'bytes'", name));
    }
    out.entries.emplace_back(text_at(name, entry, "what"), entry["bytes"].get<std::int64_t>());
  }
  return out;
}

}  // namespace tidemark
