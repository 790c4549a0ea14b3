#include "lib/analyze/document_of.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <utility>

#include "lib/analyze/baseline.h"
#include "lib/analyze/merge.h"
#include "lib/analyze/profile_findings.h"
#include "lib/analyze/sites.h"
#include "lib/analyze/verdict.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

bool is_heap(const Recording& recording) {
  return recording.findings.empty() &&
         std::ranges::any_of(recording.profiles,
                             [](const Profile& p) { return in_use_bytes(p).has_value(); });
}

bool is_time(const Recording& recording) {
  return recording.findings.empty() && !recording.profiles.empty() && !is_heap(recording);
}

bool is_of_allocations(const Recording& recording) {
  return is_time(recording) && std::ranges::any_of(recording.profiles, [](const Profile& profile) {
           return std::ranges::count(profile.value_types(), "alloc_space", &ValueType::name) > 0;
         });
}

Evidence evidence_of(const std::vector<Recording>& recordings) {
  Evidence evidence{.recordings = recordings.size()};
  evidence.only_heap_profiles = !recordings.empty() && std::ranges::all_of(recordings, is_heap);
  evidence.only_cpu_profiles = !recordings.empty() && std::ranges::all_of(recordings, is_time);
  evidence.only_allocations =
      evidence.only_cpu_profiles && std::ranges::all_of(recordings, is_of_allocations);
  for (const Recording& recording : recordings) {
    if (recording.producer.find("Sanitizer") != std::string::npos) evidence.sanitizer = true;
    for (const ProcessRecord& process : recording.processes) {
      if (!process.finished) evidence.unfinished = true;
    }
  }
  return evidence;
}

template <typename T>
void append(std::vector<T>& all, std::vector<T>&& more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// The sum of the last profiles of all recordings, where they add up.
void put_merged_first(const std::vector<Recording>& recordings, std::vector<Profile>& profiles) {
  std::vector<const Profile*> last;
  for (const Recording& recording : recordings) {
    if (!recording.profiles.empty()) last.push_back(&recording.profiles.back());
  }
  if (last.size() < 2) return;
  const bool alike = std::ranges::all_of(last, [&](const Profile* profile) {
    return profile->value_types() == last.front()->value_types();
  });
  if (!alike) return;
  Profile merged = merge(last);
  merged.title = fmt::format("all processes: {}", merged.title);
  profiles.push_back(std::move(merged));
}

std::vector<ValueTotal> totals_of(const Profile& profile) {
  if (!profile.sampled()) return {};
  const std::vector<std::int64_t> sums = profile.total();
  std::vector<ValueTotal> totals;
  for (std::size_t v = 0; v < sums.size(); ++v) {
    double variance = 0;
    for (std::uint32_t i = 0; i < profile.stacks(); ++i)
      variance += profile.variance(StackId{i}, v);
    const ValueType& type = profile.value_types()[v];
    totals.push_back(
        {.name = type.name, .unit = type.unit, .value = sums[v], .error = std::sqrt(variance)});
  }
  return totals;
}

void take_recordings(std::vector<Recording>&& recordings, Document& document) {
  put_merged_first(recordings, document.profiles);
  const bool merged = !document.profiles.empty();
  std::map<std::string, std::int64_t> uses;
  for (Recording& recording : recordings) {
    append(document.processes, std::move(recording.processes));
    append(document.profiles, std::move(recording.profiles));
    append(document.series, std::move(recording.series));
    append(document.warnings, std::move(recording.warnings));
    document.partial = document.partial || recording.partial;
    for (const SuppressionUse& use : recording.suppressions_used) {
      uses[use.name] = checked_add(uses[use.name], use.count);
    }
  }
  for (const auto& [name, count] : uses) {
    document.profiler_suppressions.push_back({.name = name, .count = count});
  }
  if (!document.profiles.empty()) {
    document.totals = totals_of(merged ? document.profiles.front() : document.profiles.back());
  }
  // Not std::ranges: clang 14 cannot compile the range that it returns.
  std::stable_partition(document.series.begin(), document.series.end(),
                        [](const Series& s) { return s.at_unit == "ms"; });
}

// Sites of what was suppressed, rule by rule, counted in the rules' reports.
void take_suppressed(const DocumentParts& parts, Document& document) {
  assert(parts.suppressed.size() == parts.suppressed_by.size());
  std::map<std::string, std::vector<Finding>> by_rule;
  for (std::size_t i = 0; i < parts.suppressed.size(); ++i) {
    by_rule[parts.suppressed_by[i]].push_back(parts.suppressed[i]);
  }
  for (auto& [rule, findings] : by_rule) {
    const auto report = std::ranges::find(document.suppressions, rule, &SuppressionReport::id);
    for (Site& site : sites_of(findings)) {
      site.suppressed_by = rule;
      if (report != document.suppressions.end()) {
        ++report->sites;
        report->bytes = checked_add(report->bytes, site.bytes);
        report->count = checked_add(report->count, site.count);
      }
      document.suppressed.push_back(std::move(site));
    }
  }
}

}  // namespace

Document document_of(DocumentParts parts) {
  Document document;
  document.run = std::move(parts.run);
  document.suppressions = std::move(parts.suppressions);
  const Evidence evidence = evidence_of(parts.recordings);
  take_recordings(std::move(parts.recordings), document);
  document.sites = sites_of(parts.findings);
  add_history(document.sites, parts.snapshots);
  take_suppressed(parts, document);
  document.baseline = std::move(parts.baseline);
  if (!document.baseline.empty()) document.fixed = judge(document.sites, parts.baseline_sites);
  Judgement judgement = judge_run(document, evidence);
  document.verdict = judgement.verdict;
  document.verdict_text = std::move(judgement.text);
  return document;
}

}  // namespace tidemark
