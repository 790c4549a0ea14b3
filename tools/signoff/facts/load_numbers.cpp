#include "tools/signoff/facts/load_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/report/amounts.h"
#include "lib/run/load_file.h"
#include "tools/signoff/facts/mean_error.h"

namespace tidemark::signoff {
namespace {

using budget::Measure;
using budget::Unit;

// The standard error, by itself, of a value that is known to within 1/1024: a bucket.
constexpr double kBucket = std::numbers::inv_sqrt3 / 2 / 1024;

double seconds_of(const load::RunResult& run, const std::string& stage) {
  double ms =
      stage.empty() ? static_cast<double>(run.end_ms) - static_cast<double>(run.start_ms) : 0;
  for (const load::StageResult& one : run.stages) {
    if (stage.empty() || one.name != stage) continue;
    ms += static_cast<double>(one.end_ms) - static_cast<double>(one.start_ms);
  }
  return std::max(ms, 0.0) / 1e3;
}

Measure measure_of(const Answers& answers, std::string_view metric, Unit unit, double value) {
  return {.metric = answers.name(metric),
          .stage = answers.stage,
          .unit = unit,
          .value = value,
          .basis = fmt::format("{} answers in {:.1f} s", grouped(answers.done), answers.seconds),
          .file = std::string(kLoadFile)};
}

// Between which shares the true one lies, when `share` of `count` was seen (Wilson 1927).
std::pair<double, double> wilson(double share, double count, double t) {
  const double spread = t * t / count;
  const double middle = (share + spread / 2) / (1 + spread);
  const double half =
      t * std::sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread);
  return {share <= 0 ? 0 : std::max(middle - half, 0.0),
          share >= 1 ? 1 : std::min(middle + half, 1.0)};
}

}  // namespace

std::int64_t Answers::failed() const {
  return std::accumulate(failures.begin(), failures.end(), std::int64_t{0}, checked_add);
}

std::int64_t Answers::all() const { return checked_add(done, failed()); }

std::string Answers::name(std::string_view metric) const {
  return label.empty() ? std::string(metric) : fmt::format("{}.{}", label, metric);
}

Answers answers_of(const load::LabelResult& label, const load::RunResult& run) {
  if (label.done < 0) {
    throw Error(
        fmt::format("{}: {} has {} answers", kLoadFile, tidemark::quoted(label.label), label.done));
  }
  Answers out{.label = label.label,
              .stage = label.stage,
              .tags = {label.label},
              .response = label.response,
              .done = label.done,
              .failures = label.failures,
              .seconds = seconds_of(run, label.stage)};
  out.all();  // throws here rather than when it is asked for
  return out;
}

std::optional<Answers> answers_for(const load::RunResult& run, const std::string& label,
                                   const std::string& stage) {
  if (const load::LabelResult* exact = run.find(label, stage)) return answers_of(*exact, run);
  std::optional<Answers> family;
  for (const load::LabelResult& one : run.labels) {
    if (label.empty() || one.stage != stage || !one.label.starts_with(label + ".")) continue;
    if (!family) {
      family = answers_of(one, run);
      family->label = label;
      continue;
    }
    family->tags.push_back(one.label);
    family->response.add(one.response);
    family->done = checked_add(family->done, one.done);
    for (std::size_t kind = 0; kind < one.failures.size(); ++kind) {
      family->failures.at(kind) = checked_add(family->failures.at(kind), one.failures.at(kind));
    }
  }
  return family;
}

Asked asked_of(const Answers& answers, const load::RunResult& run,
               const std::vector<double>& percentiles) {
  Asked out{.tags = answers.tags};
  for (const double percent : percentiles) {
    out.thresholds.push_back(answers.response.at_percentile(percent));
  }
  for (const load::StageResult& stage : run.stages) {
    if (stage.start_ms >= stage.end_ms) continue;
    if (!answers.stage.empty() && stage.name != answers.stage) continue;
    out.stretches.push_back({.from_ms = stage.start_ms, .to_ms = stage.end_ms, .beats = {}});
  }
  if (run.stages.empty() && run.start_ms < run.end_ms) {
    out.stretches.push_back({.from_ms = run.start_ms, .to_ms = run.end_ms, .beats = {}});
  }
  return out;
}

Measure percentile(const Answers& answers, double percent, const LogError& sure) {
  const auto value = static_cast<double>(answers.response.at_percentile(percent));
  Measure out = measure_of(answers, fmt::format("p{:g}", percent), Unit::kNanoseconds, value);
  const double t = student_95(sure.freedom);
  const double reach = std::exp(t * std::max(sure.error, kBucket));
  // Where sections differ by factors, their few may allow what no answer ever took.
  out.low = std::max(value / reach, static_cast<double>(answers.response.min()));
  out.high = std::min(value * reach, static_cast<double>(answers.response.max()));
  out.error = std::max((out.high - out.low) / (2 * t), value * kBucket);
  out.freedom = sure.freedom;
  return out;
}

Measure percentile(const Answers& answers, double percent, const std::optional<Spoilt>& spoilt) {
  // As many as these are needed beyond a percentile to bound it from above.
  constexpr double kBeyond = 4;
  const auto value = static_cast<double>(answers.response.at_percentile(percent));
  Measure out = measure_of(answers, fmt::format("p{:g}", percent), Unit::kNanoseconds, value);
  if (!spoilt) {
    out.basis += "; too few seconds to tell how sure it is";
    return out;
  }
  const double design = std::max(spoilt->design, 1.0);
  const double count = static_cast<double>(answers.response.count()) / design;
  const double share = percent / 100;
  if (design > 1.05) out.basis += fmt::format(", worth {:.0f} independent ones", count);
  if (count * (1 - share) < kBeyond) {
    out.basis += "; too few of them are slower to tell how sure it is";
    return out;
  }
  const double t = student_95(spoilt->freedom);
  const auto [from, to] = wilson(share, count, t);
  out.low = static_cast<double>(answers.response.at_percentile(100 * from));
  out.high = static_cast<double>(answers.response.at_percentile(100 * to));
  out.error = std::max((out.high - out.low) / (2 * t), value * kBucket);
  out.freedom = spoilt->freedom;
  return out;
}

Measure mean(const Answers& answers, const std::optional<Spoilt>& spoilt) {
  Measure out = measure_of(answers, "mean", Unit::kNanoseconds, answers.response.mean());
  if (!spoilt) return out;
  const double count =
      static_cast<double>(answers.response.count()) / std::max(spoilt->design, 1.0);
  out.error = answers.response.deviation() / std::sqrt(count);
  out.freedom = spoilt->freedom;
  return out;
}

Measure largest(const Answers& answers) {
  return measure_of(answers, "max", Unit::kNanoseconds,
                    static_cast<double>(answers.response.max()));
}

Measure rate(const Answers& answers, const std::optional<Spoilt>& spoilt) {
  const auto done = static_cast<double>(answers.done);
  Measure out = measure_of(answers, "rate", Unit::kPerSecond, done / answers.seconds);
  if (!spoilt) return out;
  out.error = std::sqrt(done * spoilt->design) / answers.seconds;
  out.freedom = spoilt->freedom;
  return out;
}

Measure errors(const Answers& answers, const std::optional<Spoilt>& spoilt) {
  const auto failed = static_cast<double>(answers.failed());
  const double all = static_cast<double>(answers.done) + failed;
  Measure out = measure_of(answers, "errors", Unit::kShare, failed / all);
  out.trials = all;
  out.basis = fmt::format("{} of {} failed", grouped(answers.failed()), grouped(answers.all()));
  const double design = spoilt ? std::max(spoilt->design, 1.0) : 1.0;
  if (design > 1.05) out.basis += fmt::format(", in bunches: as sure as {:.0f}", all / design);
  out.freedom = spoilt ? spoilt->freedom : 0;
  const double t = student_95(out.freedom);
  std::tie(out.low, out.high) = wilson(out.value, all / design, t);
  // None failed of n: the error of a share that may as well be 1/n.
  out.error = std::max(std::sqrt(out.value * (1 - out.value) * design / all),
                       (out.high - out.low) / (2 * t));
  return out;
}

Measure connected(const Answers& answers) {
  std::int64_t refused = 0;
  for (const load::Failure kind : {load::Failure::kConnect, load::Failure::kName,
                                   load::Failure::kTls, load::Failure::kDescriptors}) {
    refused = checked_add(refused, answers.failures.at(static_cast<std::size_t>(kind)));
  }
  const std::int64_t all = answers.all();
  Answers reached = answers;
  reached.done = refused;
  reached.failures = {};
  reached.failures.at(1) = all - refused;  // the share of these is what is asked for
  Measure out = errors(reached, std::nullopt);
  out.metric = answers.name("connected");
  out.basis = fmt::format("{} of {} found no connection", grouped(refused), grouped(all));
  return out;
}

}  // namespace tidemark::signoff
