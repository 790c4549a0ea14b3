// SARIF 2.1.0, as code hosts and editors read it: one run, one rule per kind of finding, one
// result per remark and per site.

#include "lib/report/sarif.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "lib/base/lines.h"
#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kKinds = static_cast<int>(FindingKind::kOther) + 1;

struct KindRule {
  FindingKind kind;
  std::string_view level;
  std::string_view about;
};

constexpr std::array<KindRule, kKinds> kRules = {{
    {.kind = FindingKind::kDefiniteLeak,
     .level = "error",
     .about = "A block was not freed and nothing points to it."},
    {.kind = FindingKind::kIndirectLeak,
     .level = "warning",
     .about = "A block is pointed to by leaked blocks only."},
    {.kind = FindingKind::kPossibleLeak,
     .level = "warning",
     .about = "A block is pointed to by inner pointers only."},
    {.kind = FindingKind::kReachable,
     .level = "note",
     .about = "A block was still in use at the end."},
    {.kind = FindingKind::kInUse,
     .level = "note",
     .about = "Memory was in use when the profile was taken."},
    {.kind = FindingKind::kGrowth,
     .level = "warning",
     .about = "More and more memory is in use over time."},
    {.kind = FindingKind::kInvalidAccess,
     .level = "error",
     .about = "Memory outside a live block was read or written."},
    {.kind = FindingKind::kUninitialised,
     .level = "error",
     .about = "A value was used that nobody had written."},
    {.kind = FindingKind::kBadFree,
     .level = "error",
     .about = "A block was freed twice, wrongly, or never allocated."},
    {.kind = FindingKind::kBadCall,
     .level = "warning",
     .about = "A library function was called with bad arguments."},
    {.kind = FindingKind::kFatal, .level = "error", .about = "The program died of it."},
    {.kind = FindingKind::kRace,
     .level = "error",
     .about = "Two threads access the same place without an order."},
    {.kind = FindingKind::kLockOrder,
     .level = "warning",
     .about = "Locks are taken in two orders: a deadlock may follow."},
    {.kind = FindingKind::kLockMisuse,
     .level = "error",
     .about = "A lock is used in a way that it does not allow."},
    {.kind = FindingKind::kOther,
     .level = "warning",
     .about = "Something that the profiler complains about."},
}};

std::string_view word_of(SarifLevel level) {
  constexpr std::array<std::string_view, 3> kWords = {"note", "warning", "error"};
  return kWords.at(static_cast<std::size_t>(level));
}

// In a message, "[text](place)" is a link.
Json message(std::string_view text) {
  std::string shown = printable(text);
  for (std::size_t at = 0; (at = shown.find("](", at)) != std::string::npos;) {
    shown.insert(at + 1, "\u200B");
  }
  return {{"text", shown}};
}

Json rules(const SarifLog& log) {
  Json list = Json::array();
  const auto add = [&](std::string_view id, std::string_view name, std::string_view about,
                       std::string_view level, std::string_view tag) {
    list.push_back({{"id", id},
                    {"shortDescription", {{"text", name}}},
                    {"fullDescription", {{"text", about}}},
                    {"defaultConfiguration", {{"level", level}}},
                    {"properties", {{"tags", {tag}}}}});
  };
  for (const KindRule& rule : kRules) {
    add(code_of(rule.kind), name_of(rule.kind), rule.about, rule.level,
        is_leak(rule.kind) ? "memory-leak" : "correctness");
  }
  for (const SarifLog::Rule& rule : log.rules) {
    add(printable(rule.id), printable(rule.name), printable(rule.about), word_of(rule.level),
        printable(rule.tag));
  }
  return list;
}

Json location_of(const Frame& frame) {
  Json location = Json::object();
  if (!frame.file.empty()) {
    location["physicalLocation"]["artifactLocation"]["uri"] = uri_of(frame.file);
    if (frame.line >= 1) {
      location["physicalLocation"]["region"]["startLine"] =
          std::min<std::int64_t>(frame.line, INT32_MAX);
    }
  }
  const std::string name = printable(name_of(frame));
  location["logicalLocations"] = {{{"fullyQualifiedName", name}, {"kind", "function"}}};
  return location;
}

Json stack_of(const LabelledStack& stack) {
  Json frames = Json::array();
  for (const Frame& frame : stack.frames) {
    Json entry = {{"location", location_of(frame)}};
    if (!frame.module.empty()) entry["module"] = printable(frame.module);
    frames.push_back(std::move(entry));
  }
  Json object = {{"frames", std::move(frames)}};
  if (!stack.label.empty()) object["message"] = message(stack.label);
  return object;
}

// The accesses of a race as a code flow: one thread each, from the thread's
// start to the access.
Json code_flow_of(const Finding& finding) {
  Json threads = Json::array();
  for (const LabelledStack& stack : finding.stacks) {
    if (stack.frames.empty()) continue;
    Json steps = Json::array();
    for (std::size_t i = stack.frames.size(); i-- > 0;) {
      Json step = {{"location", location_of(stack.frames[i])}};
      step["importance"] = i == 0 ? "essential" : "unimportant";
      if (i == 0)
        step["location"]["message"] = message(stack.label.empty() ? finding.message : stack.label);
      steps.push_back(std::move(step));
    }
    threads.push_back(
        {{"id", fmt::format("{}", threads.size() + 1)}, {"locations", std::move(steps)}});
  }
  return threads;
}

bool about_threads(FindingKind kind) {
  return kind == FindingKind::kRace || kind == FindingKind::kLockOrder ||
         kind == FindingKind::kLockMisuse;
}

Json numbers_of(const Site& site) {
  Json numbers = {{"count", site.count}};
  if (is_leak(site.kind)) {
    numbers["bytes"] = site.bytes;
    numbers["blocks"] = site.blocks;
    numbers["indirectBytes"] = site.indirect_bytes;
    if (site.bytes_error > 0) numbers["bytesStandardError"] = site.bytes_error;
  }
  if (!site.pids.empty()) numbers["processes"] = site.pids;
  return numbers;
}

Json result_of(const Site& site) {
  const auto rule = static_cast<std::size_t>(site.kind);
  Json result = {{"ruleId", code_of(site.kind)},
                 {"ruleIndex", rule},
                 {"level", kRules.at(rule).level},
                 {"message", message(site.title.empty() ? name_of(site.kind) : site.title)},
                 {"locations", Json::array({location_of(site.place)})},
                 {"occurrenceCount", std::max<std::int64_t>(1, site.count)}};
  if (!site.fingerprint.empty()) {
    result["partialFingerprints"]["tidemarkStack/v1"] = printable(site.fingerprint);
  }
  Json stacks = Json::array();
  for (const LabelledStack& stack : site.example.stacks) {
    if (!stack.frames.empty()) stacks.push_back(stack_of(stack));
  }
  if (!stacks.empty()) result["stacks"] = std::move(stacks);
  if (about_threads(site.kind)) {
    Json threads = code_flow_of(site.example);
    if (!threads.empty())
      result["codeFlows"] = Json::array({{{"threadFlows", std::move(threads)}}});
  }
  if (site.status == SiteStatus::kNew) result["baselineState"] = "new";
  if (site.status == SiteStatus::kKnown) result["baselineState"] = "unchanged";
  result["properties"] = numbers_of(site);
  return result;
}

void suppress(Json& result, const std::optional<SarifLog::Suppression>& suppression) {
  if (!suppression) return;
  result["suppressions"] = Json::array(
      {{{"kind", "external"}, {"justification", printable(suppression->justification)}}});
}

Json result_of(const SarifLog::Remark& remark, const SarifLog& log) {
  Json result = {{"ruleId", printable(log.rules.at(remark.rule).id)},
                 {"ruleIndex", kRules.size() + remark.rule},
                 {"level", word_of(remark.level)},
                 {"message", message(remark.message)}};
  if (!remark.file.empty()) {
    Json place = {{"artifactLocation", {{"uri", uri_of(remark.file)}}}};
    if (remark.line >= 1)
      place["region"]["startLine"] = std::min<std::int64_t>(remark.line, INT32_MAX);
    if (remark.line >= 1 && remark.column >= 1)
      place["region"]["startColumn"] = std::min<std::int64_t>(remark.column, INT32_MAX);
    result["locations"] = Json::array({{{"physicalLocation", std::move(place)}}});
  }
  if (!remark.fingerprint.empty())
    result["partialFingerprints"]["tidemarkRule/v1"] = printable(remark.fingerprint);
  suppress(result, remark.suppression);
  return result;
}

std::string rfc3339(std::int64_t ms) {
  std::string text = utc_text(ms);  // "2026-11-21 07:45:19 UTC"
  if (text.empty()) return text;
  text.resize(text.size() - 4);
  text[10] = 'T';
  return text + "Z";
}

Json invocation_of(const SarifLog& log) {
  Json notes = Json::array();
  for (const SarifLog::Note& note : log.notes)
    notes.push_back({{"level", word_of(note.level)}, {"message", message(note.text)}});
  Json invocation = {{"executionSuccessful", log.successful}};
  if (!log.command.empty()) invocation["commandLine"] = printable(log.command);
  if (log.exit_code) invocation["exitCode"] = *log.exit_code;
  if (log.exit_signal) invocation["exitSignalNumber"] = *log.exit_signal;
  if (!log.exit_text.empty()) invocation["exitCodeDescription"] = printable(log.exit_text);
  if (!rfc3339(log.started_ms).empty()) invocation["startTimeUtc"] = rfc3339(log.started_ms);
  if (!rfc3339(log.ended_ms).empty()) invocation["endTimeUtc"] = rfc3339(log.ended_ms);
  invocation["toolExecutionNotifications"] = std::move(notes);
  return invocation;
}

}  // namespace

std::string to_sarif(const SarifLog& log) {
  Json tool = {
      {"driver", {{"name", "Tidemark"}, {"version", TIDEMARK_VERSION}, {"rules", rules(log)}}}};
  if (!log.backend.empty()) {
    Json extension = {{"name", printable(log.backend)}};
    if (!log.backend_version.empty()) extension["version"] = printable(log.backend_version);
    tool["extensions"] = Json::array({std::move(extension)});
  }
  Json results = Json::array();
  for (const SarifLog::Remark& remark : log.remarks) results.push_back(result_of(remark, log));
  for (const SarifLog::Finding& finding : log.findings) {
    Json result = result_of(finding.site);
    suppress(result, finding.suppression);
    results.push_back(std::move(result));
  }
  Json sarif_run = {{"tool", std::move(tool)},
                    {"columnKind", "utf16CodeUnits"},
                    {"invocations", Json::array({invocation_of(log)})},
                    {"results", std::move(results)}};
  const Json file = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                     {"version", "2.1.0"},
                     {"runs", Json::array({std::move(sarif_run)})}};
  return file.dump(2, ' ', true) + "\n";
}

}  // namespace tidemark
