#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "lib/base/numbers.h"
#include "lib/run/load_file.h"
#include "tools/signoff/facts/load_file.h"
#include "tools/signoff/facts/load_numbers.h"
#include "tools/signoff/facts/scaling.h"

namespace tidemark::signoff {
namespace {

using budget::Measure;
using budget::Unit;

// Few beats of a label tell nothing; then all requests together stand for it, less by as many as
// the label has fewer of them in each second.
class Spoilers {
 public:
  Spoilers(const LoadFile& load, const std::vector<double>& percentiles)
      : load_(load), percentiles_(percentiles) {}

  void add(Answers answers) {
    for (const Answers& known : answers_) {
      if (known.label == answers.label && known.stage == answers.stage) return;
    }
    answers_.push_back(std::move(answers));
  }

  // What is said of a damaged log; empty: nothing.
  std::string read() {
    for (const Answers& one : answers_) {
      asked_.push_back(asked_of(one, load_.result, percentiles_));
    }
    return read_beats(load_.log, asked_);
  }

  const std::vector<Answers>& answers() const { return answers_; }

  Measure percentile_of(const Answers& answers, std::size_t index) const {
    if (const auto own = sections_of(answers.label, answers.stage, index)) {
      return percentile(answers, percentiles_[index], *own);
    }
    for (const std::string& stage : {answers.stage, std::string()}) {
      if (const auto all = sections_of("", stage, index)) {
        const Answers& there = *find("", stage);
        if (const auto sure = taken_over(*all, there, answers, percentiles_[index])) {
          return percentile(answers, percentiles_[index], *sure);
        }
      }
    }
    return percentile(answers, percentiles_[index], of(answers, Trait::Kind::kOver, index));
  }

  std::optional<Spoilt> of(const Answers& answers, Trait::Kind kind, std::size_t index) const {
    const std::pair<std::string, std::string> places[] = {
        {answers.label, answers.stage}, {"", answers.stage}, {"", ""}};
    for (const auto& [label, stage] : places) {
      for (std::size_t i = 0; i < answers_.size(); ++i) {
        if (answers_[i].label != label || answers_[i].stage != stage) continue;
        auto found = spoilt(asked_[i], trait(answers_[i], kind, index));
        if (!found) break;
        const bool same = label == answers.label && stage == answers.stage;
        if (!same) stretch(*found, answers, answers_[i]);
        return found;
      }
    }
    return std::nullopt;
  }

 private:
  const Answers* find(std::string_view label, std::string_view stage) const {
    const auto found = std::ranges::find_if(
        answers_, [&](const Answers& one) { return one.label == label && one.stage == stage; });
    return found == answers_.end() ? nullptr : &*found;
  }

  std::optional<LogError> sections_of(std::string_view label, std::string_view stage,
                                      std::size_t index) const {
    const Answers* found = find(label, stage);
    if (found == nullptr) return std::nullopt;
    const double percent = percentiles_[index];
    return log_error(asked_[static_cast<std::size_t>(found - answers_.data())], percent,
                     static_cast<double>(found->response.at_percentile(percent)));
  }

  // The seconds of all requests are those of a label as well: what they add to the error of
  // independent answers is the same factor.
  static std::optional<LogError> taken_over(const LogError& all, const Answers& there,
                                            const Answers& here, double percent) {
    const auto alone = [percent](const Answers& answers) -> std::optional<double> {
      const Measure measure = percentile(answers, percent, Spoilt{});
      if (!(measure.error > 0) || measure.low <= 0) return std::nullopt;
      return std::log(measure.high / measure.low) / 4;
    };
    const auto of_all = alone(there);
    const auto own = alone(here);
    if (!of_all || !own) return std::nullopt;
    const double shared = std::max(all.error * all.error - *of_all * *of_all, 0.0);
    return LogError{.error = std::sqrt(shared + *own * *own), .freedom = all.freedom};
  }

  Trait trait(const Answers& answers, Trait::Kind kind, std::size_t index) const {
    if (kind == Trait::Kind::kRate) return {.kind = kind};
    if (kind == Trait::Kind::kMean) {
      const double deviation = answers.response.deviation();
      return {.kind = kind, .expected = answers.response.mean(), .variance = deviation * deviation};
    }
    // Of all that are in a bucket a percentile counts none as slower.
    const std::int64_t limit = answers.response.at_percentile(percentiles_[index]);
    const auto count = static_cast<double>(answers.response.count());
    const double over =
        1 - static_cast<double>(answers.response.count_up_to(limit)) / std::max(count, 1.0);
    return {.kind = kind, .threshold = index, .expected = over, .variance = over * (1 - over)};
  }

  // A cluster of m likes has a design effect of 1 + (m - 1) r.
  static void stretch(Spoilt& found, const Answers& here, const Answers& there) {
    const auto many = static_cast<double>(std::max<std::int64_t>(there.done, 1));
    const double part =
        static_cast<double>(here.done) / many * there.seconds / std::max(here.seconds, 1e-3);
    found.design = 1 + (found.design - 1) * std::clamp(part, 0.0, 1.0);
  }

  const LoadFile& load_;
  const std::vector<double>& percentiles_;
  std::vector<Answers> answers_;
  std::vector<Asked> asked_;
};

// Failures come in bunches: from how many there were in each second.
std::optional<Spoilt> bunches(const LoadFile& load, const Timelines& lines) {
  const Timeline* failed = lines.find("load.errors");
  const Timeline* done = lines.find("load.rate");
  const load::LabelResult* all = load.result.find("", "");
  if (failed == nullptr || done == nullptr || all == nullptr) return std::nullopt;
  const Answers answers = answers_of(*all, load.result);
  const auto count = static_cast<double>(answers.all());
  if (answers.failed() == 0) return std::nullopt;
  const double share = static_cast<double>(answers.failed()) / count;
  std::map<std::size_t, std::vector<double>> by_stage;
  for (std::size_t i = 0; i < kSlots; ++i) {
    if (failed->slots[i].count == 0 || done->slots[i].count == 0) continue;
    std::size_t stage = 0;
    for (const load::StageResult& one : load.result.stages) {
      if (lines.slot_ms(i) < static_cast<double>(one.end_ms)) break;
      ++stage;
    }
    const double bad = failed->slots[i].sum;
    by_stage[stage].push_back(bad - share * (bad + done->slots[i].sum));
  }
  std::vector<std::vector<double>> excesses;
  excesses.reserve(by_stage.size());
  for (auto& [stage, here] : by_stage) excesses.push_back(std::move(here));
  return spoilt(excesses, count, share * (1 - share));
}

struct Sorts {
  bool latencies = true;
  std::string not_applicable;  // of latencies and rates
};

// Under a profiler neither latency nor rate are the target's own.
Sorts sorts_of(const LoadFile& load) {
  Sorts out{.latencies = !load.late()};
  if (!load.result.under.empty()) {
    out.not_applicable =
        fmt::format("the target ran under {}, which slows it down", load.result.under);
  }
  return out;
}

bool is_slowed(const Measure& measure) {
  return measure.unit == Unit::kNanoseconds || measure.unit == Unit::kPerSecond;
}

// Those that are listed; others are there for who asks for them.
constexpr std::array<double, 5> kListed = {50, 90, 95, 99, 99.9};

void add_numbers(const Answers& answers, const Spoilers& spoilers, bool latencies,
                 std::vector<Measure>& out) {
  if (latencies && answers.response.count() > 0) {
    const auto count = static_cast<double>(answers.response.count());
    for (std::size_t i = 0; i < kListed.size(); ++i) {
      if (count * (1 - kListed.at(i) / 100) < 1) break;  // it is the largest
      out.push_back(spoilers.percentile_of(answers, i));
    }
    out.push_back(mean(answers, spoilers.of(answers, Trait::Kind::kMean, 0)));
    out.push_back(largest(answers));
  }
  if (answers.seconds > 0) {
    out.push_back(rate(answers, spoilers.of(answers, Trait::Kind::kRate, 0)));
  }
}

// The share of the time that streams were open, as the driver counted it for a limit.
std::optional<Measure> watched_connections(const load::RunResult& run, const std::string& label,
                                           const std::string& stage) {
  for (const load::LimitResult& one : run.limits) {
    if (one.limit.metric != "connected" || one.limit.label != label || one.limit.stage != stage ||
        !one.measured) {
      continue;
    }
    return Measure{.metric = label.empty() ? "connected" : label + ".connected",
                   .stage = stage,
                   .unit = Unit::kShare,
                   .value = *one.measured,
                   .basis = "the share of the time in which its clients were connected",
                   .file = std::string(kLoadFile)};
  }
  return std::nullopt;
}

std::optional<Measure> connections(const load::RunResult& run, const std::string& label,
                                   const std::string& stage) {
  if (auto watched = watched_connections(run, label, stage)) return watched;
  // Streams have a label for their connecting.
  std::optional<Answers> answers =
      label.empty() ? std::nullopt : answers_for(run, label + ".connect", stage);
  if (answers) {
    answers->label = label;
  } else {
    answers = answers_for(run, label, stage);
  }
  if (!answers || answers->all() == 0) return std::nullopt;
  return connected(*answers);
}

}  // namespace

std::vector<Measure> load_measures(const LoadFile& load, const Timelines& lines,
                                   std::vector<std::string>& warnings) {
  const std::vector<double> percentiles(kListed.begin(), kListed.end());
  Spoilers spoilers(load, percentiles);
  for (const load::LabelResult& label : load.result.labels) {
    spoilers.add(answers_of(label, load.result));
  }
  if (std::string trouble = spoilers.read(); !trouble.empty()) {
    warnings.push_back(std::move(trouble));
  }
  const Sorts sorts = sorts_of(load);
  if (!sorts.latencies) warnings.push_back("latencies are left out: " + load.result.why);
  const std::optional<Spoilt> bunched = bunches(load, lines);
  std::vector<Measure> out;
  for (const Answers& answers : spoilers.answers()) {
    add_numbers(answers, spoilers, sorts.latencies, out);
    if (answers.all() > 0) out.push_back(errors(answers, bunched));
    if (!answers.label.empty()) continue;  // it is there for who asks
    if (auto open = connections(load.result, "", answers.stage)) out.push_back(std::move(*open));
  }
  for (Measure& measure : scaling_measures(load.result, warnings)) {
    measure.not_applicable = sorts.not_applicable;
    out.push_back(std::move(measure));
  }
  for (Measure& measure : recovery_measures(load.result, warnings)) {
    out.push_back(std::move(measure));
  }
  for (Measure& measure : out) {
    if (is_slowed(measure)) measure.not_applicable = sorts.not_applicable;
  }
  return out;
}

namespace {

// "p97.5" is 97.5; nothing for what is no percentile.
std::optional<double> percentile_named(std::string_view metric) {
  if (!metric.starts_with('p')) return std::nullopt;
  const auto percent = to_double(metric.substr(1));
  if (!percent || !(*percent > 0) || !(*percent <= 100)) return std::nullopt;
  return percent;
}

std::optional<Measure> number(const LoadFile& load, const budget::Subject& subject) {
  const std::optional<Answers> answers = answers_for(load.result, subject.label, subject.stage);
  if (!answers) return std::nullopt;
  if (subject.metric == "errors") {
    if (answers->all() == 0) return std::nullopt;
    return errors(*answers, std::nullopt);
  }
  const std::optional<double> percent = percentile_named(subject.metric);
  const std::vector<double> percentiles = {percent.value_or(50)};
  Spoilers spoilers(load, percentiles);
  spoilers.add(*answers);
  for (const std::string& stage : {subject.stage, std::string()}) {
    if (const auto all = answers_for(load.result, "", stage)) spoilers.add(*all);
  }
  spoilers.read();  // what is wrong with it was said when the facts were read
  if (subject.metric == "rate" && answers->seconds > 0) {
    return rate(*answers, spoilers.of(*answers, Trait::Kind::kRate, 0));
  }
  if (answers->response.count() == 0 || load.late()) return std::nullopt;
  if (subject.metric == "max") return largest(*answers);
  if (subject.metric == "mean") {
    return mean(*answers, spoilers.of(*answers, Trait::Kind::kMean, 0));
  }
  if (!percent) return std::nullopt;
  return spoilers.percentile_of(*answers, 0);
}

}  // namespace

bool is_of_load(const budget::Subject& subject) {
  constexpr std::array<std::string_view, 6> kOthers = {"max",  "mean",      "errors",
                                                       "rate", "connected", "efficiency"};
  return std::ranges::find(kOthers, subject.metric) != kOthers.end() ||
         percentile_named(subject.metric).has_value();
}

std::optional<Measure> load_measure(const LoadFile& load, const budget::Subject& subject) {
  std::optional<Measure> out;
  if (subject.metric == "connected") {
    out = connections(load.result, subject.label, subject.stage);
  } else if (subject.metric == "efficiency") {
    const auto clients = to_double(subject.argument);
    if (clients) out = efficiency_of(load.result, *clients);
  } else {
    out = number(load, subject);
  }
  if (out && (is_slowed(*out) || subject.metric == "efficiency")) {
    out->not_applicable = sorts_of(load).not_applicable;
  }
  return out;
}

}  // namespace tidemark::signoff
