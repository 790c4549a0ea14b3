#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/report/escape.h"
#include "lib/report/findings_json.h"
#include "lib/report/json_place.h"
#include "lib/report/site_json.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

constexpr std::string_view kSchema = "tidemark.findings/";
constexpr std::int64_t kVersion = 1;

End read_end(const JsonPlace& at) {
  return {.kind = end_kind(at["kind"].text()),
          .code = at["code"].small_number(),
          .why = at["why"].text()};
}

std::map<std::string, std::string> read_environment(const JsonPlace& at) {
  std::map<std::string, std::string> variables;
  if (at.value().is_null()) return variables;
  if (!at.value().is_object()) at.fail("an object");
  for (const auto& [name, value] : at.value().items()) {
    variables[reversed(name)] = at[name].text();
  }
  return variables;
}

Run read_run(const JsonPlace& at) {
  return {.tool = at["tool"].text(),
          .tool_version = at["tool_version"].text(),
          .command = at["command"].texts(),
          .target = at["target"].texts(),
          .target_build_id = at["target_build_id"].text(),
          .backend = at["backend"].text(),
          .backend_version = at["backend_version"].text(),
          .environment = read_environment(at["environment"]),
          .host = at["host"].text(),
          .kernel = at["kernel"].text(),
          .state = at["state"].text(),
          .writer_pid = at["writer_pid"].number(),
          .boot_id = at["boot_id"].text(),
          .started_ms = at["started_ms"].number(),
          .ended_ms = at["ended_ms"].number(),
          .end = read_end(at["end"]),
          .load = at["load"].texts(),
          .load_end = read_end(at["load_end"]),
          .notes = at["notes"].texts(),
          .files = at["files"].list([](const JsonPlace& file) {
            return RunFile{.path = file["path"].text(),
                           .format = file["format"].text(),
                           .pid = file["pid"].number()};
          })};
}

ProcessRecord read_process(const JsonPlace& at) {
  return {.pid = at["pid"].number(),
          .parent = at["parent"].number(),
          .command = at["command"].text(),
          .finished = at["finished"].flag()};
}

SuppressionReport read_rule(const JsonPlace& at) {
  return {.id = at["id"].text(),
          .owner = at["owner"].text(),
          .reason = at["reason"].text(),
          .expires = at["expires"].text(),
          .expired = at["expired"].flag(),
          .sites = at["sites"].number(),
          .bytes = at["bytes"].number(),
          .count = at["count"].number()};
}

ValueTotal read_total(const JsonPlace& at) {
  return {.name = at["name"].text(),
          .unit = at["unit"].text(),
          .value = at["value"].number(),
          .error = at["error"].real()};
}

void check_schema(std::string_view name, const nlohmann::json& file) {
  const nlohmann::json* const schema =
      file.is_object() && file.contains("schema") ? &file["schema"] : nullptr;
  const std::string text =
      schema != nullptr && schema->is_string() ? schema->get<std::string>() : "";
  if (!text.starts_with(kSchema)) {
    throw Error(
        fmt::format("{}: not a findings file: it has no schema {}<version>", name, kSchema));
  }
  const std::string version = text.substr(kSchema.size());
  if (to_number(version) == kVersion) return;
  throw Error(fmt::format("{}: findings in version {}, this tool knows version {}", name,
                          tidemark::quoted(version), kVersion),
              "read it with a newer tidemark, or write it again with this one");
}

}  // namespace

Document from_json(std::string_view name, std::string_view text) {
  const nlohmann::json file = json_from(name, text);
  check_schema(name, file);
  const JsonPlace at(name, file);
  Document document{
      .run = read_run(at["run"]),
      .processes = at["processes"].list(read_process),
      .verdict = at["verdict"]["code"].word(Verdict::kUndecided, "a verdict such as \"clean\""),
      .verdict_text = at["verdict"]["text"].text(),
      .sites = at["sites"].list(site_of),
      .suppressed = at["suppressed"].list(site_of),
      .fixed = at["fixed"].list(site_of),
      .baseline = at["baseline"].text(),
      .suppressions = at["suppressions"].list(read_rule),
      .profiler_suppressions = at["profiler_suppressions"].list([](const JsonPlace& use) {
        return SuppressionUse{.name = use["name"].text(), .count = use["count"].number()};
      }),
      .totals = at["totals"].list(read_total),
      .series = at["series"].list(series_of),
      .warnings = at["warnings"].texts(),
      .partial = at["partial"].flag()};
  return document;
}

}  // namespace tidemark
