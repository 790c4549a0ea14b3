#include "tools/signoff/facts/soak_facts.h"

#include <fmt/format.h>

#include <cmath>
#include <system_error>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/report/growth_json.h"
#include "lib/report/soak_files.h"
#include "tools/signoff/facts/mean_error.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;
using budget::Measure;
using budget::Unit;

constexpr std::string_view kVerdict = "verdict.json";
constexpr std::string_view kSites = "sites.json";

State state_of(const SoakVerdict& verdict) {
  constexpr int kFound = 1;
  constexpr int kUndecided = 4;
  if (!verdict.final) return State::kNotDone;
  if (!verdict.failure.empty()) return State::kFailed;
  switch (verdict.exit_code) {
    case 0:
      return State::kPassed;
    case kFound:
      return State::kFailed;
    case kUndecided:
      return State::kInconclusive;
    default:
      return State::kNotDone;
  }
}

std::string basis_of(const SoakVerdict& verdict) {
  std::string out = fmt::format("{} readings in {:.1f} min", verdict.rows,
                                static_cast<double>(verdict.watched_ms) / 60e3);
  if (verdict.compress != 1) {
    out += fmt::format(", each second counted as {:g}", verdict.compress);
  }
  return out;
}

// leakwatch's own interval; what is open on a side is not known at all there.
Measure growth(std::string_view metric, Unit unit, const Bounded& bounds,
               const SoakVerdict& verdict) {
  Measure out{.metric = std::string(metric),
              .unit = unit,
              .value = bounds.value,
              .basis = basis_of(verdict),
              .file = std::string(kVerdict)};
  if (!std::isfinite(bounds.low) || !std::isfinite(bounds.high)) return out;
  out.error = (bounds.high - bounds.low) / (2 * student_95(0));
  out.low = bounds.low;
  out.high = bounds.high;
  return out;
}

template <typename Use>
void read_if_there(RunFacts& facts, std::string_view name, Use&& use) {
  const fs::path path = facts.directory / name;
  std::error_code none;
  if (!fs::exists(path, none)) return;
  try {
    use(path.string(), read_file(path).bytes());
  } catch (const Error& error) {
    facts.warnings.emplace_back(error.what());
  }
}

}  // namespace

void add_verdict(std::string_view name, std::string_view text, RunFacts& facts) {
  const SoakVerdict verdict = soak_verdict_from_json(name, text);
  facts.verdict = state_of(verdict);
  facts.verdict_text = verdict.text;
  if (!verdict.final) {
    facts.warnings.push_back(fmt::format("{}: the soak was not watched to its end", name));
    return;
  }
  if (!verdict.failure.empty()) {
    facts.warnings.push_back(fmt::format("growth does not count: {}", verdict.failure));
    return;
  }
  if (verdict.lives > 1) {
    facts.warnings.push_back(fmt::format("the target was started {} times", verdict.lives));
  }
  if (verdict.growth_bytes_per_day) {
    facts.measures.push_back(
        growth("growth", Unit::kBytesPerDay, *verdict.growth_bytes_per_day, verdict));
  } else {
    facts.left_out.push_back({.metric = "growth", .why = verdict.text});
    facts.warnings.push_back(fmt::format("no growth: {}", verdict.text));
  }
  if (verdict.growth_bytes_per_million_requests) {
    facts.measures.push_back(growth("growth.per_request", Unit::kBytesPerMillion,
                                    *verdict.growth_bytes_per_million_requests, verdict));
  }
}

void add_soak(RunFacts& facts) {
  std::error_code none;
  if (!fs::exists(facts.directory / kVerdict, none)) {
    facts.verdict_text = "the watcher left no verdict";
    facts.warnings.push_back(
        fmt::format("{}: there is none", (facts.directory / kVerdict).string()));
  }
  read_if_there(facts, kVerdict, [&](const std::string& name, std::string_view text) {
    add_verdict(name, text, facts);
  });
  read_if_there(facts, kSites, [&](const std::string& name, std::string_view text) {
    facts.growth = growth_from_json(name, text);
  });
}

}  // namespace tidemark::signoff
