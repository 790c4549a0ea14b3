// Prints what facts say of a run directory, for facts_test.py: print_facts DIR [PATTERN]
//
//   verdict <tab> failed
//   warning <tab> text
//   measure <tab> metric <tab> stage <tab> value <tab> error <tab> exact <tab> why not applicable

#include <fmt/format.h>

#include <exception>
#include <iostream>

#include "tools/signoff/facts/run_facts.h"

namespace tidemark::signoff {
namespace {

void print(const budget::Measure& one) {
  std::cout << fmt::format("measure\t{}\t{}\t{}\t{}\t{}\t{}\n", one.metric, one.stage, one.value,
                           one.error, one.exact ? 1 : 0, one.not_applicable);
}

void print(const RunFacts& facts, const std::string& pattern) {
  std::cout << "verdict\t" << name_of(facts.verdict) << "\n";
  for (const std::string& warning : facts.warnings) std::cout << "warning\t" << warning << "\n";
  for (const budget::Measure& one : facts.measures) print(one);
  for (const Series& chart : facts.charts) std::cout << "chart\t" << chart.name << "\n";
  if (pattern.empty()) return;
  const auto below = measure_of(facts, {.metric = "site", .argument = pattern}, nullptr);
  if (below) print(*below);
}

}  // namespace
}  // namespace tidemark::signoff

int main(int argc, char** argv) {
  try {
    tidemark::signoff::print(tidemark::signoff::read_run_facts(argc > 1 ? argv[1] : ""),
                             argc > 2 ? argv[2] : "");
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
