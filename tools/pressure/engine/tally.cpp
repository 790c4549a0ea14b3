#include "tools/pressure/engine/tally.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace tidemark::pressure {
namespace {

std::size_t place(LabelId label) { return static_cast<std::size_t>(label); }

// Whether somebody waited for what ended this way: an answer that was there, or the whole
// time-out.
bool was_waited_for(load::Failure failure) {
  return failure == load::Failure::kStatus || failure == load::Failure::kExpectation ||
         failure == load::Failure::kTimeout;
}

void time(Counts& counts, const Tally::Moments& moments) {
  counts.response.record(moments.done - moments.intended);
  if (moments.sent != 0) counts.service.record(moments.done - moments.sent);
}

}  // namespace

void Counts::add(const Counts& other) {
  response.add(other.response);
  service.add(other.service);
  done += other.done;
  bytes += other.bytes;
  std::ranges::transform(failures, other.failures, failures.begin(), std::plus<>());
}

void Counts::clear() {
  response.clear();
  service.clear();
  done = 0;
  bytes = 0;
  failures.fill(0);
}

std::int64_t Counts::failed() const {
  return std::accumulate(failures.begin(), failures.end(), std::int64_t{0});
}

LabelId Tally::label(std::string_view name) {
  const auto found = std::ranges::find(names_, name);
  if (found != names_.end()) return LabelId(static_cast<std::uint32_t>(found - names_.begin()));
  if (by_stage_.empty()) by_stage_.emplace_back();
  names_.emplace_back(name);
  for (Stage& stage : by_stage_) stage.labels.emplace_back();
  second_.emplace_back();
  return LabelId(static_cast<std::uint32_t>(names_.size() - 1));
}

void Tally::begin_stage(std::size_t stage, Time from) {
  while (by_stage_.size() <= stage) by_stage_.emplace_back().labels.resize(names_.size());
  by_stage_[stage].from = from;
  stage_ = stage;
}

std::size_t Tally::stage_at(Time intended) const {
  std::size_t stage = stage_;
  while (stage > 0 && intended < by_stage_[stage].from) --stage;
  return stage;
}

void Tally::finished(LabelId label, const Moments& moments, std::int64_t bytes) {
  const auto count = [&](Counts& counts) {
    time(counts, moments);
    ++counts.done;
    counts.bytes += bytes;
  };
  count(by_stage_[stage_at(moments.intended)].labels[place(label)]);
  count(second_[place(label)]);
}

void Tally::failed(LabelId label, const Moments& moments, load::Failure failure) {
  const auto count = [&](Counts& counts) {
    if (was_waited_for(failure)) time(counts, moments);
    ++counts.failures[static_cast<std::size_t>(failure)];
  };
  count(by_stage_[stage_at(moments.intended)].labels[place(label)]);
  count(second_[place(label)]);
}

void Tally::failed_unsent(LabelId label, Time intended, load::Failure failure, std::int64_t times) {
  const auto kind = static_cast<std::size_t>(failure);
  by_stage_[stage_at(intended)].labels[place(label)].failures[kind] += times;
  second_[place(label)].failures[kind] += times;
}

void Tally::measured(LabelId label, Time duration) {
  const auto count = [&](Counts& counts) {
    counts.response.record(duration);
    ++counts.done;
  };
  count(by_stage_[stage_].labels[place(label)]);
  count(second_[place(label)]);
}

void Tally::lagged(Time duration) {
  if (by_stage_.empty()) by_stage_.emplace_back();
  by_stage_[stage_].send_lag.record(duration);
  second_lag_.record(duration);
}

void Tally::end_second(Second about, const std::function<void(const Second&)>& sink) {
  about.stage = stage_;
  about.labels = second_;
  about.send_lag = &second_lag_;
  sink(about);
  for (Counts& counts : second_) counts.clear();
  second_lag_.clear();
}

const Counts& Tally::of(LabelId label, std::size_t stage) const {
  return by_stage_.at(stage).labels.at(place(label));
}

Counts Tally::total(LabelId label) const {
  Counts sum;
  for (const Stage& stage : by_stage_) sum.add(stage.labels.at(place(label)));
  return sum;
}

const load::Histogram& Tally::send_lag(std::size_t stage) const {
  return by_stage_.at(stage).send_lag;
}

}  // namespace tidemark::pressure
