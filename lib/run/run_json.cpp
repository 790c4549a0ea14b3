// run.json, see docs/formats/run.md.

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/run/run_directory.h"

namespace tidemark {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "tidemark-run";
constexpr std::int64_t kVersion = 1;

Json json_of(const End& end) {
  return {{"kind", name_of(end.kind)}, {"code", end.code}, {"why", end.why}};
}

Json json_of(const RunFile& file) {
  return {{"path", file.path}, {"format", file.format}, {"pid", file.pid}};
}

// Reads the members of one object. A member that is absent keeps its default,
// so that a reader of version 1 accepts what was added to it later; one of
// another type is an error with its place.
class Members {
 public:
  Members(std::string_view name, std::string where, const Json& object)
      : name_(name), where_(std::move(where)), object_(object) {
    if (!object.is_object()) fail("", "an object", object);
  }

  void read(const char* key, std::string& into) const {
    if (const Json* value = find(key)) into = text(key, *value);
  }

  void read(const char* key, std::int64_t& into) const {
    const Json* const value = find(key);
    if (value == nullptr) return;
    if (!value->is_number_integer() || (value->is_number_unsigned() && *value > kMost)) {
      fail(key, "an integer", *value);
    }
    into = value->get<std::int64_t>();
  }

  void read(const char* key, int& into) const {
    std::int64_t number = into;
    read(key, number);
    if (number != static_cast<int>(number)) fail(key, "a small integer", *find(key));
    into = static_cast<int>(number);
  }

  void read(const char* key, std::vector<std::string>& into) const {
    const Json* const value = find(key);
    if (value == nullptr) return;
    if (!value->is_array()) fail(key, "a list", *value);
    for (const Json& item : *value) into.push_back(text(key, item));
  }

  void read(const char* key, std::map<std::string, std::string>& into) const {
    const Json* const value = find(key);
    if (value == nullptr) return;
    if (!value->is_object()) fail(key, "an object", *value);
    for (const auto& [name, item] : value->items()) into[name] = text(key, item);
  }

  void read(const char* key, End& into) const {
    const Json* const value = find(key);
    if (value == nullptr) return;
    const Members members(name_, path(key), *value);
    std::string kind(name_of(into.kind));
    members.read("kind", kind);
    members.read("code", into.code);
    members.read("why", into.why);
    into.kind = end_kind(kind);
  }

  void read(const char* key, std::vector<RunFile>& into) const {
    const Json* const value = find(key);
    if (value == nullptr) return;
    if (!value->is_array()) fail(key, "a list", *value);
    for (const Json& item : *value) {
      const Members members(name_, path(key), item);
      RunFile file;
      members.read("path", file.path);
      members.read("format", file.format);
      members.read("pid", file.pid);
      if (!stays_inside(file.path)) {
        fail(key, "a path inside the run directory", Json(file.path));
      }
      into.push_back(std::move(file));
    }
  }

 private:
  static constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();

  // Readers open what the table lists, and run directories come from anywhere.
  static bool stays_inside(const std::filesystem::path& path) {
    if (path.empty() || path.is_absolute()) return false;
    for (const std::filesystem::path& part : path) {
      if (part == "..") return false;
    }
    return path.native().find('\0') == std::string::npos;
  }

  const Json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  std::string path(std::string_view key) const {
    return where_.empty() ? std::string(key) : fmt::format("{}.{}", where_, key);
  }

  std::string text(const char* key, const Json& value) const {
    if (!value.is_string()) fail(key, "a text", value);
    return value.get<std::string>();
  }

  [[noreturn]] void fail(std::string_view key, std::string_view expected, const Json& found) const {
    const std::string place = key.empty() ? where_ : path(key);
    const std::string shown = found.is_structured() ? std::string(found.type_name())
                              : found.is_string()   ? tidemark::quoted(found.get<std::string>())
                                                    : found.dump();
    throw Error(fmt::format("{}: expected {}{}{}, found {}", name_, expected,
                            place.empty() ? "" : " as ", place, shown));
  }

  std::string_view name_;
  std::string where_;
  const Json& object_;
};

Json parse_json(std::string_view name, std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(fmt::format("{}+0x{:x}: expected JSON of a run, found something else or its end",
                            name, error.byte));
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
  const Json json = parse_json(name, text);
  const Members members(name, "", json);
  std::string format;
  std::int64_t version = 0;
  members.read("format", format);
  members.read("version", version);
  if (format != kFormat) {
    throw Error(fmt::format("{}: expected the format '{}', found {}", name, kFormat,
                            tidemark::quoted(format)));
  }
  if (version < 1 || version > kVersion) {
    throw Error(fmt::format("{}: written as version {} of run.json; this tool knows version {}",
                            name, version, kVersion),
                "read it with the release of Tidemark that wrote it, or a later one");
  }
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
  members.read("end", run.end);
  members.read("load", run.load);
  members.read("load_end", run.load_end);
  members.read("cut_short", run.cut_short);
  members.read("notes", run.notes);
  members.read("files", run.files);
  if (run.state != "running" && run.state != "ended") {
    throw Error(fmt::format("{}: expected 'running' or 'ended' as state, found {}", name,
                            tidemark::quoted(run.state)));
  }
  return run;
}

}  // namespace tidemark
