#include "tools/pressure/calibration.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/pressure/engine/driver.h"
#include "tools/pressure/engine/tally.h"

namespace tidemark::pressure {
namespace {

constexpr int kClients = 4;
constexpr std::chrono::seconds kFor{3};
constexpr double kShare = 0.5;  // of what it can answer: near it, queues grow without end

double highest_rate(const load::LoadPlan& load) {
  double highest = 0;
  for (const load::Stage& stage : load.stages) highest = std::max(highest, stage.rate);
  return highest;
}

}  // namespace

Calibration calibrated(const load::Scenario& scenario, const Addresses& addresses, Loop& loop) {
  const double asked = highest_rate(scenario.load);
  if (scenario.load.arrivals == load::Arrivals::kClosed || asked <= 0 || scenario.personas.empty())
    return {};
  load::Scenario trial = scenario;
  trial.load.arrivals = load::Arrivals::kClosed;
  trial.load.stages = {{.name = "calibration", .clients = kClients, .hold = kFor}};
  trial.load.connections = std::max(trial.load.connections, kClients);
  Tally tally;
  Driver driver(
      {.loop = &loop, .tally = &tally, .scenario = &trial, .addresses = &addresses, .on_end = [&] {
         loop.stop();
       }});
  driver.start();
  loop.run();
  std::int64_t done = 0;
  for (std::size_t i = 0; i < tally.labels().size(); ++i) {
    done += tally.total(static_cast<LabelId>(i)).done;
  }
  Calibration result{.capacity =
                         static_cast<double>(done) / std::chrono::duration<double>(kFor).count()};
  if (result.capacity <= 0) return result;
  result.divide_by = std::max(1.0, asked / (kShare * result.capacity));
  if (result.divide_by > 1) {
    result.words = fmt::format(
        "the target answers {:.0f} requests a second to {} clients under its profiler: all rates "
        "were divided by {:.1f}",
        result.capacity, kClients, result.divide_by);
  }
  return result;
}

}  // namespace tidemark::pressure
