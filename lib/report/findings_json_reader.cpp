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
#include "lib/report/words.h"

namespace tidemark {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kSchema = "tidemark.findings/";
constexpr std::int64_t kVersion = 1;

// A place in the file, which knows its name for messages: "/sites/3/bytes".
// What is missing reads as the empty or zero value; what is of another type is
// an error.
class Place {
 public:
  Place(std::string_view file, const Json& value) : file_(file), value_(&value) {}

  [[noreturn]] void fail(std::string_view expected) const {
    // A container is not written out: it may nest deeper than a stack is.
    const std::string found = value_->is_structured()
                                  ? std::string("a ") + value_->type_name()
                                  : tidemark::quoted(value_->dump(-1, ' ', true));
    throw Error(fmt::format("{}: expected {} at {}, found {}", file_, expected,
                            path_.empty() ? "/" : printable(path_), found));
  }

  Place operator[](const std::string& key) const {
    static const Json missing;
    if (value_->is_null()) return {file_, missing, path_ + "/" + key};
    if (!value_->is_object()) fail("an object");
    const auto found = value_->find(key);
    return {file_, found == value_->end() ? missing : *found, path_ + "/" + key};
  }

  template <typename Read>
  auto list(Read&& read) const {
    std::vector<decltype(read(*this))> values;
    if (value_->is_null()) return values;
    if (!value_->is_array()) fail("a list");
    for (std::size_t i = 0; i < value_->size(); ++i) {
      values.push_back(read(Place(file_, (*value_)[i], fmt::format("{}/{}", path_, i))));
    }
    return values;
  }

  std::string text() const {
    if (value_->is_null()) return "";
    if (!value_->is_string()) fail("a text");
    return reversed(value_->get_ref<const std::string&>());
  }

  std::int64_t number() const {
    if (value_->is_null()) return 0;
    if (!value_->is_number_integer()) fail("a whole number");
    if (value_->is_number_unsigned() && value_->get<std::uint64_t>() > INT64_MAX) {
      fail("a number below 2^63");
    }
    return value_->get<std::int64_t>();
  }

  double real() const {
    if (value_->is_null()) return 0;
    if (!value_->is_number()) fail("a number");
    return value_->get<double>();
  }

  bool flag() const {
    if (value_->is_null()) return false;
    if (!value_->is_boolean()) fail("true or false");
    return value_->get<bool>();
  }

  std::uint64_t address() const {
    if (value_->is_null()) return 0;
    const auto value = value_->is_string() ? to_hex(text()) : std::nullopt;
    if (!value) fail("an address such as \"0x1f\"");
    return *value;
  }

  // The one of `values` that code_of() gives this word for.
  template <typename Enum>
  Enum word(Enum last, std::string_view expected) const {
    const std::string code = text();
    for (int i = 0; i <= static_cast<int>(last); ++i) {
      if (code_of(static_cast<Enum>(i)) == code) return static_cast<Enum>(i);
    }
    fail(expected);
  }

  const Json& value() const { return *value_; }

 private:
  Place(std::string_view file, const Json& value, std::string path)
      : file_(file), value_(&value), path_(std::move(path)) {}

  std::string_view file_;
  const Json* value_;
  std::string path_;
};

std::string read_text(const Place& at) { return at.text(); }

Frame read_frame(const Place& at) {
  return {.function = at["function"].text(),
          .file = at["file"].text(),
          .line = at["line"].number(),
          .module = at["module"].text(),
          .address = at["address"].address(),
          .offset = at["offset"].address(),
          .inlined = at["inlined"].flag()};
}

LabelledStack read_stack(const Place& at) {
  return {.label = at["label"].text(), .frames = at["frames"].list(read_frame)};
}

Point read_point(const Place& at) {
  const std::vector<std::int64_t> pair = at.list([](const Place& n) { return n.number(); });
  if (pair.size() != 2) at.fail("two numbers");
  return {.at = pair[0], .value = pair[1]};
}

FindingKind read_kind(const Place& at) {
  return at.word(FindingKind::kOther, "a kind such as \"definite_leak\"");
}

Finding read_finding(const Place& at) {
  return {.kind = read_kind(at["kind"]),
          .code = at["code"].text(),
          .message = at["message"].text(),
          .bytes = at["bytes"].number(),
          .blocks = at["blocks"].number(),
          .indirect_bytes = at["indirect_bytes"].number(),
          .indirect_blocks = at["indirect_blocks"].number(),
          .bytes_error = at["bytes_error"].real(),
          .count = at["count"].number(),
          .pid = at["pid"].number(),
          .thread = at["thread"].text(),
          .stacks = at["stacks"].list(read_stack),
          .suppression = at["suppression"].text(),
          .fingerprint = at["fingerprint"].text()};
}

Site read_site(const Place& at, int depth) {
  if (depth > kMostHeldDepth) at.fail(fmt::format("at most {} levels of holds", kMostHeldDepth));
  return {.kind = read_kind(at["kind"]),
          .fingerprint = at["fingerprint"].text(),
          .title = at["title"].text(),
          .place = read_frame(at["place"]),
          .bytes = at["bytes"].number(),
          .blocks = at["blocks"].number(),
          .indirect_bytes = at["indirect_bytes"].number(),
          .count = at["count"].number(),
          .bytes_error = at["bytes_error"].real(),
          .pids = at["pids"].list([](const Place& pid) { return pid.number(); }),
          .example = read_finding(at["example"]),
          .holds = at["holds"].list([&](const Place& held) { return read_site(held, depth + 1); }),
          .status = at["status"].word(SiteStatus::kFixed, "a status such as \"new\""),
          .suppressed_by = at["suppressed_by"].text(),
          .history = at["history"].list(read_point)};
}

Site read_top_site(const Place& at) { return read_site(at, 0); }

End read_end(const Place& at) {
  const std::int64_t code = at["code"].number();
  if (code < INT32_MIN || code > INT32_MAX) at["code"].fail("an exit code");
  return {
      .kind = end_kind(at["kind"].text()), .code = static_cast<int>(code), .why = at["why"].text()};
}

std::map<std::string, std::string> read_environment(const Place& at) {
  std::map<std::string, std::string> variables;
  if (at.value().is_null()) return variables;
  if (!at.value().is_object()) at.fail("an object");
  for (const auto& [name, value] : at.value().items()) {
    variables[reversed(name)] = at[name].text();
  }
  return variables;
}

Run read_run(const Place& at) {
  return {.tool = at["tool"].text(),
          .tool_version = at["tool_version"].text(),
          .command = at["command"].list(read_text),
          .target = at["target"].list(read_text),
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
          .load = at["load"].list(read_text),
          .load_end = read_end(at["load_end"]),
          .notes = at["notes"].list(read_text),
          .files = at["files"].list([](const Place& file) {
            return RunFile{.path = file["path"].text(),
                           .format = file["format"].text(),
                           .pid = file["pid"].number()};
          })};
}

ProcessRecord read_process(const Place& at) {
  return {.pid = at["pid"].number(),
          .parent = at["parent"].number(),
          .command = at["command"].text(),
          .finished = at["finished"].flag()};
}

SuppressionReport read_rule(const Place& at) {
  return {.id = at["id"].text(),
          .owner = at["owner"].text(),
          .reason = at["reason"].text(),
          .expires = at["expires"].text(),
          .expired = at["expired"].flag(),
          .sites = at["sites"].number(),
          .bytes = at["bytes"].number(),
          .count = at["count"].number()};
}

Series read_series(const Place& at) {
  return {.name = at["name"].text(),
          .unit = at["unit"].text(),
          .at_unit = at["at_unit"].text(),
          .pid = at["pid"].number(),
          .points = at["points"].list(read_point)};
}

ValueTotal read_total(const Place& at) {
  return {.name = at["name"].text(),
          .unit = at["unit"].text(),
          .value = at["value"].number(),
          .error = at["error"].real()};
}

void check_schema(std::string_view name, const Json& file) {
  const Json* const schema =
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

Json parse_json(std::string_view name, std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw Error(fmt::format("{}: not JSON: {}", name, printable(error.what())));
  }
}

}  // namespace

Document from_json(std::string_view name, std::string_view text) {
  const Json file = parse_json(name, text);
  check_schema(name, file);
  const Place at(name, file);
  Document document{
      .run = read_run(at["run"]),
      .processes = at["processes"].list(read_process),
      .verdict = at["verdict"]["code"].word(Verdict::kUndecided, "a verdict such as \"clean\""),
      .verdict_text = at["verdict"]["text"].text(),
      .sites = at["sites"].list(read_top_site),
      .suppressed = at["suppressed"].list(read_top_site),
      .fixed = at["fixed"].list(read_top_site),
      .baseline = at["baseline"].text(),
      .suppressions = at["suppressions"].list(read_rule),
      .profiler_suppressions = at["profiler_suppressions"].list([](const Place& use) {
        return SuppressionUse{.name = use["name"].text(), .count = use["count"].number()};
      }),
      .totals = at["totals"].list(read_total),
      .series = at["series"].list(read_series),
      .warnings = at["warnings"].list(read_text),
      .partial = at["partial"].flag()};
  return document;
}

}  // namespace tidemark
