#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "tools/pressure/engine/beside.h"

namespace tidemark::pressure {

// What clients beside a mix need to run, and a loop that runs until something holds.
class BesideRun {
 public:
  void aim(const std::string& target) {
    scenario.target = load::parse_target(target, "the test's target");
    addresses.emplace(Addresses::of(*scenario.target));
  }

  BesideSetup setup(const std::string& name) {
    return {.loop = &loop,
            .tally = &tally,
            .scenario = &scenario,
            .addresses = &*addresses,
            .name = name,
            .seed = 7};
  }

  Counts counts(const std::string& label) { return tally.total(tally.label(label)); }
  std::int64_t done(const std::string& label) { return counts(label).done; }
  std::int64_t failed(const std::string& label, load::Failure kind) {
    return counts(label).failures.at(static_cast<std::size_t>(kind));
  }

  // Fails after `limit`.
  void until(const std::function<bool()>& holds, Time limit = 10 * kSecond) {
    const Time end = loop.refresh() + limit;
    const std::function<void()> look = [&] {
      if (holds() || loop.now() > end) return loop.stop();
      loop.at(loop.now() + 2 * kMillisecond, look);
    };
    loop.at(loop.now(), look);  // a stop before run() would be forgotten
    loop.run();
    ASSERT_TRUE(holds()) << "not in time";
  }

  void run_for(Time time) {
    loop.at(loop.refresh() + time, [this] { loop.stop(); });
    loop.run();
  }

  Loop loop;
  Tally tally;
  load::Scenario scenario;
  std::optional<Addresses> addresses;
};

}  // namespace tidemark::pressure
