#include "tools/pressure/report/load_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lib/report/amounts.h"
#include "tools/pressure/report/load_words.h"

namespace tidemark::pressure {
namespace {

constexpr std::array<std::string_view, load::kPercentiles.size()> kPercentileTitles = {
    "#p50", "#p75", "#p90", "#p95", "#p99", "#p99.9", "#p99.99", "#p99.999"};

std::string latency(const load::Histogram& times, double percent) {
  if (times.count() == 0) return "";
  return latency_text(static_cast<double>(times.at_percentile(percent)));
}

std::string rate_text(double rate) {
  return rate < 100 ? fmt::format("{:.3g}", rate) : grouped(std::llround(rate));
}

TextTable label_table(const load::RunResult& result, const std::string& stage,
                      const std::string& name) {
  TextTable table{.name = name, .titles = {"Request", "#Answers", "#a second", "#Failed"}};
  table.titles.insert(table.titles.end(), kPercentileTitles.begin(), kPercentileTitles.end());
  table.titles.emplace_back("#max");
  for (const load::LabelResult* const one : all_first(result.labels)) {
    const load::LabelResult& label = *one;
    if (label.stage != stage) continue;
    std::vector<std::string> row = {label_text(label), grouped(label.done),
                                    rate_text(rate_of(result, label)), errors_text(label)};
    for (const double percent : load::kPercentiles) row.push_back(latency(label.response, percent));
    row.push_back(latency(label.response, 100));
    table.rows.push_back(std::move(row));
  }
  return table;
}

// Both to two digits of the error: "0.0612 ± 0.0031".
std::string plus_minus(double value, std::optional<double> error) {
  if (!error || !(*error > 0) || !std::isfinite(*error)) return fmt::format("{:.2g}", value);
  const int digits = std::clamp(1 - static_cast<int>(std::floor(std::log10(*error))), 0, 12);
  return fmt::format("{:.{}f} ± {:.{}f}", value, digits, *error, digits);
}

}  // namespace

std::vector<std::pair<std::string_view, std::string>> facts_of(const load::RunResult& result) {
  std::vector<std::pair<std::string_view, std::string>> out;
  if (const load::LabelResult* all = result.find("", "")) {
    out.emplace_back("Answers", grouped(all->done));
    out.emplace_back("a second", rate_text(rate_of(result, *all)));
    out.emplace_back("Failed", errors_text(*all));
    for (const double percent : {50.0, 95.0, 99.0, 99.9})
      out.emplace_back(percent == 50   ? "p50"
                       : percent == 95 ? "p95"
                       : percent == 99 ? "p99"
                                       : "p99.9",
                       latency(all->response, percent));
    out.emplace_back("max", latency(all->response, 100));
  }
  out.emplace_back("Length", duration_text(result.end_ms - result.start_ms));
  return out;
}

TextTable limits_table(const load::RunResult& result) {
  TextTable table{.name = "Limits", .titles = {"Verdict", "Limit", "Measured", ""}};
  for (const load::LimitResult& limit : result.limits)
    table.rows.push_back(
        {std::string(name_of(limit.state)), limit.limit.text, measured_text(limit), limit.why});
  return table;
}

std::vector<TextTable> label_tables(const load::RunResult& result) {
  std::vector<TextTable> out = {label_table(result, "", "Whole run")};
  if (result.stages.size() < 2) return out;
  for (const load::StageResult& stage : result.stages)
    out.push_back(label_table(result, stage.name, "Stage " + stage.name));
  return out;
}

TextTable failures_table(const load::RunResult& result) {
  TextTable table{.name = "Failures", .titles = {"Request"}};
  std::vector<std::size_t> kinds;
  for (std::size_t kind = 1; kind < load::kFailures; ++kind) {
    const bool occurred = std::ranges::any_of(result.labels, [&](const load::LabelResult& label) {
      return label.failures.at(kind) != 0;
    });
    if (occurred) kinds.push_back(kind);
  }
  if (kinds.empty()) return table;
  constexpr std::array<std::string_view, load::kFailures> kTitles = {
      "#",        "#connect",  "#name",   "#tls",         "#timeout",     "#reset", "#closed",
      "#garbage", "#too long", "#status", "#expectation", "#descriptors", "#lost",  "#order"};
  for (const std::size_t kind : kinds) table.titles.push_back(kTitles.at(kind));
  for (const load::LabelResult* const one : all_first(result.labels)) {
    const load::LabelResult& label = *one;
    if (!label.stage.empty() || failed_of(label) == 0) continue;
    std::vector<std::string> row = {label_text(label)};
    for (const std::size_t kind : kinds) row.push_back(grouped(label.failures.at(kind)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable stages_table(const load::RunResult& result) {
  TextTable table{.name = "Stages",
                  .titles = {"Stage", "#Asked for", "#Took", "#Answers a second", "#Failed",
                             "#Send lag p50", "#p99", "#max"}};
  for (const load::StageResult& stage : result.stages) {
    const load::LabelResult* all = result.find("", stage.name);
    table.rows.push_back(
        {stage.name,
         stage.rate > 0 ? rate_text(stage.rate) + " a second" : plural(stage.clients, "client"),
         duration_text(stage.end_ms - stage.start_ms),
         all == nullptr ? "" : rate_text(rate_of(result, *all)),
         all == nullptr ? "" : errors_text(*all), latency(stage.send_lag, 50),
         latency(stage.send_lag, 99), latency(stage.send_lag, 100)});
  }
  return table;
}

TextTable faults_table(const load::RunResult& result) {
  TextTable table{.name = "Faults",
                  .titles = {"Fault", "#At", "#Lasted", "#Recovered after", "#Memory before",
                             "#Memory after", ""}};
  for (const load::FaultResult& fault : result.faults) {
    const std::int64_t since = fault.over_ms > 0 ? fault.over_ms : fault.at_ms;
    table.rows.push_back(
        {fault.what, duration_text(fault.at_ms - result.start_ms),
         fault.over_ms > 0 ? duration_text(fault.over_ms - fault.at_ms) : "",
         fault.recovered_ms ? duration_text(std::max<std::int64_t>(*fault.recovered_ms - since, 0))
         : fault.trouble.empty() ? "not by the end"
                                 : "",
         fault.memory_before > 0 ? bytes_text(fault.memory_before) : "",
         fault.memory_after > 0 ? bytes_text(fault.memory_after) : "", fault.trouble});
  }
  return table;
}

TextTable ladder_table(const load::Scalability& law) {
  TextTable table{.name = "Scaling",
                  .titles = {"#Clients", "#Answers a second", "#± standard error", "#Efficiency"}};
  for (const load::Rung& rung : law.rungs)
    table.rows.push_back({grouped(rung.clients), rate_text(rung.throughput), rate_text(rung.error),
                          fmt::format("{:.0f} %", 100 * law.efficiency(rung))});
  return table;
}

std::string scalability_text(const load::Scalability& law) {
  if (!law.lambda)
    return "No law could be fitted: that takes four rungs with different numbers of clients.";
  std::string out = fmt::format(
      "One client alone gets {} answers a second. Contention (what is done one at a time) is {}, "
      "coherency (what each has to agree on with each other) {}; both with their standard errors.",
      rate_text(*law.lambda), plus_minus(*law.sigma, law.sigma_error),
      plus_minus(*law.kappa, law.kappa_error));
  if (law.knee)
    return out + fmt::format(" More than {:.0f} clients slow each other down.", *law.knee);
  return out +
         " Coherency cannot be told from none, so no number of clients is known beyond which "
         "throughput falls.";
}

}  // namespace tidemark::pressure
