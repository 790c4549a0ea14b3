// Writes made-up traces in the form of shared/leakbench, labels and all:
//   leak_traces DIR SEED TRACES_PER_FAMILY
#include "tests/lib/verdict/leak_traces.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iterator>
#include <string>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

std::string csv(const verdict::Trace& trace) {
  const bool counted = trace.samples.front().requests >= 0;
  std::string out = counted ? "t_seconds,rss_bytes,requests\n" : "t_seconds,rss_bytes\n";
  auto to = std::back_inserter(out);
  for (const verdict::Sample& sample : trace.samples) {
    fmt::format_to(to, "{:.0f},{:.0f}", sample.at_s, sample.bytes);
    if (counted) fmt::format_to(to, ",{:.0f}", sample.requests);
    out += '\n';
  }
  return out;
}

std::string_view label(verdict::Truth truth) {
  switch (truth) {
    case verdict::Truth::kLeak:
      return "leak";
    case verdict::Truth::kNoLeak:
      return "no_leak";
    case verdict::Truth::kUndecidable:
      break;
  }
  return "ambiguous";
}

void write(const fs::path& directory, std::uint64_t seed, std::uint64_t count) {
  fs::create_directories(directory);
  std::string labels = "trace,family,group,label,onset_s,growth_next24h,index,params\n";
  std::string events = "trace,t_seconds,event\n";
  for (const verdict::TraceFamily& family : verdict::trace_families()) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string name = fmt::format("{}_{:04}", family.name, i);
      const verdict::Trace trace = verdict::make_trace(family.name, seed * 100000 + i);
      write_file(directory / (name + ".csv"), csv(trace));
      const bool undecidable = family.truth == verdict::Truth::kUndecidable;
      labels += fmt::format("{},{},{},{},{:.0f},{:.0f},{},-\n", name, family.name,
                            undecidable ? "ambiguous" : "core", label(family.truth), trace.onset_s,
                            trace.next_day_bytes, i);
      for (const double at_s : trace.restarts_s) {
        events += fmt::format("{},{:.0f},restart\n", name, at_s);
      }
    }
  }
  write_file(directory / "labels.csv", labels);
  write_file(directory / "events.csv", events);
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  const auto number = [&](int i) {
    return i < argc ? tidemark::to_unsigned(argv[i]) : std::nullopt;
  };
  if (argc != 4 || !number(2) || !number(3)) {
    std::fputs("usage: leak_traces DIR SEED TRACES_PER_FAMILY\n", stderr);
    return 2;
  }
  try {
    tidemark::write(argv[1], *number(2), *number(3));
  } catch (const std::exception& problem) {
    fmt::print(stderr, "leak_traces: {}\n", problem.what());
    return 3;
  }
  return 0;
}
