#include "tools/pressure/export/interval_sink.h"

#include <cstddef>

namespace tidemark::pressure {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kTenSecondsMs = 9'500;  // less half a second: seconds are not exact

}  // namespace

IntervalSink::IntervalSink(const std::filesystem::path& path, std::int64_t start_ms)
    : log_(path, start_ms),
      start_ms_(start_ms),
      end_ms_(start_ms),
      labels_from_ms_(start_ms),
      all_from_ms_(start_ms) {}

void IntervalSink::write(Waiting& waiting, std::int64_t from_ms) {
  log_.write(waiting.tag, from_ms, end_ms_ - from_ms, waiting.histogram);
  waiting.histogram.clear();
}

void IntervalSink::take(const Moment& moment) {
  end_ms_ = moment.second.at_ms;
  if (end_ms_ - start_ms_ <= kHourMs) {
    log_.write(all_.tag, all_from_ms_, end_ms_ - all_from_ms_, moment.all.response);
    all_from_ms_ = end_ms_;
  } else {
    all_.histogram.add(moment.all.response);
    if (end_ms_ - all_from_ms_ >= kTenSecondsMs) {
      write(all_, all_from_ms_);
      all_from_ms_ = end_ms_;
    }
  }
  for (std::size_t i = labels_.size(); i < moment.labels.size(); ++i)
    labels_.push_back({.tag = moment.labels[i], .histogram = {}});
  for (std::size_t i = 0; i < moment.second.labels.size(); ++i)
    labels_[i].histogram.add(moment.second.labels[i].response);
  if (end_ms_ - labels_from_ms_ >= kTenSecondsMs) finish();
}

void IntervalSink::finish() {
  if (all_.histogram.count() > 0) {
    write(all_, all_from_ms_);
    all_from_ms_ = end_ms_;
  }
  for (Waiting& label : labels_)
    if (label.histogram.count() > 0) write(label, labels_from_ms_);
  labels_from_ms_ = end_ms_;
}

}  // namespace tidemark::pressure
