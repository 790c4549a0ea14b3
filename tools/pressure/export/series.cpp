#include "tools/pressure/export/series.h"

#include <cmath>
#include <cstddef>
#include <string_view>

namespace tidemark::pressure {
namespace {

std::int64_t per_second(std::int64_t count, double seconds) {
  return seconds > 0 ? std::llround(static_cast<double>(count) / seconds) : 0;
}

}  // namespace

SeriesSink::SeriesSink(const std::filesystem::path& path) : writer_(SeriesWriter::open(path)) {}

SeriesId SeriesSink::series(const std::string& name, const std::string& unit) {
  const auto found = known_.find(name);
  if (found != known_.end()) return found->second;
  return known_.emplace(name, writer_.add(name, unit)).first->second;
}

void SeriesSink::append(const std::string& name, const std::string& unit, std::int64_t value) {
  writer_.append(series(name, unit), at_ms_, value);
}

// A kind that occurred once goes on with zeros, so that it is drawn as over.
void SeriesSink::append_failures(const Counts& all) {
  append("load.errors", "count", all.failed());
  for (std::size_t kind = 1; kind < load::kFailures; ++kind) {
    failed_.at(kind) = failed_.at(kind) || all.failures.at(kind) != 0;
    if (!failed_.at(kind)) continue;
    append("load.errors." + std::string(name_of(static_cast<load::Failure>(kind))), "count",
           all.failures.at(kind));
  }
}

void SeriesSink::take(const Moment& moment) {
  const Second& second = moment.second;
  at_ms_ = second.at_ms;
  append("load.rate", "count", per_second(moment.all.done, second.seconds));
  if (second.rate_due > 0) append("load.rate_due", "count", std::llround(second.rate_due));
  if (moment.all.response.count() > 0) {
    append("load.p50", "ns", moment.all.response.at_percentile(50));
    append("load.p95", "ns", moment.all.response.at_percentile(95));
    append("load.p99", "ns", moment.all.response.at_percentile(99));
    append("load.max", "ns", moment.all.response.max());
  }
  append_failures(moment.all);
  append("load.under_way", "count", second.under_way);
  if (second.send_lag != nullptr && second.send_lag->count() > 0)
    append("load.send_lag", "ns", second.send_lag->at_percentile(99));
  for (std::size_t i = 0; i < second.labels.size(); ++i) {
    const Counts& counts = second.labels[i];
    append("load.rate." + moment.labels[i], "count", per_second(counts.done, second.seconds));
    if (counts.response.count() > 0)
      append("load.p95." + moment.labels[i], "ns", counts.response.at_percentile(95));
  }
  if (moment.memory) append("rss", "bytes", *moment.memory);
}

void SeriesSink::gauge(std::int64_t at_ms, std::string_view name, double value) {
  writer_.append(series("load." + std::string(name), "count"), at_ms, std::llround(value));
}

void SeriesSink::mark(std::int64_t at_ms, const std::string& kind, const std::string& text) {
  writer_.add_event({.at_ms = at_ms, .kind = kind, .text = text});
}

}  // namespace tidemark::pressure
