// run.json, see docs/formats/run.md.

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/run/json_members.h"
#include "lib/run/run_directory.h"

namespace tidemark {
namespace {

constexpr std::string_view kFormat = "tidemark-run";
constexpr std::int64_t kVersion = 1;

Json json_of(const End& end) {
  return {{"kind", name_of(end.kind)}, {"code", end.code}, {"why", end.why}};
}

Json json_of(const RunFile& file) {
  return {{"path", file.path}, {"format", file.format}, {"pid", file.pid}};
}

void read(const JsonMembers& from, const char* key, End& into) {
  const auto members = from.object(key);
  if (!members) return;
  std::string kind(name_of(into.kind));
  members->read("kind", kind);
  members->read("code", into.code);
  members->read("why", into.why);
  into.kind = end_kind(kind);
}

// Readers open what the table lists.
void read(const JsonMembers& from, const char* key, std::vector<RunFile>& into) {
  for (const JsonMembers& members : from.objects(key)) {
    RunFile file;
    members.read("path", file.path);
    members.read("format", file.format);
    members.read("pid", file.pid);
    if (!stays_inside(file.path)) {
      from.fail(key, "a path inside the run directory", Json(file.path));
    }
    into.push_back(std::move(file));
  }
}

}  // namespace

std::string to_json(const Run& run) {
  Json files = Json::array();
  for (const RunFile& file : run.files) files.push_back(json_of(file));
  const Json json = {{"format", kFormat},
                     {"version", kVersion},
                     {"tool", run.tool},
                     {"tool_version", run.tool_version},
                     {"command", run.command},
                     {"target", run.target},
                     {"target_build_id", run.target_build_id},
                     {"backend", run.backend},
                     {"backend_version", run.backend_version},
                     {"environment", run.environment},
                     {"host", run.host},
                     {"kernel", run.kernel},
                     {"state", run.state},
                     {"writer_pid", run.writer_pid},
                     {"writer_ticks", run.writer_ticks},
                     {"boot_id", run.boot_id},
                     {"started_ms", run.started_ms},
                     {"ended_ms", run.ended_ms},
                     {"stop_ms", run.stop_ms},
                     {"end", json_of(run.end)},
                     {"load", run.load},
                     {"load_end", json_of(run.load_end)},
                     {"cut_short", run.cut_short},
                     {"notes", run.notes},
                     {"files", std::move(files)}};
  // Command lines may hold any bytes; JSON is UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Run run_from_json(std::string_view name, std::string_view text) {
  const Json json = parse_json(name, text, "a run");
  const JsonMembers members(name, "", json);
  members.require_format(kRunFile, kFormat, kVersion);
  Run run;
  members.read("tool", run.tool);
  members.read("tool_version", run.tool_version);
  members.read("command", run.command);
  members.read("target", run.target);
  members.read("target_build_id", run.target_build_id);
  members.read("backend", run.backend);
  members.read("backend_version", run.backend_version);
  members.read("environment", run.environment);
  members.read("host", run.host);
  members.read("kernel", run.kernel);
  members.read("state", run.state);
  members.read("writer_pid", run.writer_pid);
  members.read("writer_ticks", run.writer_ticks);
  members.read("boot_id", run.boot_id);
  members.read("started_ms", run.started_ms);
  members.read("ended_ms", run.ended_ms);
  members.read("stop_ms", run.stop_ms);
  read(members, "end", run.end);
  members.read("load", run.load);
  read(members, "load_end", run.load_end);
  members.read("cut_short", run.cut_short);
  members.read("notes", run.notes);
  read(members, "files", run.files);
  if (run.state != "running" && run.state != "ended") {
    throw Error(fmt::format("{}: expected 'running' or 'ended' as state, found {}", name,
                            tidemark::quoted(run.state)));
  }
  return run;
}

}  // namespace tidemark
