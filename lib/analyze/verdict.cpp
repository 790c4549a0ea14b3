#include "lib/analyze/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/analyze/sites.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

std::string target_of(const Run& run) {
  if (run.target.empty()) return "the target";
  const std::string& path = run.target.front();
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string because(const End& end) { return end.why.empty() ? "" : ": " + end.why; }

std::optional<std::string> failure_of(const Run& run, const Evidence& evidence, bool found) {
  const std::string target = target_of(run);
  switch (run.end.kind) {
    case EndKind::kNotStarted:
      return fmt::format("{} did not start{}", target, because(run.end));
    case EndKind::kNeverReady:
      return fmt::format("{} did not become ready{}", target, because(run.end));
    case EndKind::kSignalled:
      return fmt::format("{} was ended by signal {}{}", target, run.end.code, because(run.end));
    case EndKind::kExited:
      if (run.end.code == 0 || (evidence.sanitizer && found)) break;
      return fmt::format("{} exited with code {}{}", target, run.end.code, because(run.end));
    case EndKind::kRunning:
    case EndKind::kStopped:
    case EndKind::kKilled:
      break;
  }
  if (evidence.recordings == 0 && run.end.kind != EndKind::kRunning) {
    return fmt::format("{} left no result", run.backend.empty() ? "the profiler" : run.backend);
  }
  return std::nullopt;
}

std::optional<std::string> doubt_of(const Document& document, const Evidence& evidence) {
  const Run& run = document.run;
  if (!run.tool.empty()) {
    if (run.end.kind == EndKind::kKilled) {
      return fmt::format("{} did not stop when asked and was killed{}", target_of(run),
                         because(run.end));
    }
    if (run.end.kind == EndKind::kRunning) return "the run has not ended, or its writer died";
    if (!run.cut_short.empty()) return "the run was cut short: " + run.cut_short;
    const bool load_failed = run.load_end.kind == EndKind::kNotStarted ||
                             run.load_end.kind == EndKind::kSignalled ||
                             (run.load_end.kind == EndKind::kExited && run.load_end.code != 0);
    if (!run.load.empty() && load_failed) {
      return fmt::format("the load failed ({} {}){}", name_of(run.load_end.kind), run.load_end.code,
                         because(run.load_end));
    }
  }
  if (document.partial) return "a file is cut off";
  if (evidence.unfinished) return "a process's record has no end";
  if (evidence.recordings == 0) return "there is nothing to read";
  return std::nullopt;
}

// "race" and "data races": how many there are.
std::string counted(std::size_t count, FindingKind kind) {
  const std::string_view name = name_of(kind);
  std::string_view plural = "s";
  if (name.ends_with("s")) plural = "es";
  if (kind == FindingKind::kReachable || kind == FindingKind::kInUse ||
      kind == FindingKind::kLockMisuse || kind == FindingKind::kGrowth ||
      kind == FindingKind::kOther) {
    return fmt::format("{} site{} of {}", count, count == 1 ? "" : "s",
                       kind == FindingKind::kOther ? "other trouble" : name);
  }
  if (kind == FindingKind::kLockOrder) {
    return fmt::format("{} lock order violation{}", count, count == 1 ? "" : "s");
  }
  if (kind == FindingKind::kFatal) {
    return fmt::format("{} fatal error{}", count, count == 1 ? "" : "s");
  }
  return fmt::format("{} {}{}", count, name, count == 1 ? "" : plural);
}

std::string function_text(const Site& site) { return name_of(site.place); }

// "1 definite leak: 3,200 B in handle_leak", "2 definite leaks (5,000 B) and 1
// data race; the worst is ...".
std::string found_text(const std::vector<const Site*>& sites, bool against_baseline) {
  const std::string news = against_baseline ? "new: " : "";
  const Site& worst = *sites.front();
  const std::string detail =
      is_leak(worst.kind)
          ? fmt::format("{} in {}", grouped_bytes(worst.bytes), function_text(worst))
          : place_text(worst.place);
  if (sites.size() == 1) return fmt::format("{}{}: {}", news, counted(1, worst.kind), detail);

  std::map<int, std::vector<const Site*>> kinds;
  for (const Site* site : sites) kinds[severity_of(site->kind)].push_back(site);
  std::vector<std::string> words;
  for (const auto& [severity, members] : kinds) {
    std::string word = counted(members.size(), members.front()->kind);
    if (is_leak(members.front()->kind)) {
      std::int64_t bytes = 0;
      for (const Site* site : members) bytes = checked_add(bytes, site->bytes);
      word += fmt::format(" ({})", grouped_bytes(bytes));
    }
    words.push_back(std::move(word));
  }
  std::string last = words.size() > 1 ? " and " + words.back() : "";
  if (words.size() > 1) words.pop_back();
  return fmt::format("{}{}{}; the worst: {}", news, fmt::join(words, ", "), last, detail);
}

std::string clean_text(const Document& document, const Evidence& evidence) {
  if (evidence.only_allocations) return "a profile of allocations: nothing in it to judge";
  if (evidence.only_cpu_profiles) return "a profile of time: nothing in it to judge";
  const std::size_t known = static_cast<std::size_t>(
      std::ranges::count(document.sites, SiteStatus::kKnown, &Site::status));
  if (known > 0) return fmt::format("nothing new; {} known", known);
  if (!document.suppressed.empty()) {
    return fmt::format("nothing found that is not suppressed ({} suppressed)",
                       document.suppressed.size());
  }
  return "nothing found";
}

// Memory that grew while it was looked at. A cache that fills looks like a leak
// for as long as it fills: no short run can tell them apart.
std::optional<std::string> growth_text(const Document& document) {
  const auto grows = [](const Site& site) {
    return site.kind == FindingKind::kGrowth && site.status != SiteStatus::kKnown;
  };
  const auto first = std::ranges::find_if(document.sites, grows);
  if (first == document.sites.end()) return std::nullopt;
  const auto count = std::ranges::count_if(document.sites, grows);
  return fmt::format(
      "memory grows in {} place{}, most in {}: by {}; a longer run would show "
      "whether it stops",
      count, count == 1 ? "" : "s", function_text(*first), grouped_bytes(first->bytes));
}

Judgement judge_findings(const Document& document, const Evidence& evidence) {
  std::vector<const Site*> found;
  for (const Site& site : document.sites) {
    if (counts(site)) found.push_back(&site);
  }
  const std::optional<std::string> doubt = doubt_of(document, evidence);
  if (!found.empty()) {
    std::string text = found_text(found, !document.baseline.empty());
    if (doubt) text += fmt::format(" (and {})", *doubt);
    return {.verdict = Verdict::kFound, .text = std::move(text)};
  }
  if (doubt) {
    return {.verdict = Verdict::kUndecided, .text = fmt::format("nothing found, but {}", *doubt)};
  }
  if (const std::optional<std::string> growth = growth_text(document)) {
    return {.verdict = Verdict::kUndecided, .text = *growth};
  }
  if (evidence.only_heap_profiles && !document.sites.empty()) {
    const Site& most = document.sites.front();
    return {.verdict = Verdict::kUndecided,
            .text = fmt::format("a heap profile cannot tell lost memory from memory in use; most "
                                "is in use from {}: {}",
                                function_text(most), grouped_bytes(most.bytes))};
  }
  return {.verdict = Verdict::kClean, .text = clean_text(document, evidence)};
}

}  // namespace

bool counts(const Site& site) {
  return site.kind != FindingKind::kReachable && site.kind != FindingKind::kInUse &&
         site.kind != FindingKind::kGrowth && site.status != SiteStatus::kKnown &&
         site.suppressed_by.empty();
}

Judgement judge_run(const Document& document, const Evidence& evidence) {
  Judgement judgement = judge_findings(document, evidence);
  if (document.run.tool.empty()) return judgement;
  const bool found = judgement.verdict == Verdict::kFound;
  const std::optional<std::string> failure = failure_of(document.run, evidence, found);
  if (!failure) return judgement;
  return {.verdict = Verdict::kFailed,
          .text = found ? fmt::format("{}; found before: {}", *failure, judgement.text) : *failure};
}

}  // namespace tidemark
