#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "tools/signoff/compare/baseline.h"

namespace tidemark::signoff {

// A run of memcheck on a service that went well and found nothing.
inline RunFacts made_run(const std::string& name) {
  RunFacts facts;
  facts.directory = "/nowhere/" + name;
  facts.run.tool = "memprof";
  facts.run.command = {"memprof", "run", "--", "service"};
  facts.run.backend = "memcheck";
  facts.run.target = {"/opt/service", "--port", "8080"};
  facts.run.host = "ci-4";
  facts.run.kernel = "Linux 6.1";
  facts.run.state = "ended";
  facts.run.end = {.kind = EndKind::kExited};
  facts.verdict = State::kPassed;
  facts.judges_leaks = true;
  return facts;
}

inline budget::Measure made_measure(const std::string& metric, budget::Unit unit, double value) {
  return {.metric = metric, .unit = unit, .value = value};
}

// One side of a comparison.
inline Baseline made_side(const std::string& name, std::vector<RunFacts> runs) {
  Baseline side{.name = name};
  int repetition = 0;
  for (RunFacts& facts : runs)
    side.runs.push_back(
        {.name = "memcheck", .repetition = ++repetition, .facts = std::move(facts)});
  return side;
}

inline Site made_site(FindingKind kind, const std::string& fingerprint, std::int64_t bytes = 0) {
  Site site{.kind = kind, .fingerprint = fingerprint, .title = "in " + fingerprint};
  site.bytes = bytes;
  site.count = 1;
  return site;
}

}  // namespace tidemark::signoff
