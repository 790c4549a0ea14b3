// load.json, see docs/formats/load.md.

#include "lib/run/load_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/load/hlog.h"
#include "lib/run/json_members.h"

namespace tidemark {
namespace {

using load::FailureCounts;
using load::Histogram;

constexpr std::string_view kFormat = "tidemark-load";
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kMostMemory = std::size_t{1} << 30;  // of all histograms together

Json json_of(const Histogram& histogram) {
  Json out = {{"count", histogram.count()},
              {"min", histogram.min()},
              {"mean", histogram.mean()},
              {"deviation", histogram.deviation()}};
  for (const double percent : load::kPercentiles)
    out[fmt::format("p{:g}", percent)] = histogram.at_percentile(percent);
  out["max"] = histogram.max();
  out["hdr"] = histogram.count() == 0 ? "" : load::encoded(histogram);
  return out;
}

Json json_of(const FailureCounts& failures) {
  Json out = Json::object();
  for (std::size_t kind = 1; kind < load::kFailures; ++kind)
    if (failures.at(kind) != 0)
      out[std::string(name_of(static_cast<load::Failure>(kind)))] = failures.at(kind);
  return out;
}

// JSON knows no infinity.
Json json_of(const std::optional<double>& number) {
  return number && std::isfinite(*number) ? Json(*number) : Json();
}

Json json_of(const load::LabelResult& label) {
  return {{"label", label.label},
          {"stage", label.stage},
          {"done", label.done},
          {"bytes", label.bytes},
          {"failures", json_of(label.failures)},
          {"response", json_of(label.response)},
          {"service", json_of(label.service)}};
}

Json json_of(const load::StageResult& stage) {
  return {{"name", stage.name},       {"start_ms", stage.start_ms},
          {"end_ms", stage.end_ms},   {"rate", json_of(std::optional(stage.rate))},
          {"clients", stage.clients}, {"send_lag", json_of(stage.send_lag)}};
}

Json json_of(const load::FaultResult& fault) {
  return {{"what", fault.what},
          {"at_ms", fault.at_ms},
          {"over_ms", fault.over_ms},
          {"recovered_ms", fault.recovered_ms ? Json(*fault.recovered_ms) : Json()},
          {"memory_before", fault.memory_before},
          {"memory_after", fault.memory_after},
          {"trouble", fault.trouble}};
}

Json json_of(const load::Scalability& law) {
  Json rungs = Json::array();
  for (const load::Rung& rung : law.rungs)
    rungs.push_back({{"clients", rung.clients},
                     {"throughput", json_of(std::optional(rung.throughput))},
                     {"error", json_of(std::optional(rung.error))},
                     {"efficiency", json_of(std::optional(law.efficiency(rung)))}});
  Json covariance = Json::array();
  for (const double value : law.covariance) covariance.push_back(json_of(std::optional(value)));
  return {{"rungs", std::move(rungs)},
          {"lambda", json_of(law.lambda)},
          {"lambda_error", json_of(law.lambda_error)},
          {"sigma", json_of(law.sigma)},
          {"sigma_error", json_of(law.sigma_error)},
          {"kappa", json_of(law.kappa)},
          {"kappa_error", json_of(law.kappa_error)},
          {"knee", json_of(law.knee)},
          {"covariance", law.lambda ? std::move(covariance) : Json()}};
}

Json json_of(const load::LimitResult& limit) {
  return {{"limit", limit.limit.text},
          {"state", name_of(limit.state)},
          {"measured", json_of(limit.measured)},
          {"unit", name_of(limit.limit.unit)},
          {"why", limit.why}};
}

template <typename T>
Json list_of(const std::vector<T>& items) {
  Json out = Json::array();
  for (const T& item : items) out.push_back(json_of(item));
  return out;
}

// Reads one file; counts what its histograms take, or a small file could take all memory.
class Reader {
 public:
  explicit Reader(const JsonMembers& members) : members_(members) {}

  load::RunResult read() {
    load::RunResult out;
    members_.read("scenario", out.scenario);
    members_.read("target", out.target);
    members_.read("seed", out.seed);
    members_.read("started_ms", out.start_ms);
    members_.read("ended_ms", out.end_ms);
    out.ending = value_named<load::Ending, 6>(members_, "ending");
    members_.read("why", out.why);
    members_.read("under", out.under);
    members_.read("slow_down", out.slow_down);
    for (const JsonMembers& one : members_.objects("limits")) out.limits.push_back(limit(one));
    for (const JsonMembers& one : members_.objects("stages")) out.stages.push_back(stage(one));
    for (const JsonMembers& one : members_.objects("labels")) out.labels.push_back(label(one));
    for (const JsonMembers& one : members_.objects("faults")) out.faults.push_back(fault(one));
    if (const auto law = members_.object("scalability")) out.scalability = scalability(*law);
    members_.read("warnings", out.warnings);
    return out;
  }

 private:
  // The value whose name stands there.
  template <typename T, int kCount>
  static T value_named(const JsonMembers& from, const char* key) {
    std::string found;
    from.read(key, found);
    std::string known;
    for (int i = 0; i < kCount; ++i) {
      if (name_of(static_cast<T>(i)) == found) return static_cast<T>(i);
      known += fmt::format("{}'{}'", i == 0 ? "" : ", ", name_of(static_cast<T>(i)));
    }
    from.fail(key, "one of " + known, Json(found));
  }

  Histogram histogram(const JsonMembers& from, const char* key) {
    const auto members = from.object(key);
    std::string text;
    if (members) members->read("hdr", text);
    if (text.empty()) return {};
    std::int64_t min = 0;
    std::int64_t max = Histogram::kHighest;
    members->read("min", min);
    members->read("max", max);
    const Histogram rough = load::decoded(text, members->place("hdr"));
    Histogram out = Histogram::of(rough.counts(), min, max);
    memory_ += out.bytes();
    if (memory_ > kMostMemory)
      throw Error(fmt::format("{}: the histograms up to here take more than 1 GiB of memory",
                              members->place("hdr")));
    return out;
  }

  static FailureCounts failures(const JsonMembers& from) {
    std::map<std::string, std::int64_t> counts;
    from.read("failures", counts);
    FailureCounts out{};
    for (std::size_t kind = 1; kind < load::kFailures; ++kind) {
      const auto found = counts.find(std::string(name_of(static_cast<load::Failure>(kind))));
      if (found == counts.end()) continue;
      if (found->second < 0) from.fail("failures", "counts from 0", Json(found->second));
      out.at(kind) = found->second;
      counts.erase(found);
    }
    if (!counts.empty())
      from.fail("failures", "kinds of failures that this tool knows", Json(counts.begin()->first));
    return out;
  }

  load::LabelResult label(const JsonMembers& from) {
    load::LabelResult out;
    from.read("label", out.label);
    from.read("stage", out.stage);
    from.read("done", out.done);
    from.read("bytes", out.bytes);
    out.failures = failures(from);
    out.response = histogram(from, "response");
    out.service = histogram(from, "service");
    return out;
  }

  load::StageResult stage(const JsonMembers& from) {
    load::StageResult out;
    from.read("name", out.name);
    from.read("start_ms", out.start_ms);
    from.read("end_ms", out.end_ms);
    from.read("rate", out.rate);
    from.read("clients", out.clients);
    out.send_lag = histogram(from, "send_lag");
    return out;
  }

  static load::FaultResult fault(const JsonMembers& from) {
    load::FaultResult out;
    from.read("what", out.what);
    from.read("at_ms", out.at_ms);
    from.read("over_ms", out.over_ms);
    from.read("recovered_ms", out.recovered_ms);
    from.read("memory_before", out.memory_before);
    from.read("memory_after", out.memory_after);
    from.read("trouble", out.trouble);
    return out;
  }

  static load::Scalability scalability(const JsonMembers& from) {
    load::Scalability out;
    for (const JsonMembers& one : from.objects("rungs")) {
      load::Rung& rung = out.rungs.emplace_back();
      one.read("clients", rung.clients);
      one.read("throughput", rung.throughput);
      one.read("error", rung.error);
    }
    from.read("lambda", out.lambda);
    from.read("lambda_error", out.lambda_error);
    from.read("sigma", out.sigma);
    from.read("sigma_error", out.sigma_error);
    from.read("kappa", out.kappa);
    from.read("kappa_error", out.kappa_error);
    from.read("knee", out.knee);
    std::vector<double> covariance;
    from.read("covariance", covariance);
    if (out.lambda && !(out.sigma && out.kappa && covariance.size() == out.covariance.size()))
      from.fail("covariance", "sigma, kappa and nine numbers besides lambda", Json(covariance));
    if (out.lambda) std::ranges::copy(covariance, out.covariance.begin());
    return out;
  }

  static load::LimitResult limit(const JsonMembers& from) {
    load::LimitResult out;
    std::string text;
    from.read("limit", text);
    try {
      out.limit = load::parse_limit(text, "limit");
    } catch (const UsageError& error) {  // nobody wrote it by hand
      throw Error(fmt::format("{}: {}", from.place("limit"), error.what()));
    }
    out.state = value_named<load::LimitResult::State, 4>(from, "state");
    from.read("measured", out.measured);
    from.read("why", out.why);
    return out;
  }

  const JsonMembers& members_;
  std::size_t memory_ = 0;
};

}  // namespace

std::string to_json(const load::RunResult& result) {
  const Json json = {{"format", kFormat},
                     {"version", kVersion},
                     {"scenario", result.scenario},
                     {"target", result.target},
                     {"seed", result.seed},
                     {"started_ms", result.start_ms},
                     {"ended_ms", result.end_ms},
                     {"ending", name_of(result.ending)},
                     {"why", result.why},
                     {"under", result.under},
                     {"slow_down", json_of(std::optional(result.slow_down))},
                     {"limits", list_of(result.limits)},
                     {"stages", list_of(result.stages)},
                     {"labels", list_of(result.labels)},
                     {"faults", list_of(result.faults)},
                     {"scalability", result.scalability ? json_of(*result.scalability) : Json()},
                     {"warnings", result.warnings}};
  // Names may hold any bytes; JSON is UTF-8.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

load::RunResult load_from_json(std::string_view name, std::string_view text) {
  if (text.size() > kMostBytes)
    throw Error(
        fmt::format("{}: expected at most 64 MiB of load.json, found {} bytes", name, text.size()));
  const Json json = parse_json(name, text, "a load");
  const JsonMembers members(name, "", json);
  members.require_format(kLoadFile, kFormat, kVersion);
  return Reader(members).read();
}

load::RunResult read_load(const std::filesystem::path& path) {
  const bool directory = std::filesystem::is_directory(path);
  const std::filesystem::path file = directory ? path / kLoadFile : path;
  if (directory && !std::filesystem::exists(file))
    throw Error(
        fmt::format("{}: expected a run directory of pressure, found no load.json", path.string()),
        "pressure writes it when a run ends");
  const File read = read_file(file);
  return load_from_json(read.name(), read.bytes());
}

}  // namespace tidemark
