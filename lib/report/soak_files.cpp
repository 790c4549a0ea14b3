#include "lib/report/soak_files.h"

#include <fmt/format.h>

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

}  // namespace

std::string failure_from_json(std::string_view name, std::string_view text) {
  const Json json = parsed(name, text);
  if (text_at(name, json, "format") != "tidemark-soak-verdict") {
    throw Error(fmt::format("{}: not the verdict of a soak", name));
  }
  if (json.value("version", Json()) != 1) {
    throw Error(fmt::format("{}: version {}, and this tool knows 1", name,
                            json.value("version", Json()).dump()));
  }
  return json.value("final", Json()) == true ? text_at(name, json, "failure") : "";
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
