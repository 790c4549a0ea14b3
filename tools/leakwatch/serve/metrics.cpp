#include "tools/leakwatch/serve/metrics.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>

#include "lib/base/lines.h"
#include "lib/soak/columns.h"

namespace tidemark::leakwatch {
namespace {

using soak::Column;
using soak::Soak;
using Number = std::optional<double>;

std::string label(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

// A series' last value under a name of Prometheus'.
struct Gauge {
  Column column;
  std::string_view name;
  std::string_view type;
  std::string_view help;
  double scale = 1;
};

constexpr std::array kGauges = {
    Gauge{Column::kRss, "resident_memory_bytes", "gauge", "Resident memory of the process tree."},
    Gauge{Column::kAnon, "anonymous_memory_bytes", "gauge", "Resident anonymous memory."},
    Gauge{Column::kSwap, "swap_bytes", "gauge", "Memory that is swapped out."},
    Gauge{Column::kFile, "file_memory_bytes", "gauge", "Resident pages of files."},
    Gauge{Column::kShared, "shared_memory_bytes", "gauge", "Resident shared memory."},
    Gauge{Column::kPss, "proportional_memory_bytes", "gauge",
          "Resident memory, shared pages divided."},
    Gauge{Column::kUss, "unique_memory_bytes", "gauge", "Resident memory of one process alone."},
    Gauge{Column::kHeap, "heap_memory_bytes", "gauge", "Resident in [heap]."},
    Gauge{Column::kPageTables, "page_tables_bytes", "gauge", "The kernel's page tables."},
    Gauge{Column::kCgroupCurrent, "cgroup_memory_bytes", "gauge", "memory.current of the cgroup."},
    Gauge{Column::kProcesses, "processes", "gauge", "Processes that live."},
    Gauge{Column::kThreads, "threads", "gauge", "Threads of all processes."},
    Gauge{Column::kFds, "open_fds", "gauge", "Open files of all processes."},
    Gauge{Column::kCpu, "cpu_seconds_total", "counter", "CPU time that the tree used.", 1e-3},
    Gauge{Column::kMinorFaults, "minor_page_faults_total", "counter",
          "Page faults without a read."},
    Gauge{Column::kMajorFaults, "major_page_faults_total", "counter", "Page faults with a read."},
    Gauge{Column::kRequests, "requests_total", "counter", "Requests that the service answered."},
    Gauge{Column::kOomKills, "oom_kills_total", "counter", "Processes killed for want of memory."},
    Gauge{Column::kOwnRss, "watcher_resident_memory_bytes", "gauge",
          "Resident memory of leakwatch."},
    Gauge{Column::kOwnCpu, "watcher_cpu_seconds_total", "counter", "CPU time of leakwatch.", 1e-6},
};

class Text {
 public:
  explicit Text(const std::vector<ShownSoak>& soaks) : soaks_(soaks) {}

  // One family, of which each soak has a sample if `value` gives one.
  void family(std::string_view name, std::string_view type, std::string_view help,
              const std::function<Number(const Soak&)>& value) {
    bool begun = false;
    for (const ShownSoak& shown : soaks_) {
      const Number number = shown.soak ? value(*shown.soak) : std::nullopt;
      if (!number || std::isnan(*number)) continue;
      if (!begun) head(name, type, help);
      begun = true;
      sample(name, fmt::format(R"(soak="{}")", label(shown.id)), *number);
    }
  }

  void head(std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(out_), "# HELP leakwatch_{} {}\n# TYPE leakwatch_{} {}\n",
                   name, help, name, type);
  }

  void sample(std::string_view name, std::string_view labels, double value) {
    const std::string number = std::isinf(value) ? (value > 0 ? "+Inf" : "-Inf")
                               : value == std::floor(value) && std::abs(value) < 1e15
                                   ? fmt::format("{:.0f}", value)
                                   : fmt::format("{}", value);
    fmt::format_to(std::back_inserter(out_), "leakwatch_{}{}{}{} {}\n", name,
                   labels.empty() ? "" : "{", labels, labels.empty() ? "" : "}", number);
  }

  const std::string& out() const { return out_; }

 private:
  const std::vector<ShownSoak>& soaks_;
  std::string out_;
};

constexpr double kDay = 24 * 3600;

void add_states(Text& text, const std::vector<ShownSoak>& soaks) {
  using verdict::Answer;
  constexpr std::array<std::pair<Answer, std::string_view>, 4> kAnswers = {
      {{Answer::kLeak, "leak"},
       {Answer::kBounded, "bounded"},
       {Answer::kNoLeak, "no_leak"},
       {Answer::kNotEnough, "not_enough"}}};
  text.head("soak_info", "gauge", "What is watched, and whether it still is.");
  for (const ShownSoak& shown : soaks) {
    if (!shown.soak) continue;
    text.sample("soak_info",
                fmt::format(R"(soak="{}",target="{}",state="{}")", label(shown.id),
                            label(shown.soak->target), soak::words(shown.soak->state)),
                1);
  }
  text.head("soak_verdict", "gauge", "1 for the verdict so far, 0 for the other three.");
  for (const ShownSoak& shown : soaks) {
    if (!shown.soak) continue;
    for (const auto& [answer, name] : kAnswers) {
      text.sample("soak_verdict", fmt::format(R"(soak="{}",verdict="{}")", label(shown.id), name),
                  shown.soak->verdict.answer == answer ? 1 : 0);
    }
  }
  text.head("soak_readable", "gauge", "Whether the run directory can be read.");
  for (const ShownSoak& shown : soaks) {
    text.sample("soak_readable", fmt::format(R"(soak="{}")", label(shown.id)),
                shown.problem.empty() ? 1 : 0);
  }
}

void add_metrics(Text& text, const std::vector<ShownSoak>& soaks) {
  bool begun = false;
  for (const ShownSoak& shown : soaks) {
    if (!shown.soak) continue;
    for (const soak::Reading& reading : shown.soak->now) {
      if (!reading.name.starts_with(soak::kMetricPrefix)) continue;
      if (!begun)
        text.head("soak_metric", "gauge", "The service's own metrics that were asked for.");
      begun = true;
      text.sample("soak_metric",
                  fmt::format(R"(soak="{}",metric="{}")", label(shown.id),
                              label(reading.name.substr(soak::kMetricPrefix.size()))),
                  static_cast<double>(reading.value) / 1000);
    }
  }
}

void add_verdicts(Text& text) {
  const auto growth = [](double verdict::Estimate::*bound) {
    return [bound](const Soak& soak) -> Number {
      if (!soak.verdict.growth_bytes_per_day) return std::nullopt;
      return (*soak.verdict.growth_bytes_per_day).*bound / kDay;
    };
  };
  text.family("soak_leak_confidence_ratio", "gauge", "Probability that growth exceeds the gate.",
              [](const Soak& soak) -> Number { return soak.verdict.confidence; });
  text.family("soak_growth_bytes_per_second", "gauge", "Growth that is expected.",
              growth(&verdict::Estimate::value));
  text.family("soak_growth_low_bytes_per_second", "gauge", "Lower bound of growth, 95 %.",
              growth(&verdict::Estimate::low));
  text.family("soak_growth_high_bytes_per_second", "gauge", "Upper bound of growth, 95 %.",
              growth(&verdict::Estimate::high));
  text.family("soak_growth_gate_bytes_per_second", "gauge", "Growth that is tolerated.",
              [](const Soak& soak) -> Number { return soak.settings.gate_bytes_per_day / kDay; });
  text.family("soak_limit_bytes", "gauge", "What the memory must not reach.",
              [](const Soak& soak) -> Number {
                if (!soak.settings.limit_bytes) return std::nullopt;
                return static_cast<double>(*soak.settings.limit_bytes);
              });
  text.family("soak_time_to_limit_seconds", "gauge", "Time until the limit is reached.",
              [](const Soak& soak) -> Number {
                if (!soak.verdict.hours_to_limit) return std::nullopt;
                return soak.verdict.hours_to_limit->value * 3600;
              });
  text.family("soak_onset_timestamp_seconds", "gauge", "When the growth began.",
              [](const Soak& soak) { return soak.verdict.onset_s; });
  text.family(
      "soak_start_timestamp_seconds", "gauge", "When the soak began.",
      [](const Soak& soak) -> Number { return static_cast<double>(soak.started_ms) / 1e3; });
  text.family("soak_last_sample_timestamp_seconds", "gauge", "When the last row was taken.",
              [](const Soak& soak) -> Number {
                if (soak.now_ms == 0) return std::nullopt;
                return static_cast<double>(soak.now_ms) / 1e3;
              });
  text.family("soak_rows_total", "counter", "Rows that were taken.",
              [](const Soak& soak) -> Number { return static_cast<double>(soak.rows); });
  text.family("soak_restarts_total", "counter", "How often the target was started again.",
              [](const Soak& soak) -> Number {
                return static_cast<double>(soak.lives > 0 ? soak.lives - 1 : 0);
              });
}

}  // namespace

std::string metrics_text(const std::vector<ShownSoak>& soaks, std::size_t viewers) {
  Text text(soaks);
  add_states(text, soaks);
  add_verdicts(text);
  for (const Gauge& gauge : kGauges) {
    text.family("soak_" + std::string(gauge.name), gauge.type, gauge.help,
                [&](const Soak& soak) -> Number {
                  const auto value = soak.value(gauge.column);
                  if (!value) return std::nullopt;
                  return static_cast<double>(*value) * gauge.scale;
                });
  }
  add_metrics(text, soaks);
  text.head("serve_viewers", "gauge", "Streams of events that are open.");
  text.sample("serve_viewers", "", static_cast<double>(viewers));
  return text.out();
}

}  // namespace tidemark::leakwatch
