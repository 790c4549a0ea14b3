#include "tools/signoff/facts/run_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <tuple>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/report/findings_json.h"
#include "lib/run/run_directory.h"
#include "tools/signoff/facts/finding_facts.h"
#include "tools/signoff/facts/load_file.h"
#include "tools/signoff/facts/memory_facts.h"
#include "tools/signoff/facts/soak_facts.h"
#include "tools/signoff/facts/timelines.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;
using budget::Measure;

bool is_there(const fs::path& path) {
  std::error_code none;
  return fs::exists(path, none);
}

// Runs `part`; what it cannot read is a warning.
template <typename Part>
void attempt(RunFacts& facts, Part&& part) {
  try {
    part();
  } catch (const Error& error) {
    facts.warnings.emplace_back(error.what());
  }
}

// Why the resident memory is not the target's own; empty: it is.
std::string strange_memory(const Run& run) {
  constexpr std::array<std::string_view, 5> kValgrind = {"memcheck", "massif", "dhat", "helgrind",
                                                         "drd"};
  if (std::ranges::find(kValgrind, run.backend) != kValgrind.end()) {
    return fmt::format("most of it is valgrind's own, which ran the target under {}", run.backend);
  }
  if (run.backend == "lsan-log") return "the target is built with a sanitizer";
  return "";
}

// A load that was ended, as a soak ends it, has measured up to there.
State state_of(load::Ending ending) {
  switch (ending) {
    case load::Ending::kPassed:
      return State::kPassed;
    case load::Ending::kCrossed:
    case load::Ending::kTargetFailed:
      return State::kFailed;
    case load::Ending::kNotValid:
      return State::kInconclusive;
    case load::Ending::kGuard:
    case load::Ending::kInterrupted:
      break;
  }
  return State::kNotDone;
}

void add_load(const LoadFile& load, const Timelines& lines, RunFacts& facts) {
  std::vector<Measure> measures = load_measures(load, lines, facts.warnings);
  std::ranges::move(measures, std::back_inserter(facts.measures));
  const load::RunResult& result = load.result;
  facts.warnings.insert(facts.warnings.end(), result.warnings.begin(), result.warnings.end());
  if (load.late()) {  // load_measures() has said so
    facts.left_out.push_back({.metric = "latency", .why = result.why});
  }
  const bool own = facts.run.tool == "pressure";
  if (!load.late() && result.ending != load::Ending::kPassed &&
      result.ending != load::Ending::kCrossed) {
    // A soak ends its load when its time is up: no news.
    if (own || result.ending != load::Ending::kInterrupted) {
      facts.warnings.push_back(fmt::format("the load ended: {}{}{}", name_of(result.ending),
                                           result.why.empty() ? "" : ": ", result.why));
    }
  }
  if (!own) return;
  facts.verdict = state_of(result.ending);
  facts.verdict_text = result.why.empty() ? std::string(name_of(result.ending)) : result.why;
}

std::map<std::string, std::string> environment_of(const Run& run) {
  std::map<std::string, std::string> out = run.environment;
  const auto set = [&](const char* name, std::string value) {
    if (!value.empty()) out[name] = std::move(value);
  };
  set("host", run.host);
  set("kernel", run.kernel);
  set("build id", run.target_build_id);
  set("tool", run.tool_version.empty() ? run.tool : run.tool + " " + run.tool_version);
  set("backend", run.backend_version.empty() || run.backend.empty()
                     ? run.backend
                     : run.backend + " " + run.backend_version);
  const auto preload = run.environment.find("LD_PRELOAD");
  for (const char* allocator : {"jemalloc", "tcmalloc", "mimalloc"}) {
    if (preload != run.environment.end() && preload->second.find(allocator) != std::string::npos) {
      set("allocator", allocator);
    }
  }
  return out;
}

void add_series(const std::optional<LoadFile>& load, RunFacts& facts) {
  const fs::path file = facts.directory / "series.db";
  Timelines lines;
  if (is_there(file)) {
    attempt(facts, [&] {
      lines = read_timelines(file, load ? std::optional(load->times()) : std::nullopt);
    });
    std::ranges::move(lines.warnings, std::back_inserter(facts.warnings));
    lines.warnings.clear();
  } else if (facts.run.tool != "flamegraph") {
    facts.warnings.push_back(fmt::format("{}: there is none", file.string()));
  }
  const std::string strange = strange_memory(facts.run);
  const auto add = [&](std::vector<Measure> measures) {
    std::ranges::move(measures, std::back_inserter(facts.measures));
  };
  if (!lines.windows.empty()) {
    add(memory_measures(lines, strange));
    add(memory_per_thing(lines, load ? &load->result : nullptr, strange));
    std::vector<Series> charts =
        charts_of(lines, facts.run.started_ms, facts.run.tool == "pressure");
    std::ranges::move(charts, std::back_inserter(facts.charts));
  }
  if (load) attempt(facts, [&] { add_load(*load, lines, facts); });
}

void add_memprof(RunFacts& facts) {
  const fs::path file = facts.directory / "findings.json";
  std::optional<Document> document;
  if (is_there(file)) {
    attempt(facts, [&] { document = from_json(file.string(), read_file(file).bytes()); });
  } else {
    facts.verdict_text = "memprof left no findings";
    facts.warnings.push_back(fmt::format("{}: there is none", file.string()));
  }
  if (document) add_findings(*document, facts);
  add_heap(document ? &*document : nullptr, facts);
}

void note_unfinished(const StoredRun& stored, RunFacts& facts) {
  if (stored.run.state == "ended") return;
  facts.verdict = State::kNotDone;
  facts.verdict_text = stored.abandoned ? "the run was cut off: its writer is no more"
                                        : fmt::format("the run is still going on (process {})",
                                                      stored.run.writer_pid);
  facts.warnings.insert(facts.warnings.begin(),
                        fmt::format("{}: {}", stored.directory.string(), facts.verdict_text));
}

}  // namespace

RunFacts read_run_facts(const fs::path& directory) {
  const StoredRun stored = read_run(directory);
  RunFacts facts{.directory = stored.directory, .run = stored.run};
  facts.environment = environment_of(facts.run);
  std::optional<LoadFile> load;
  attempt(facts, [&] { load = read_load_file(facts.directory); });
  if (!load && facts.run.tool == "pressure") {
    facts.verdict_text = "pressure left no result";
    facts.warnings.push_back(
        fmt::format("{}: no load.json that can be read", facts.directory.string()));
  }
  add_series(load, facts);
  if (facts.run.tool == "memprof") add_memprof(facts);
  if (facts.run.tool == "leakwatch") add_soak(facts);
  note_unfinished(stored, facts);
  if (facts.verdict_text.empty()) facts.verdict_text = "what it left cannot be read";
  if (!facts.run.cut_short.empty()) {
    facts.warnings.push_back("the run was cut short: " + facts.run.cut_short);
  }
  std::ranges::stable_sort(facts.measures, {}, [](const Measure& measure) {
    return std::tie(measure.metric, measure.stage);
  });
  return facts;
}

}  // namespace tidemark::signoff
