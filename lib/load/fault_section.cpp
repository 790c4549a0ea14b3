#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/base/quantities.h"
#include "lib/load/scenario_keys.h"
#include "lib/load/sections.h"

namespace tidemark::load {
namespace {

enum class Argument : std::uint8_t { kDuration, kCount, kBytes, kShare, kPlace, kRestart };

struct FaultKind {
  std::string_view name;
  std::string_view usage;
  std::array<Argument, 2> arguments;
  std::size_t least;
  std::size_t most;
};
using enum Argument;
constexpr std::array kFaults = {
    FaultKind{"pause", "pause 1s", {kDuration}, 1, 1},
    FaultKind{"kill", "kill or kill restart", {kRestart}, 0, 1},
    FaultKind{"connections", "connections 5000 or connections 5000 30s", {kCount, kDuration}, 1, 2},
    FaultKind{"reset", "reset 5%", {kShare}, 1, 1},
    FaultKind{"slow-readers", "slow-readers 50 30s", {kCount, kDuration}, 2, 2},
    FaultKind{"half-open", "half-open 100 30s", {kCount, kDuration}, 2, 2},
    FaultKind{"memory", "memory 1GiB 30s", {kBytes, kDuration}, 2, 2},
    FaultKind{"cpu", "cpu 80% 30s", {kShare, kDuration}, 2, 2},
    FaultKind{"disk", "disk 30s", {kDuration}, 1, 1},
    FaultKind{"fds", "fds 1000 30s", {kCount, kDuration}, 2, 2},
    FaultKind{"disk-full", "disk-full PATH 30s or disk-full 1GiB 30s", {kPlace, kDuration}, 2, 2},
    FaultKind{"delay", "delay 100ms 30s", {kDuration, kDuration}, 2, 2},
    FaultKind{"loss", "loss 5% 30s", {kShare, kDuration}, 2, 2},
    FaultKind{"dns", "dns 30s", {kDuration}, 1, 1},
};

bool is_share(std::string_view word) {
  if (!word.ends_with('%')) return false;
  const auto percent = to_double(word.substr(0, word.size() - 1));
  return percent && *percent > 0 && *percent <= 100;
}

bool is_time(std::string_view word) {
  if (to_double(word)) return false;  // a number without a unit
  const auto time = to_duration(word);
  return time && *time > Duration(0) && *time <= kLongestTime;
}

bool fits(Argument argument, std::string_view word) {
  switch (argument) {
    case kDuration:
      return is_time(word);
    case kCount: {
      const auto count = to_number(word);
      return count && *count >= 1 && *count <= kMostClients;
    }
    case kBytes: {
      const auto bytes = to_bytes(word);
      return bytes && *bytes > 0;
    }
    case kShare:
      return is_share(word);
    case kPlace:
      return !word.empty();  // what is no size is a path
    case kRestart:
      return word == "restart";
  }
  return false;
}

Injection read_injection(const TomlValue& value) {
  Injection injection{.text = value.text()};
  const std::string_view text = injection.text;
  std::vector<std::string> words;
  for (std::size_t at = text.find_first_not_of(' '); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(' ', end);
  }
  if (words.empty()) value.fail("expected a fault such as \"pause 1s\"");
  const auto* const kind = std::ranges::find(kFaults, std::string_view(words[0]), &FaultKind::name);
  if (kind == kFaults.end()) {
    std::array<std::string_view, kFaults.size()> names;
    std::ranges::transform(kFaults, names.begin(), &FaultKind::name);
    value.fail_unknown("fault", words[0], names);
  }
  injection.kind = kind->name;
  injection.arguments.assign(words.begin() + 1, words.end());
  const std::size_t count = injection.arguments.size();
  bool right = count >= kind->least && count <= kind->most;
  for (std::size_t i = 0; right && i < count; ++i) {
    right = fits(kind->arguments.at(i), injection.arguments[i]);
  }
  if (!right) {
    value.fail(fmt::format("expected {}, found {}", kind->usage, tidemark::quoted(text)));
  }
  return injection;
}

// What a fault asks of the scenario, and of the target.
void check_fit(const TomlValue& value, const Injection& injection, const Scenario& scenario) {
  if (injection.kind == "kill" && scenario.pid && !scenario.launch) {
    value.fail("only what [launch] started is killed, never a pid", "\"pause 1s\" stops it");
  }
  const bool connections = injection.kind == "connections" || injection.kind == "slow-readers" ||
                           injection.kind == "half-open";
  if (connections && scenario.target && scenario.target->kind == Target::Kind::kUdp) {
    value.fail("a UDP target has no connections");
  }
}

Fault read_times(const TomlValue& value, Duration length) {
  Fault fault;
  const TomlValue at = value.need("at");
  fault.at = time_of(at);
  if (length > Duration(0) && fault.at >= length) {
    at.fail(fmt::format("the load is over after {}", duration_text(length)));
  }
  if (const auto every = value.get("every")) {
    fault.every = time_of(*every);
    if (*fault.every < std::chrono::seconds(1)) every->fail("expected at least 1s");
  }
  return fault;
}

}  // namespace

void read_faults(const TomlValue& section, Scenario& scenario) {
  for (const TomlValue& value : section.items(kMostThings)) {
    value.only(keys::kFault);
    Fault fault = read_times(value, length_of(scenario.load));
    const TomlValue inject = value.need("inject");
    const std::vector<TomlValue> all =
        inject.is_text() ? std::vector{inject} : inject.items(kMostThings);
    for (const TomlValue& one : all) {
      fault.inject.push_back(read_injection(one));
      check_fit(one, fault.inject.back(), scenario);
    }
    if (all.empty()) inject.fail("expected a fault such as \"pause 1s\"");
    scenario.faults.push_back(std::move(fault));
  }
}

}  // namespace tidemark::load
