#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lib/base/error.h"
#include "lib/base/glob.h"
#include "tools/signoff/facts/finding_facts.h"
#include "tools/signoff/facts/load_file.h"
#include "tools/signoff/facts/run_facts.h"

namespace tidemark::signoff {
namespace {

using budget::Measure;

// In use below the functions of a name, each stack once. A name that occurs nowhere is not
// measured: it may be misspelt, or the profile may have no symbols.
std::optional<Measure> below(const RunFacts& facts, const std::string& pattern) {
  Measure out{.metric = fmt::format("\"{}\"", pattern), .unit = budget::Unit::kBytes};
  std::size_t stacks = 0;
  double variance = 0;
  for (const SiteAmount& amount : facts.amounts) {
    const auto fits = [&](const std::string& function) { return matches_glob(pattern, function); };
    if (std::ranges::none_of(amount.functions, fits)) continue;
    ++stacks;
    out.value += amount.bytes;
    variance += amount.error * amount.error;
  }
  if (stacks == 0) return std::nullopt;
  if (variance > 0) out.error = std::sqrt(variance);
  out.basis = fmt::format("{} stack{}{}", stacks, stacks == 1 ? "" : "s",
                          variance > 0 ? ", " + facts.amounts_basis : "");
  out.file = facts.amounts_file;
  return out;
}

// "connections" is what leakwatch's users call what a load calls clients.
std::string name_of(budget::Subject subject) {
  constexpr std::string_view kMetric = "metric:";
  if (subject.metric == "rss.per" && subject.argument == "clients") {
    subject.argument = "connections";
  }
  if (subject.metric == "rss.per" && subject.argument.starts_with(kMetric)) {
    subject.argument.erase(0, kMetric.size());
  }
  return subject.name();
}

}  // namespace

std::string why_left_out(const RunFacts& facts, const budget::Rule& rule) {
  if (facts.verdict == State::kNotDone) return "";
  const bool latency = rule.unit == budget::Unit::kNanoseconds && rule.subject.metric != "recover";
  const std::string name = latency ? "latency" : rule.subject.name();
  const auto found = std::ranges::find(facts.left_out, name, &LeftOut::metric);
  return found == facts.left_out.end() ? "" : found->why;
}

std::optional<Measure> measure_of(const RunFacts& facts, const budget::Subject& subject,
                                  const std::vector<std::string>* known) {
  if (subject.metric == "site") return below(facts, subject.argument);
  const std::string name = name_of(subject);
  const auto found = std::ranges::find_if(facts.measures, [&](const Measure& measure) {
    return measure.metric == name && measure.stage == subject.stage;
  });
  if (found != facts.measures.end()) return *found;
  if (auto fresh = new_sites(facts, name, known)) return fresh;
  if (!is_of_load(subject)) return std::nullopt;
  try {
    const std::optional<LoadFile> load = read_load_file(facts.directory);
    return load ? load_measure(*load, subject) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // that it cannot be read is one of the warnings
  }
}

}  // namespace tidemark::signoff
