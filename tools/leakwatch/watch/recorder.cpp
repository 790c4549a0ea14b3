#include "tools/leakwatch/watch/recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/lines.h"

namespace tidemark::leakwatch {
namespace {

using soak::Column;

constexpr std::array kProcessColumns = {
    Column::kRss, Column::kAnon,        Column::kSwap,        Column::kFds, Column::kThreads,
    Column::kCpu, Column::kMinorFaults, Column::kMajorFaults, Column::kPss, Column::kUss};

// A few processes are written with each row; of many the largest with each tenth.
constexpr std::size_t kFewProcesses = 4;
constexpr std::size_t kMostAtOnce = 16;
constexpr std::int64_t kRowsBetween = 10;
// Processes that come and go do not fill the file with names.
constexpr std::size_t kMostProcesses = 2000;
constexpr int kLooksBefore = 5;

std::optional<std::int64_t> value_of(const Member& member, const SmapsBudget* smaps,
                                     Column column) {
  const ProcSmaps* const detail =
      smaps != nullptr && smaps->fresh(member) ? smaps->of(member) : nullptr;
  switch (column) {
    case Column::kRss:
      return member.memory.rss;
    case Column::kAnon:
      return member.memory.anon;
    case Column::kSwap:
      return member.memory.swap;
    case Column::kFds:
      return member.files;
    case Column::kThreads:
      return member.stat.threads;
    case Column::kCpu:
      return member.stat.cpu_ms;
    case Column::kMinorFaults:
      return member.stat.minor_faults;
    case Column::kMajorFaults:
      return member.stat.major_faults;
    case Column::kPss:
      return detail != nullptr ? std::optional(detail->pss) : std::nullopt;
    case Column::kUss:
      return detail != nullptr ? std::optional(detail->uss) : std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

Recorder::Recorder(const std::filesystem::path& file)
    : writer_(SeriesWriter::open(file)), columns_(soak::kColumns) {}

void Recorder::set(const soak::Texts& texts) {
  for (const auto& [name, text] : texts) writer_.set(name, text);
}

void Recorder::event(std::int64_t at_ms, std::string kind, std::string text, std::int64_t pid) {
  writer_.add_event({.at_ms = at_ms, .kind = std::move(kind), .pid = pid, .text = std::move(text)});
}

void Recorder::add(const Row& row) {
  for (std::size_t i = 0; i < soak::kColumns; ++i) {
    const soak::ColumnName& name = soak::kColumnNames[i];
    const auto value = row.values.get(name.column);
    if (!value) continue;
    if (!columns_[i]) columns_[i] = writer_.add(std::string(name.name), std::string(name.unit));
    writer_.append(*columns_[i], row.at_ms, *value);
  }
  for (const MetricValue& metric : row.metrics) {
    auto series = metrics_.find(metric.name);
    if (series == metrics_.end()) {
      const std::string name = std::string(soak::kMetricPrefix) + metric.name;
      series = metrics_.emplace(metric.name, writer_.add(name, "1/1000")).first;
    }
    writer_.append(series->second, row.at_ms, metric.thousandths);
  }
  add_processes(row);
  ++rows_;
}

// Whether the process has series; those that lived for a moment get none.
bool Recorder::admit(const Row& row, const Member& member) {
  const auto known = processes_.find(member.stat.pid);
  if (known != processes_.end() && known->second.start_ticks == member.stat.start_ticks) {
    return true;
  }
  if (member.looks < kLooksBefore) return false;
  if (known == processes_.end() && ++admitted_ > kMostProcesses) {
    if (admitted_ == kMostProcesses + 1) {
      event(row.at_ms, "trouble",
            fmt::format("more than {} processes came and went: later ones are only in the sums",
                        kMostProcesses));
    }
    return false;
  }
  Process process{.start_ticks = member.stat.start_ticks};
  for (const Column column : kProcessColumns) {
    const soak::ColumnName& name = soak::name_of(column);
    process.series.push_back(
        writer_.add(std::string(name.name), std::string(name.unit), member.stat.pid));
  }
  processes_[member.stat.pid] = std::move(process);
  event(row.at_ms, "process", printable(member.stat.name_text()), member.stat.pid);
  return true;
}

void Recorder::add_process(const Row& row, const Member& member) {
  if (!admit(row, member)) return;
  const Process& process = processes_[member.stat.pid];
  for (std::size_t i = 0; i < kProcessColumns.size(); ++i) {
    if (const auto value = value_of(member, row.smaps, kProcessColumns[i])) {
      writer_.append(process.series[i], row.at_ms, *value);
    }
  }
}

void Recorder::add_processes(const Row& row) {
  for (const ProcStat& ended : row.members.ended()) {
    const auto process = processes_.find(ended.pid);
    if (process == processes_.end() || process->second.start_ticks != ended.start_ticks) continue;
    event(row.at_ms, "gone", printable(ended.name_text()), ended.pid);
    processes_.erase(process);
  }
  const std::vector<Member>& living = row.members.living();
  if (living.size() > kFewProcesses && rows_ % kRowsBetween != 0) return;
  largest_.clear();
  for (std::size_t i = 0; i < living.size(); ++i) largest_.push_back(i);
  if (largest_.size() > kMostAtOnce) {
    std::ranges::nth_element(largest_, largest_.begin() + kMostAtOnce, std::greater{},
                             [&](std::size_t i) { return living[i].memory.rss; });
    largest_.resize(kMostAtOnce);
    std::ranges::sort(largest_);
  }
  for (const std::size_t i : largest_) add_process(row, living[i]);
}

std::optional<std::string> Recorder::flush(std::int64_t at_ms) {
  most_waiting_ = std::max(most_waiting_, writer_.waiting());
  const bool written = writer_.flush();
  const std::string trouble = written ? "" : writer_.trouble();
  if (trouble.empty() == trouble_.empty()) {
    if (trouble.empty()) most_waiting_ = 0;
    return std::nullopt;
  }
  trouble_ = trouble;
  if (!trouble_.empty()) {
    trouble_since_ms_ = at_ms;
    return "cannot write: " + trouble_ + "; goes on watching, and tries again";
  }
  std::string text =
      fmt::format("could not write for {:.0f} s; {} values waited",
                  static_cast<double>(at_ms - trouble_since_ms_) / 1000, most_waiting_);
  text +=
      writer_.dropped() > 0 ? fmt::format(", {} were lost", writer_.dropped()) : ", none was lost";
  most_waiting_ = 0;
  event(at_ms, "trouble", text);
  return text;
}

}  // namespace tidemark::leakwatch
