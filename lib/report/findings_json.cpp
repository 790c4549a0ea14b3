#include "lib/report/findings_json.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/report/all_reports.h"
#include "lib/report/escape.h"
#include "lib/report/json_values.h"
#include "lib/report/site_json.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const End& end) {
  Json object = {{"kind", name_of(end.kind)}, {"code", end.code}};
  put(object, "why", end.why);
  return object;
}

Json json_of(const Run& run) {
  Json object = {{"tool", json_text_value(run.tool)},
                 {"tool_version", json_text_value(run.tool_version)},
                 {"command", json_text_values(run.command)},
                 {"target", json_text_values(run.target)},
                 {"target_build_id", json_text_value(run.target_build_id)},
                 {"backend", json_text_value(run.backend)},
                 {"backend_version", json_text_value(run.backend_version)}};
  object["environment"] = Json::object();
  for (const auto& [name, value] : run.environment) {
    object["environment"][reversible(name)] = json_text_value(value);
  }
  put(object, "host", run.host);
  put(object, "kernel", run.kernel);
  object["state"] = json_text_value(run.state);
  put(object, "writer_pid", run.writer_pid);
  put(object, "boot_id", run.boot_id);
  object["started_ms"] = run.started_ms;
  object["ended_ms"] = run.ended_ms;
  object["end"] = json_of(run.end);
  object["load"] = json_text_values(run.load);
  object["load_end"] = json_of(run.load_end);
  object["notes"] = json_text_values(run.notes);
  object["files"] = json_list(run.files, [](const RunFile& file) {
    Json entry = {{"path", json_text_value(file.path)}, {"format", json_text_value(file.format)}};
    put(entry, "pid", file.pid);
    return entry;
  });
  return object;
}

Json json_of(const ProcessRecord& process) {
  return {{"pid", process.pid},
          {"parent", process.parent},
          {"command", json_text_value(process.command)},
          {"finished", process.finished}};
}

Json json_of(const SuppressionReport& rule) {
  return {{"id", json_text_value(rule.id)},
          {"owner", json_text_value(rule.owner)},
          {"reason", json_text_value(rule.reason)},
          {"expires", json_text_value(rule.expires)},
          {"expired", rule.expired},
          {"sites", rule.sites},
          {"bytes", rule.bytes},
          {"count", rule.count}};
}

Json json_of(const ValueTotal& total) {
  return {{"name", json_text_value(total.name)},
          {"unit", json_text_value(total.unit)},
          {"value", total.value},
          {"error", total.error}};
}

Json summary_of(const Profile& profile) {
  const std::vector<std::int64_t> totals = profile.total();
  Json values = Json::array();
  for (std::size_t i = 0; i < totals.size(); ++i) {
    values.push_back({{"name", json_text_value(profile.value_types()[i].name)},
                      {"unit", json_text_value(profile.value_types()[i].unit)},
                      {"total", totals[i]}});
  }
  return {{"title", json_text_value(profile.title)},
          {"pid", profile.pid},
          {"stacks", profile.stacks() - 1},
          {"values", std::move(values)}};
}

Json sites(const std::vector<Site>& values) {
  return json_list(values, [](const Site& site) { return json_of(site); });
}

std::string write(const Document& document, const ReportOptions& /*options*/) {
  return to_json(document);
}

}  // namespace

std::string to_json(const Document& document) {
  Json file = {
      {"schema", "tidemark.findings/1"},
      {"verdict",
       {{"code", code_of(document.verdict)}, {"text", json_text_value(document.verdict_text)}}},
      {"partial", document.partial},
      {"warnings", json_text_values(document.warnings)},
      {"run", json_of(document.run)}};
  const auto plain = [](const auto& value) { return json_of(value); };
  file["processes"] = json_list(document.processes, plain);
  file["baseline"] = json_text_value(document.baseline);
  file["sites"] = sites(document.sites);
  file["suppressed"] = sites(document.suppressed);
  file["fixed"] = sites(document.fixed);
  file["suppressions"] = json_list(document.suppressions, plain);
  file["profiler_suppressions"] =
      json_list(document.profiler_suppressions, [](const SuppressionUse& use) {
        return Json{{"name", json_text_value(use.name)}, {"count", use.count}};
      });
  file["series"] = json_list(document.series, plain);
  file["profiles"] = json_list(document.profiles, summary_of);
  if (!document.totals.empty()) file["totals"] = json_list(document.totals, plain);
  return file.dump(2, ' ', true) + "\n";
}

constinit const ReportFormat kJsonReport = {
    .name = "json",
    .summary = "findings.json: everything, for programs and as a baseline",
    .extension = ".json",
    .write = write,
};

}  // namespace tidemark
