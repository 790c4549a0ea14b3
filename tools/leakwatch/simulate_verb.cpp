#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/verdict/leak_judge.h"
#include "tools/leakwatch/trace.h"
#include "tools/leakwatch/verbs.h"
#include "tools/leakwatch/watch/plan.h"

namespace tidemark::leakwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEvents = "events.csv";
constexpr std::string_view kLabels = "labels.csv";  // the truth, which must not be read

std::vector<fs::path> traces_in(const fs::path& directory) {
  std::error_code problem;
  std::vector<fs::path> out;
  for (fs::directory_iterator it(directory, problem), end; !problem && it != end;
       it.increment(problem)) {
    const std::string name = it->path().filename().string();
    if (it->path().extension() != ".csv" || name == kEvents || name == kLabels) continue;
    out.push_back(it->path());
  }
  if (problem) throw errno_error(printable(directory.string()), problem.value());
  if (out.empty()) {
    throw Error(
        fmt::format("{}: no trace (*.csv) in this directory", printable(directory.string())));
  }
  std::ranges::sort(out);
  return out;
}

std::string_view word(verdict::Answer answer) {
  switch (answer) {
    case verdict::Answer::kLeak:
      return "leak";
    case verdict::Answer::kBounded:
    case verdict::Answer::kNoLeak:
      return "no_leak";
    case verdict::Answer::kNotEnough:
      break;
  }
  return "inconclusive";
}

std::string row(std::string_view trace, const verdict::LeakVerdict& verdict) {
  std::string text = fmt::format("{},{},{:.4f},", trace, word(verdict.answer), verdict.confidence);
  if (verdict.growth_bytes_per_day) {
    const verdict::Estimate& growth = *verdict.growth_bytes_per_day;
    text += fmt::format("{:.0f},{:.0f},{:.0f},", growth.value, growth.low, growth.high);
  } else {
    text += ",,,";
  }
  if (verdict.first_alarm_s) text += fmt::format("{:.0f}", *verdict.first_alarm_s);
  return text + "\n";
}

}  // namespace

int simulate_verb(const cli::Args& args) {
  if (args.operands().size() != 1) throw UsageError("expected one directory with traces");
  const fs::path directory = args.operands()[0];
  const double gate = bytes_per_day(args.value("--max-growth"), "--max-growth");
  Restarts restarts;
  if (fs::exists(directory / kEvents)) {
    restarts = read_restarts(read_file(directory / kEvents).input());
  }
  std::string text =
      "trace,verdict,confidence,growth24_est,growth24_lo,growth24_hi,first_alarm_s\n";
  for (const fs::path& path : traces_in(directory)) {
    const File file = read_file(path);
    const std::string name = path.stem().string();
    verdict::LeakJudge judge({.gate_bytes_per_day = gate});
    read_trace(file.input(), restarts[name],
               [&](const verdict::Sample& sample) { judge.add(sample); });
    const verdict::LeakVerdict verdict = judge.verdict();
    text += row(name, verdict);
    if (args.given("--explain")) {
      const std::string line = fmt::format("{}: {}\n", printable(name), printable(verdict.text));
      (void)std::fputs(line.c_str(), stderr);  // nobody may be reading it
    }
  }
  write_file(args.value("--output"), text);
  return cli::kOk;
}

}  // namespace tidemark::leakwatch
