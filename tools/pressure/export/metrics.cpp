#include "tools/pressure/export/metrics.h"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>

#include "lib/base/lines.h"

namespace tidemark::pressure {
namespace {

// A label's value, in quotes.
std::string value_text(std::string_view text) {
  std::string out = "\"";
  for (const char letter : printable(text)) {
    if (letter == '\\' || letter == '"') out += '\\';
    out += letter;
  }
  return out + '"';
}

double seconds(double ns) { return ns / 1e9; }

struct Family {
  std::string_view name;
  std::string_view type;
  std::string_view unit;  // the end of the name; empty: none
  std::string_view help;
};

void begin(std::string& out, const Family& family) {
  fmt::format_to(std::back_inserter(out), "# TYPE pressure_{} {}\n", family.name, family.type);
  if (!family.unit.empty())
    fmt::format_to(std::back_inserter(out), "# UNIT pressure_{} {}\n", family.name, family.unit);
  fmt::format_to(std::back_inserter(out), "# HELP pressure_{} {}\n", family.name, family.help);
}

template <typename Number>
void add(std::string& out, std::string_view name, std::string_view labels, Number value) {
  fmt::format_to(std::back_inserter(out), "pressure_{}{}{}{} {}\n", name, labels.empty() ? "" : "{",
                 labels, labels.empty() ? "" : "}", value);
}

}  // namespace

Metrics::Metrics(std::string scenario, std::string target)
    : scenario_(std::move(scenario)), target_(std::move(target)) {}

void Metrics::Times::add(const load::Histogram& histogram) {
  const auto counts = histogram.counts();
  std::size_t bound = 0;
  for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
    if (counts[bucket] == 0) continue;
    while (bound < kBounds.size() && load::Histogram::highest_of(bucket) > kBounds.at(bound))
      ++bound;
    if (bound < kBounds.size()) up_to.at(bound) += counts[bucket];
  }
  count += histogram.count();
  seconds += histogram.mean() * static_cast<double>(histogram.count()) / 1e9;
}

void Metrics::take(const Moment& moment) {
  const Second& second = moment.second;
  for (std::size_t i = labels_.size(); i < second.labels.size(); ++i)
    labels_.push_back({.name = moment.labels[i]});
  for (std::size_t i = 0; i < second.labels.size(); ++i) {
    const Counts& counts = second.labels[i];
    labels_[i].response.add(counts.response);
    labels_[i].done += counts.done;
    labels_[i].bytes += counts.bytes;
    for (std::size_t kind = 0; kind < load::kFailures; ++kind)
      labels_[i].failures.at(kind) += counts.failures.at(kind);
  }
  if (second.send_lag != nullptr) lag_.add(*second.send_lag);
  stage_ = moment.stage;
  under_way_ = second.under_way;
  rate_due_ = second.rate_due;
  memory_ = moment.memory;
}

void Metrics::add_times(std::string& out, const std::string& family, const std::string& labels,
                        const Times& times) {
  const std::string comma = labels.empty() ? "" : labels + ",";
  std::int64_t so_far = 0;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    so_far += times.up_to.at(i);
    add(out, family + "_bucket",
        fmt::format("{}le=\"{}\"", comma, seconds(static_cast<double>(kBounds.at(i)))), so_far);
  }
  add(out, family + "_bucket", comma + "le=\"+Inf\"", times.count);
  add(out, family + "_count", labels, times.count);
  add(out, family + "_sum", labels, times.seconds);
}

std::string Metrics::text() const {
  std::string out;
  begin(out, {"run", "info", "", "The scenario that runs."});
  add(out, "run_info",
      fmt::format("scenario={},target={},stage={}", value_text(scenario_), value_text(target_),
                  value_text(stage_)),
      1);
  begin(out, {"requests", "counter", "", "Answers that count."});
  for (const Label& label : labels_)
    add(out, "requests_total", "label=" + value_text(label.name), label.done);
  begin(out, {"failures", "counter", "", "Requests without an answer that counts."});
  for (const Label& label : labels_)
    for (std::size_t kind = 1; kind < load::kFailures; ++kind)
      add(out, "failures_total",
          fmt::format("label={},kind=\"{}\"", value_text(label.name),
                      name_of(static_cast<load::Failure>(kind))),
          label.failures.at(kind));
  begin(out, {"received_bytes", "counter", "bytes", "What came back."});
  for (const Label& label : labels_)
    add(out, "received_bytes_total", "label=" + value_text(label.name), label.bytes);
  begin(out, {"response_seconds", "histogram", "seconds", "From the intended send to the answer."});
  for (const Label& label : labels_)
    add_times(out, "response_seconds", "label=" + value_text(label.name), label.response);
  begin(out, {"send_lag_seconds", "histogram", "seconds",
              "How late the driver itself was to send: too much and the run does not count."});
  add_times(out, "send_lag_seconds", "", lag_);
  begin(out, {"requests_under_way", "gauge", "", "Sent and not answered."});
  add(out, "requests_under_way", "", under_way_);
  begin(out,
        {"requests_due_per_second", "gauge", "", "What the stage asks for; 0: a closed load."});
  add(out, "requests_due_per_second", "", rate_due_);
  if (memory_) {
    begin(out,
          {"target_resident_memory_bytes", "gauge", "bytes", "Resident memory of the target."});
    add(out, "target_resident_memory_bytes", "", *memory_);
  }
  return out + "# EOF\n";
}

}  // namespace tidemark::pressure
