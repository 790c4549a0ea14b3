#include "tools/pressure/report/load_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lib/report/amounts.h"
#include "tools/pressure/view/shown.h"

namespace tidemark::pressure {
namespace {

using load::Ending;
using State = load::LimitResult::State;

std::int64_t whole(double value) { return std::llround(std::clamp(value, -9e18, 9e18)); }

std::string crossed_text(const load::RunResult& result) {
  const auto crossed =
      std::ranges::count(result.limits, State::kCrossed, &load::LimitResult::state);
  std::string out = fmt::format("{} of {} {} crossed", crossed,
                                plural(static_cast<std::int64_t>(result.limits.size()), "limit"),
                                crossed == 1 ? "is" : "are");
  const char* before = ": ";
  for (const load::LimitResult& limit : result.limits) {
    if (limit.state != State::kCrossed) continue;
    const std::string measured = measured_text(limit);
    out += before + limit.limit.text + (measured.empty() ? "" : ", measured " + measured);
    before = "; ";
  }
  return out;
}

}  // namespace

int exit_code(Ending ending) {
  switch (ending) {
    case Ending::kPassed:
      return 0;
    case Ending::kCrossed:
      return 1;
    case Ending::kTargetFailed:
      return 3;
    case Ending::kNotValid:
    case Ending::kInterrupted:
      return 4;
    case Ending::kGuard:
      return 5;
  }
  return 4;
}

std::string_view mark_of(Ending ending) {
  switch (ending) {
    case Ending::kPassed:
      return "passed";
    case Ending::kCrossed:
      return "limit crossed";
    case Ending::kTargetFailed:
      return "target failed";
    case Ending::kNotValid:
      return "not a measurement";
    case Ending::kGuard:
      return "stopped by the guard";
    case Ending::kInterrupted:
      return "interrupted";
  }
  return "";
}

std::string_view class_of(Ending ending) {
  switch (ending) {
    case Ending::kPassed:
      return "clean";
    case Ending::kCrossed:
      return "found";
    case Ending::kTargetFailed:
    case Ending::kGuard:
      return "failed";
    case Ending::kNotValid:
    case Ending::kInterrupted:
      return "undecided";
  }
  return "";
}

std::string headline(const load::RunResult& result) {
  if (result.ending == Ending::kCrossed) return crossed_text(result);
  if (result.ending != Ending::kPassed)
    return result.why.empty() ? std::string(mark_of(result.ending)) : result.why;
  const auto judged = static_cast<std::int64_t>(result.limits.size());
  const auto passed = std::ranges::count(result.limits, State::kPassed, &load::LimitResult::state);
  if (judged == 0) return "The load ran to its end; no limits were set";
  if (passed < judged)
    return fmt::format("{} of {} held, none is crossed", passed, plural(judged, "limit"));
  return judged == 1 ? "The limit held" : fmt::format("All {} limits held", judged);
}

std::string measured_text(const load::LimitResult& limit) {
  if (!limit.measured) return "";
  const double value = *limit.measured;
  switch (limit.limit.unit) {
    case load::Limit::Unit::kNanoseconds:
      return latency_text(value);
    case load::Limit::Unit::kShare:
      return fmt::format("{:.4g} %", 100 * value);
    case load::Limit::Unit::kBytes:
      return bytes_text(whole(value));
    case load::Limit::Unit::kBytesPerDay:
      return bytes_text(whole(value)) + " in 24 h";
    case load::Limit::Unit::kBytesPerMillion:
      return bytes_text(whole(value)) + " per million";
    case load::Limit::Unit::kPerSecond:
      return fmt::format("{:.4g}/s", value);
    case load::Limit::Unit::kCount:
      return fmt::format("{:g}", value);
  }
  return "";
}

std::int64_t failed_of(const load::LabelResult& label) {
  return std::accumulate(label.failures.begin(), label.failures.end(), std::int64_t{0});
}

std::string errors_text(const load::LabelResult& label) {
  return share_text(failed_of(label), label.done + failed_of(label));
}

std::string label_text(const load::LabelResult& label) {
  return label.label.empty() ? "all" : label.label;
}

std::vector<const load::LabelResult*> all_first(const std::vector<load::LabelResult>& labels) {
  std::vector<const load::LabelResult*> out;
  out.reserve(labels.size());
  for (const load::LabelResult& label : labels) out.push_back(&label);
  std::stable_partition(out.begin(), out.end(),
                        [](const load::LabelResult* label) { return label->label.empty(); });
  return out;
}

double rate_of(const load::RunResult& result, const load::LabelResult& label) {
  std::int64_t ms = result.end_ms - result.start_ms;
  for (const load::StageResult& stage : result.stages)
    if (stage.name == label.stage) ms = stage.end_ms - stage.start_ms;
  return ms > 0 ? static_cast<double>(label.done) * 1000 / static_cast<double>(ms) : 0;
}

}  // namespace tidemark::pressure
