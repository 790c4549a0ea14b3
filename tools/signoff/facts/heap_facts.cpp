// What a sampled profile does not tell any more when it is read again is how sure it is: a pprof
// file has estimates, no errors. findings.json has the standard errors of their sums. The
// sampling interval R follows from these: n objects of s bytes in a stack stand for an estimate
// with the variance n s^2 (1 - p) / p, p = 1 - exp(-s/R) (parsers/heap_counts.h), and R is the
// one with which the variances of all stacks add up to the error of the sum.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <system_error>
#include <utility>

#include "lib/analyze/names.h"
#include "lib/analyze/profile_findings.h"
#include "lib/analyze/teardown.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/run/run_directory.h"
#include "parsers/formats.h"
#include "tools/signoff/facts/finding_facts.h"
#include "tools/signoff/facts/massif_facts.h"
#include "tools/signoff/facts/mean_error.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;
using budget::Measure;
using budget::Unit;

constexpr std::string_view kProfile = "profile.pb.gz";
constexpr std::size_t kMostNames = 4'000'000;  // functions in all stacks: some 200 MB
constexpr std::size_t kMostDumps = 64;

struct HeapStack {
  StackId stack = kRoot;
  double bytes = 0;
  double blocks = 0;
};

double variance(const HeapStack& held, double interval) {
  if (held.bytes <= 0) return 0;
  const double blocks = std::max(held.blocks, 1.0);
  const double size = held.bytes / blocks;
  const double missed = std::exp(-size / interval);
  return size * size * blocks * missed / std::max(1 - missed, 1e-300);
}

const ValueTotal* total_named(const Document* document, std::string_view name) {
  if (document == nullptr) return nullptr;
  const auto found = std::ranges::find(document->totals, name, &ValueTotal::name);
  return found == document->totals.end() ? nullptr : &*found;
}

// How many bytes are allocated between two samples, on average; nothing when all were counted.
std::optional<double> interval_of(const Document* document, const std::vector<HeapStack>& stacks) {
  const ValueTotal* in_use = total_named(document, "inuse_space");
  if (in_use != nullptr && in_use->value > 0 && in_use->error > 0 && !stacks.empty()) {
    const double wanted = in_use->error * in_use->error;
    double low = 1;
    double high = 1e15;
    for (int i = 0; i < 120; ++i) {
      const double middle = std::sqrt(low * high);
      double sum = 0;
      for (const HeapStack& held : stacks) sum += variance(held, middle);
      (sum < wanted ? low : high) = middle;
    }
    return low;
  }
  // Small objects: the variance of b bytes is b R.
  for (const char* name : {"inuse_space", "alloc_space"}) {
    const ValueTotal* total = total_named(document, name);
    if (total != nullptr && total->value > 0 && total->error > 0) {
      return total->error * total->error / static_cast<double>(total->value);
    }
  }
  return std::nullopt;
}

std::vector<HeapStack> stacks_of(const Profile& profile, std::size_t bytes,
                                 std::optional<std::size_t> blocks) {
  std::vector<HeapStack> out;
  for (std::size_t i = 1; i < profile.stacks(); ++i) {
    const StackId stack{static_cast<std::uint32_t>(i)};
    const auto values = profile.self(stack);
    // A stack that holds nothing now shows that its functions were called.
    if (std::ranges::all_of(values, [](std::int64_t value) { return value == 0; })) continue;
    out.push_back({.stack = stack,
                   .bytes = static_cast<double>(values[bytes]),
                   .blocks = blocks ? static_cast<double>(values[*blocks]) : 0});
  }
  std::ranges::stable_sort(out, std::greater{}, &HeapStack::bytes);
  return out;
}

std::vector<std::string> functions_of(const Profile& profile, StackId stack) {
  std::vector<std::string> out;
  for (; stack != kRoot; stack = profile.caller(stack)) {
    const std::string& function = profile.frame(profile.leaf(stack)).function;
    out.push_back(is_below_threshold(function) ? std::string(kBelowThreshold)
                                               : plain_function(function));
  }
  return out;
}

void add_amounts(const Profile& profile, const Document* document, RunFacts& facts) {
  const auto bytes = in_use_bytes(profile);
  if (!bytes) return;
  const std::vector<HeapStack> stacks = stacks_of(profile, *bytes, in_use_blocks(profile));
  const std::optional<double> interval = interval_of(document, stacks);
  std::size_t names = 0;
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    const HeapStack& held = stacks[i];
    std::vector<std::string> functions = functions_of(profile, held.stack);
    names += functions.size();
    if (names > kMostNames) {
      facts.warnings.push_back(fmt::format("{}: only the {} largest of {} stacks are looked at",
                                           kProfile, i, stacks.size()));
      break;
    }
    facts.amounts.push_back({.functions = std::move(functions),
                             .bytes = held.bytes,
                             .error = interval ? std::sqrt(variance(held, *interval)) : 0});
  }
  facts.amounts_file = kProfile;
  if (interval) facts.amounts_basis = "estimated from samples";
}

Measure heap_measure(std::string_view metric, double value, std::string basis, std::string file) {
  return {.metric = std::string(metric),
          .unit = Unit::kBytes,
          .value = value,
          .basis = std::move(basis),
          .file = std::move(file)};
}

// The second half of what the profiler's own clock counted.
Measure level(std::vector<double> values, std::string_view what, const std::string& file) {
  values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  Measure out =
      heap_measure("heap.steady", 0, fmt::format("the last {} {}", values.size(), what), file);
  if (const auto found = mean_error(values)) {
    out.value = found->mean;
    out.error = found->error;
    out.freedom = found->freedom;
    return out;
  }
  for (const double value : values) out.value += value / static_cast<double>(values.size());
  return out;
}

void add_readings(const std::vector<double>& values, std::string_view what, const std::string& file,
                  RunFacts& facts) {
  if (values.empty()) return;
  facts.measures.push_back(heap_measure("heap.peak", std::ranges::max(values),
                                        fmt::format("the largest of {} {}", values.size(), what),
                                        file));
  facts.measures.push_back(level(values, what, file));
}

// massif: by its own snapshots.
void add_snapshots(const Document& document, RunFacts& facts) {
  const auto heap = std::ranges::find(document.series, "heap", &Series::name);
  if (heap == document.series.end()) return;
  Series held = *heap;
  leave_out_teardown(held, teardown_of(facts.run));
  std::vector<double> values;
  for (const Point& point : held.points) values.push_back(static_cast<double>(point.value));
  add_readings(values, "snapshots", "findings.json", facts);
  if (heap->at_unit == "ms") facts.charts.insert(facts.charts.begin(), *heap);
}

// Our heap agent: estimates, at the peak and when the target was told to stop.
void add_estimates(const Document& document, RunFacts& facts) {
  const auto add = [&](std::string_view metric, std::string_view total, std::string_view basis) {
    const ValueTotal* found = total_named(&document, total);
    if (found == nullptr) return;
    Measure measure = heap_measure(metric, static_cast<double>(found->value), std::string(basis),
                                   "findings.json");
    // None of the sampled objects was in use: what is, is probably less than a sample stands for.
    const std::optional<double> interval = interval_of(&document, {});
    measure.error = found->error > 0 ? found->error : interval.value_or(-1);
    facts.measures.push_back(std::move(measure));
  };
  add("heap.peak", "peak_space", "estimated from samples, at the peak");
  add("heap.steady", "inuse_space", "estimated from samples, in use when it was told to stop");
}

// gperftools: the dumps that it wrote on its way.
void add_dumps(RunFacts& facts) {
  std::vector<double> values;
  for (const RunFile& file : facts.run.files) {
    if (file.format != "gperf-heap" || !stays_inside(file.path)) continue;
    if (values.size() == kMostDumps) {
      facts.warnings.push_back(fmt::format("only the first {} heap profiles are read", kMostDumps));
      break;
    }
    try {
      for (const Profile& profile : parse(read_file(facts.directory / file.path)).profiles) {
        const auto bytes = in_use_bytes(profile);
        if (bytes) values.push_back(static_cast<double>(profile.total()[*bytes]));
      }
    } catch (const Error& error) {
      facts.warnings.emplace_back(error.what());
    }
  }
  add_readings(values, "dumps", "raw", facts);
}

}  // namespace

bool is_below_threshold(std::string_view function) {
  // "in 24 places, all below massif's threshold (1.00%)"
  return function == kBelowThreshold ||
         (function.starts_with("in ") &&
          function.find("massif's threshold") != std::string_view::npos);
}

void add_heap(const Document* document, RunFacts& facts) {
  std::error_code none;
  const std::string& backend = facts.run.backend;
  if (fs::exists(facts.directory / kProfile, none)) {
    facts.profile = kProfile;
    // Those of memcheck and of sanitizers hold what was not freed, not what is in use.
    const bool in_use = backend != "memcheck" && backend != "lsan-log" &&
                        !(backend == "massif" && add_massif_levels(facts));
    try {
      const Recording recording = parse(read_file(facts.directory / kProfile));
      if (in_use && !recording.profiles.empty()) {
        add_amounts(recording.profiles.back(), document, facts);
      }
      facts.warnings.insert(facts.warnings.end(), recording.warnings.begin(),
                            recording.warnings.end());
    } catch (const Error& error) {
      facts.warnings.emplace_back(error.what());
    }
  }
  if (document != nullptr && backend == "massif") add_snapshots(*document, facts);
  if (document != nullptr && backend == "heap") add_estimates(*document, facts);
  if (backend == "gperf-heap") add_dumps(facts);
}

}  // namespace tidemark::signoff
