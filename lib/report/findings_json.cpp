#include "lib/report/findings_json.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/report/all_reports.h"
#include "lib/report/escape.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

using Json = nlohmann::ordered_json;

std::string hex(std::uint64_t value) { return fmt::format("0x{:x}", value); }

Json text(std::string_view bytes) { return reversible(bytes); }

// What is empty or zero is left out, so that a file with many frames stays small.
void put(Json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = text(value);
}

void put(Json& object, const char* key, std::int64_t value) {
  if (value != 0) object[key] = value;
}

void put(Json& object, const char* key, double value) {
  if (std::isfinite(value) && value != 0) object[key] = value;
}

Json texts(const std::vector<std::string>& values) {
  Json array = Json::array();
  for (const std::string& value : values) array.push_back(text(value));
  return array;
}

template <typename Value, typename Write>
Json list(const std::vector<Value>& values, Write&& write) {
  Json array = Json::array();
  for (const Value& value : values) array.push_back(write(value));
  return array;
}

Json json_of(const Frame& frame) {
  Json object = Json::object();
  put(object, "function", frame.function);
  put(object, "file", frame.file);
  put(object, "line", frame.line);
  put(object, "module", frame.module);
  if (frame.address != 0) object["address"] = hex(frame.address);
  if (frame.offset != 0) object["offset"] = hex(frame.offset);
  if (frame.inlined) object["inlined"] = true;
  return object;
}

Json json_of(const LabelledStack& stack) {
  Json object = Json::object();
  put(object, "label", stack.label);
  object["frames"] = Json::array();
  for (const Frame& frame : stack.frames) object["frames"].push_back(json_of(frame));
  return object;
}

Json json_of(const Finding& finding) {
  Json object = {{"kind", code_of(finding.kind)}};
  put(object, "code", finding.code);
  put(object, "message", finding.message);
  put(object, "bytes", finding.bytes);
  put(object, "blocks", finding.blocks);
  put(object, "indirect_bytes", finding.indirect_bytes);
  put(object, "indirect_blocks", finding.indirect_blocks);
  put(object, "bytes_error", finding.bytes_error);
  object["count"] = finding.count;
  put(object, "pid", finding.pid);
  put(object, "thread", finding.thread);
  put(object, "suppression", finding.suppression);
  put(object, "fingerprint", finding.fingerprint);
  object["stacks"] =
      list(finding.stacks, [](const LabelledStack& stack) { return json_of(stack); });
  return object;
}

Json points(const std::vector<Point>& values) {
  return list(values, [](const Point& point) { return Json::array({point.at, point.value}); });
}

Json json_of(const Site& site) {
  Json object = {{"kind", code_of(site.kind)},
                 {"fingerprint", text(site.fingerprint)},
                 {"status", code_of(site.status)},
                 {"title", text(site.title)},
                 {"place", json_of(site.place)},
                 {"bytes", site.bytes},
                 {"blocks", site.blocks},
                 {"indirect_bytes", site.indirect_bytes},
                 {"count", site.count}};
  put(object, "bytes_error", site.bytes_error);
  put(object, "suppressed_by", site.suppressed_by);
  object["pids"] = site.pids;
  object["example"] = json_of(site.example);
  if (!site.history.empty()) object["history"] = points(site.history);
  if (!site.holds.empty()) {
    object["holds"] = list(site.holds, [](const Site& held) { return json_of(held); });
  }
  return object;
}

Json json_of(const End& end) {
  Json object = {{"kind", name_of(end.kind)}, {"code", end.code}};
  put(object, "why", end.why);
  return object;
}

Json json_of(const Run& run) {
  Json object = {{"tool", text(run.tool)},
                 {"tool_version", text(run.tool_version)},
                 {"command", texts(run.command)},
                 {"target", texts(run.target)},
                 {"target_build_id", text(run.target_build_id)},
                 {"backend", text(run.backend)},
                 {"backend_version", text(run.backend_version)}};
  object["environment"] = Json::object();
  for (const auto& [name, value] : run.environment) {
    object["environment"][reversible(name)] = text(value);
  }
  put(object, "host", run.host);
  put(object, "kernel", run.kernel);
  object["state"] = text(run.state);
  put(object, "writer_pid", run.writer_pid);
  put(object, "boot_id", run.boot_id);
  object["started_ms"] = run.started_ms;
  object["ended_ms"] = run.ended_ms;
  object["end"] = json_of(run.end);
  object["load"] = texts(run.load);
  object["load_end"] = json_of(run.load_end);
  object["notes"] = texts(run.notes);
  object["files"] = list(run.files, [](const RunFile& file) {
    Json entry = {{"path", text(file.path)}, {"format", text(file.format)}};
    put(entry, "pid", file.pid);
    return entry;
  });
  return object;
}

Json json_of(const ProcessRecord& process) {
  return {{"pid", process.pid},
          {"parent", process.parent},
          {"command", text(process.command)},
          {"finished", process.finished}};
}

Json json_of(const SuppressionReport& rule) {
  return {{"id", text(rule.id)},         {"owner", text(rule.owner)},
          {"reason", text(rule.reason)}, {"expires", text(rule.expires)},
          {"expired", rule.expired},     {"sites", rule.sites},
          {"bytes", rule.bytes},         {"count", rule.count}};
}

Json json_of(const Series& series) {
  return {{"name", text(series.name)},
          {"unit", text(series.unit)},
          {"at_unit", text(series.at_unit)},
          {"pid", series.pid},
          {"points", points(series.points)}};
}

Json json_of(const ValueTotal& total) {
  return {{"name", text(total.name)},
          {"unit", text(total.unit)},
          {"value", total.value},
          {"error", total.error}};
}

Json summary_of(const Profile& profile) {
  const std::vector<std::int64_t> totals = profile.total();
  Json values = Json::array();
  for (std::size_t i = 0; i < totals.size(); ++i) {
    values.push_back({{"name", text(profile.value_types()[i].name)},
                      {"unit", text(profile.value_types()[i].unit)},
                      {"total", totals[i]}});
  }
  return {{"title", text(profile.title)},
          {"pid", profile.pid},
          {"stacks", profile.stacks() - 1},
          {"values", std::move(values)}};
}

Json sites(const std::vector<Site>& values) {
  return list(values, [](const Site& site) { return json_of(site); });
}

std::string write(const Document& document, const ReportOptions& /*options*/) {
  return to_json(document);
}

}  // namespace

std::string to_json(const Document& document) {
  Json file = {
      {"schema", "tidemark.findings/1"},
      {"verdict", {{"code", code_of(document.verdict)}, {"text", text(document.verdict_text)}}},
      {"partial", document.partial},
      {"warnings", texts(document.warnings)},
      {"run", json_of(document.run)}};
  const auto plain = [](const auto& value) { return json_of(value); };
  file["processes"] = list(document.processes, plain);
  file["baseline"] = text(document.baseline);
  file["sites"] = sites(document.sites);
  file["suppressed"] = sites(document.suppressed);
  file["fixed"] = sites(document.fixed);
  file["suppressions"] = list(document.suppressions, plain);
  file["profiler_suppressions"] =
      list(document.profiler_suppressions, [](const SuppressionUse& use) {
        return Json{{"name", text(use.name)}, {"count", use.count}};
      });
  file["series"] = list(document.series, plain);
  file["profiles"] = list(document.profiles, summary_of);
  if (!document.totals.empty()) file["totals"] = list(document.totals, plain);
  return file.dump(2, ' ', true) + "\n";
}

constinit const ReportFormat kJsonReport = {
    .name = "json",
    .summary = "findings.json: everything, for programs and as a baseline",
    .extension = ".json",
    .write = write,
};

}  // namespace tidemark
