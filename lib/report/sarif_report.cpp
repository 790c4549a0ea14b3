// SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as code hosts
// and editors read it: one run, one rule per kind of finding, one result per
// site. Sites that the baseline alone has are left out: a reader would list them
// as open.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/lines.h"
#include "lib/report/all_reports.h"
#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kKinds = static_cast<int>(FindingKind::kOther) + 1;

struct Rule {
  FindingKind kind;
  std::string_view level;
  std::string_view about;
};

constexpr std::array<Rule, kKinds> kRules = {{
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

// In a message, "[text](place)" is a link.
Json message(std::string_view text) {
  std::string shown = printable(text);
  for (std::size_t at = 0; (at = shown.find("](", at)) != std::string::npos;) {
    shown.insert(at + 1, "\u200B");
  }
  return {{"text", shown}};
}

Json rules() {
  Json list = Json::array();
  for (const Rule& rule : kRules) {
    const std::string name(name_of(rule.kind));
    list.push_back(
        {{"id", code_of(rule.kind)},
         {"shortDescription", {{"text", name}}},
         {"fullDescription", {{"text", rule.about}}},
         {"defaultConfiguration", {{"level", rule.level}}},
         {"properties", {{"tags", {is_leak(rule.kind) ? "memory-leak" : "correctness"}}}}});
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

Json results_of(const Document& document) {
  Json results = Json::array();
  for (const Site& site : document.sites) results.push_back(result_of(site));
  for (const Site& site : document.suppressed) {
    Json result = result_of(site);
    const auto rule =
        std::ranges::find(document.suppressions, site.suppressed_by, &SuppressionReport::id);
    const std::string reason =
        rule == document.suppressions.end() ? site.suppressed_by : rule->reason;
    result["suppressions"] =
        Json::array({{{"kind", "external"}, {"justification", printable(reason)}}});
    results.push_back(std::move(result));
  }
  return results;
}

std::string rfc3339(std::int64_t ms) {
  std::string text = utc_text(ms);  // "2026-11-21 07:45:19 UTC"
  if (text.empty()) return text;
  text.resize(text.size() - 4);
  text[10] = 'T';
  return text + "Z";
}

Json invocation_of(const Document& document) {
  const Run& run = document.run;
  Json notes = Json::array();
  const auto note = [&](std::string_view level, std::string_view text) {
    notes.push_back({{"level", level}, {"message", message(text)}});
  };
  if (document.verdict == Verdict::kFailed) note("error", document.verdict_text);
  if (document.verdict == Verdict::kUndecided) note("warning", document.verdict_text);
  if (document.partial) note("warning", "something is missing from these results");
  for (const std::string& warning : document.warnings) note("warning", warning);
  for (const std::string& remark : run.notes) note("note", remark);
  Json invocation = {{"executionSuccessful", document.verdict != Verdict::kFailed}};
  if (!run.target.empty()) invocation["commandLine"] = printable(command_text(run.target));
  if (run.end.kind == EndKind::kExited) invocation["exitCode"] = run.end.code;
  if (run.end.kind == EndKind::kSignalled) invocation["exitSignalNumber"] = run.end.code;
  if (!run.tool.empty()) invocation["exitCodeDescription"] = printable(end_text(run.end));
  if (!rfc3339(run.started_ms).empty()) invocation["startTimeUtc"] = rfc3339(run.started_ms);
  if (!rfc3339(run.ended_ms).empty()) invocation["endTimeUtc"] = rfc3339(run.ended_ms);
  invocation["toolExecutionNotifications"] = std::move(notes);
  return invocation;
}

std::string write(const Document& document, const ReportOptions& /*options*/) {
  const Run& run = document.run;
  Json tool = {
      {"driver", {{"name", "Tidemark"}, {"version", TIDEMARK_VERSION}, {"rules", rules()}}}};
  if (!run.backend.empty()) {
    Json extension = {{"name", printable(run.backend)}};
    if (!run.backend_version.empty()) extension["version"] = printable(run.backend_version);
    tool["extensions"] = Json::array({std::move(extension)});
  }
  Json sarif_run = {{"tool", std::move(tool)},
                    {"columnKind", "utf16CodeUnits"},
                    {"invocations", Json::array({invocation_of(document)})},
                    {"results", results_of(document)}};
  const Json file = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                     {"version", "2.1.0"},
                     {"runs", Json::array({std::move(sarif_run)})}};
  return file.dump(2, ' ', true) + "\n";
}

}  // namespace

constinit const ReportFormat kSarifReport = {
    .name = "sarif",
    .summary = "SARIF 2.1.0, for code hosts and editors",
    .extension = ".sarif",
    .write = write,
};

}  // namespace tidemark
