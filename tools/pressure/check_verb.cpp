#include "tools/pressure/check_verb.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/load/scenario.h"
#include "lib/load/scenario_words.h"
#include "lib/process/command.h"
#include "tools/pressure/beside/sql_mix.h"
#include "tools/pressure/engine/address.h"
#include "tools/pressure/faults/faults.h"

namespace tidemark::pressure {
namespace {

using load::Need;
using load::Scenario;

// Why there is not what is needed; empty: there is.
std::string missing_program(const std::string& name) {
  return find_program(name) ? "" : "not found in PATH";
}

std::string missing_process(const std::string& pid) {
  if (::kill(static_cast<pid_t>(std::stol(pid)), 0) == 0) return "";
  return errno == ESRCH ? "there is no such process" : "it belongs to somebody else";
}

std::string missing_descriptors(std::int64_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return "";
  if (static_cast<rlim_t>(count) <= limit.rlim_max) return "";
  return fmt::format("the limit is {}; ulimit -Hn raises it", limit.rlim_max);
}

// A mistake in the file is the user's: UsageError.
std::string missing_file(const std::string& path) {
  try {
    const File file = read_file(path);
    parse_sql_mix(file.input());
    return "";
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    return error.what();
  }
}

std::string missing(const Need& need) {
  switch (need.kind) {
    case Need::Kind::kProgram:
      return missing_program(need.what);
    case Need::Kind::kFile:
      return missing_file(need.what);
    case Need::Kind::kProcess:
      return missing_process(need.what);
    case Need::Kind::kDescriptors:
      return missing_descriptors(need.count);
    case Need::Kind::kTarget:
      return "give --target";
  }
  return "";
}

struct Finding {
  std::string what;
  std::string trouble;  // empty: none
};

Finding find_target(const load::Target& target) {
  Finding finding{.what = "the target is this machine", .trouble = ""};
  try {
    require_ours(target, Addresses::of(target), {});
  } catch (const Error& error) {
    finding.trouble =
        error.hint().empty() ? error.what() : fmt::format("{}; {}", error.what(), error.hint());
  }
  return finding;
}

std::vector<Finding> findings_of(const Scenario& scenario) {
  std::vector<Finding> findings;
  if (scenario.target) findings.push_back(find_target(*scenario.target));
  for (const Need& need : load::needs_of(scenario)) {
    findings.push_back(
        {.what = fmt::format("{}, for {}", need.what, need.why), .trouble = missing(need)});
  }
  const std::vector<ImpossibleFault> impossible = impossible_faults(scenario);
  for (const ImpossibleFault& fault : impossible) {
    findings.push_back({.what = fmt::format("the fault \"{}\"", fault.text), .trouble = fault.why});
  }
  if (impossible.empty() && !scenario.faults.empty()) {
    findings.push_back({.what = "all that the faults need", .trouble = ""});
  }
  return findings;
}

}  // namespace

int check_verb(const cli::Args& args) {
  if (args.operands().size() != 1) {
    throw UsageError("expected one scenario file", "`pressure check --help` shows an example");
  }
  const File file = read_file(args.operands()[0]);
  const Scenario scenario = load::parse_scenario(
      file.input(), args.given("--target") ? args.value("--target") : std::string_view());
  std::string text = load::scenario_words(scenario);
  text += "\nNeeds:\n";
  bool all = true;
  for (const Finding& finding : findings_of(scenario)) {
    all = all && finding.trouble.empty();
    text += finding.trouble.empty() ? fmt::format("  ok       {}\n", printable(finding.what))
                                    : fmt::format("  missing  {}: {}\n", printable(finding.what),
                                                  printable(finding.trouble));
  }
  write_file("-", text);
  return all ? cli::kOk : cli::kFound;
}

}  // namespace tidemark::pressure
