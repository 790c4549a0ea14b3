#include "tools/memprof/documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "lib/analyze/baseline.h"
#include "lib/analyze/document_of.h"
#include "lib/analyze/growth.h"
#include "lib/analyze/profile_findings.h"
#include "lib/analyze/verdict.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/process/heap_agent.h"
#include "lib/report/findings_json.h"
#include "lib/run/run_directory.h"
#include "lib/run/series_db.h"
#include "lib/suppress/apply.h"
#include "lib/suppress/rules.h"
#include "lib/symbolize/symbolize.h"
#include "parsers/formats.h"
#include "tools/memprof/known_noise.h"

namespace tidemark::memprof {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFindings = "findings.json";
constexpr std::string_view kProfile = "profile.pb.gz";
constexpr std::string_view kSeries = "series.db";

void symbolize_all(RawResults& results, const fs::path& root) {
  Symbolizer symbolizer;
  symbolizer.look_below(root);
  for (Recording& recording : results.recordings) {
    for (Profile& profile : recording.profiles) profile = symbolized(profile, symbolizer);
    symbolize(recording.findings, symbolizer);
  }
  for (Snapshot& snapshot : results.snapshots) symbolize(snapshot.findings, symbolizer);
  results.warnings.insert(results.warnings.end(), symbolizer.warnings().begin(),
                          symbolizer.warnings().end());
}

// Memory that is still pointed to, or in use by what the heap agent says. What is lost already is
// reported as that, and not once more as growth.
std::vector<Snapshot> still_reachable(const std::vector<Snapshot>& snapshots, bool in_use) {
  std::vector<Snapshot> reachable;
  for (const Snapshot& snapshot : snapshots) {
    Snapshot& kept =
        reachable.emplace_back(Snapshot{.at = snapshot.at, .at_unit = snapshot.at_unit});
    std::ranges::copy_if(
        snapshot.findings, std::back_inserter(kept.findings), [&](const Finding& f) {
          return f.kind == FindingKind::kReachable || (in_use && f.kind == FindingKind::kInUse);
        });
  }
  return reachable;
}

// valgrind reports the signal with which we ended the target like any other.
bool is_our_signal(const Finding& finding, const Run& run) {
  const bool ours = run.end.kind == EndKind::kStopped || run.end.kind == EndKind::kNeverReady ||
                    run.end.kind == EndKind::kKilled;
  return ours && finding.kind == FindingKind::kFatal &&
         (finding.code == "SIGTERM" || finding.code == "SIGINT" || finding.code == "SIGQUIT");
}

// What the last profiles and the snapshots between them say.
std::vector<Finding> all_findings(const Run& run, const RawResults& results,
                                  std::vector<Snapshot>& snapshots) {
  std::vector<Finding> findings;
  snapshots = results.snapshots;
  for (const Recording& recording : results.recordings) {
    for (Finding& finding : findings_of(recording)) {
      if (!is_our_signal(finding, run)) findings.push_back(std::move(finding));
    }
    if (snapshots.empty()) snapshots = snapshots_of(recording);
  }
  for (Finding& finding : growth_of(still_reachable(snapshots, run.backend == "heap")))
    findings.push_back(std::move(finding));
  return findings;
}

// Says once what holds for the heap files of several processes: "A: text" and "B: text" become
// "A and 1 more: text".
std::vector<std::string> said_once(const std::vector<std::string>& warnings) {
  struct Said {
    std::string file;
    std::string text;
    std::size_t more = 0;
  };
  std::vector<Said> all;
  for (const std::string& warning : warnings) {
    const std::size_t colon = warning.find(": ");
    const std::size_t start = colon == std::string::npos ? 0 : colon;
    Said said{.file = warning.substr(0, start), .text = warning.substr(start)};
    const auto same = std::ranges::find_if(all, [&](const Said& other) {
      return other.text == said.text && other.file.ends_with(kHeapFileEnd) &&
             said.file.ends_with(kHeapFileEnd);
    });
    if (same == all.end()) {
      all.push_back(std::move(said));
    } else {
      ++same->more;
    }
  }
  std::vector<std::string> once;
  once.reserve(all.size());
  for (const Said& said : all) {
    once.push_back(said.more == 0
                       ? said.file + said.text
                       : fmt::format("{} and {} more{}", said.file, said.more, said.text));
  }
  return once;
}

// Takes what the user's rules and the known noise cover out of the findings, and counts it.
void suppress(const fs::path& file, const std::string& tool, DocumentParts& parts) {
  std::vector<SuppressionRule> rules;
  if (!file.empty()) {
    const File text = read_file(file);
    rules = parse_suppressions(text.input());
  }
  const std::size_t own = rules.size();
  std::ranges::copy(known_noise(), std::back_inserter(rules));
  const std::string day = today();
  Applied applied = apply(rules, std::move(parts.findings), {.tool = tool, .today = day});
  parts.findings = std::move(applied.kept);
  parts.suppressed = std::move(applied.suppressed);
  parts.suppressed_by = std::move(applied.suppressed_by);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const SuppressionRule& rule = rules[i];
    // Noise that was not heard is nothing to report; an unused rule of the user's is.
    if (i >= own && std::ranges::count(parts.suppressed_by, rule.id) == 0) continue;
    parts.suppressions.push_back({.id = rule.id,
                                  .owner = rule.owner,
                                  .reason = rule.reason,
                                  .expires = rule.expires,
                                  .expired = is_expired(rule, day)});
  }
}

// A file that a tool of ours wrote, read again.
Document read_stored(const fs::path& path) {
  const File file = read_file(path);
  return from_json(path.string(), file.bytes());
}

// The Document that a finished run left, with its profiles and series.
Document read_finished(const StoredRun& stored) {
  Document document = read_stored(stored.directory / kFindings);
  document.run = stored.run;
  const fs::path profile = stored.directory / kProfile;
  if (fs::exists(profile)) document.profiles = parse(read_file(profile)).profiles;
  return document;
}

// Holds a Document that was read again against another baseline.
void judge_again(Document& document, const fs::path& baseline) {
  const Document before = read_document(baseline, {});
  document.baseline = baseline.string();
  document.fixed = judge(document.sites, before.sites);
  const bool files_only = document.run.tool.empty();
  const Verdict own = document.verdict;
  if (own == Verdict::kFailed) return;
  if (own == Verdict::kUndecided && !files_only) return;
  Judgement judgement = judge_run(document, {.recordings = 1});
  document.verdict = judgement.verdict;
  document.verdict_text = std::move(judgement.text);
}

Document read_run_directory(const fs::path& path, const Judging& judging) {
  const StoredRun stored = read_run(path);
  if (fs::exists(stored.directory / kFindings) && judging.suppressions.empty()) {
    Document document = read_finished(stored);
    if (!judging.baseline.empty()) judge_again(document, judging.baseline);
    return document;
  }
  if (stored.run.state == "running" && !stored.abandoned) {
    throw Error(fmt::format("{}: the run is still going on (process {})", path.string(),
                            stored.run.writer_pid),
                "wait for it to end");
  }
  RawResults results = read_raw(stored.directory, stored.run);
  if (stored.abandoned) {
    results.warnings.insert(results.warnings.begin(),
                            fmt::format("{}: the run says \"running\", but process {} is no more; "
                                        "this is what its profiler left",
                                        path.string(), stored.run.writer_pid));
  }
  return conclude(stored.directory, stored.run, std::move(results), judging);
}

bool is_run_directory(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) || path.filename() == kRunFile;
}

bool is_findings_json(std::string_view bytes) {
  const std::size_t start = bytes.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && bytes[start] == '{' &&
         bytes.substr(0, 4096).find("\"tidemark") != std::string_view::npos;
}

}  // namespace

Document conclude(const fs::path& directory, const Run& run, RawResults results,
                  const Judging& judging) {
  symbolize_all(results, judging.root);
  DocumentParts parts{.run = run};
  std::vector<Finding> findings = all_findings(run, results, parts.snapshots);
  parts.recordings = std::move(results.recordings);
  parts.findings = std::move(findings);
  suppress(judging.suppressions, run.backend, parts);
  if (!judging.baseline.empty()) {
    parts.baseline = judging.baseline.string();
    parts.baseline_sites = read_document(judging.baseline, {}).sites;
  }
  Document document = document_of(std::move(parts));
  document.warnings.insert(document.warnings.end(), results.warnings.begin(),
                           results.warnings.end());
  document.warnings = said_once(document.warnings);
  std::error_code ignored;
  if (!directory.empty() && fs::exists(directory / kSeries, ignored)) {
    for (Series& series : read_series(directory / kSeries)) {
      for (Point& point : series.points) point.at -= run.started_ms;
      document.series.insert(document.series.begin(), std::move(series));
    }
  }
  return document;
}

Document read_document(const fs::path& path, const Judging& judging) {
  if (is_run_directory(path)) return read_run_directory(path, judging);
  const File file = read_file(path);
  if (is_findings_json(file.bytes())) {
    Document document = from_json(path.string(), file.bytes());
    if (!judging.baseline.empty()) judge_again(document, judging.baseline);
    return document;
  }
  RawResults results;
  results.recordings.push_back(parse(file));
  Judging here = judging;
  if (here.root.empty()) here.root = process_root_of(path);
  return conclude({}, {}, std::move(results), here);
}

}  // namespace tidemark::memprof
