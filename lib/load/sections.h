#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/load/scenario.h"
#include "lib/toml/value.h"

// The sections of a scenario file, each read by a file of its own. What belongs to
// several sections is held against each other where the later one is read; they are read
// in the order of this header.

namespace tidemark::load {

constexpr std::size_t kMostThings = 1000;  // stages, requests, clients beside, faults, limits
constexpr std::int64_t kMostClients = 1'000'000;
constexpr Duration kLongestTime = std::chrono::hours(31 * 24);

// "100ms..30s", or one time that is both ends.
Span span_of(const TomlValue& value);
// At most kLongestTime.
Duration time_of(const TomlValue& value);
// A path of the target, with the target's prefix.
Template path_of(const TomlValue& value, const Scenario& scenario,
                 const std::vector<std::string>& captures);
std::string fixed_path_of(const TomlValue& value, const Scenario& scenario);
// A JSON pointer, RFC 6901.
std::string pointer_of(const TomlValue& value);

// [launch] and [guard].
LaunchPlan read_launch(const TomlValue& section, const Scenario& scenario);
GuardPlan read_guard(const TomlValue& section);

// [load]; without a mix, its stages say only how long. What requests take from it is in
// RequestDefaults.
struct RequestDefaults {
  std::string rpc_path;  // the target's prefix included
  std::vector<std::pair<std::string, Template>> headers;
};
RequestDefaults read_load(const TomlValue& section, bool has_mix, Scenario& scenario);

// [mix] or [persona.NAME]; `section` is the member of the file.
void read_mix(const TomlValue& section, const RequestDefaults& defaults, Scenario& scenario);
void read_personas(const TomlValue& section, const RequestDefaults& defaults, Scenario& scenario);
std::vector<std::pair<std::string, Template>> read_headers(
    const TomlValue& section, const std::vector<std::string>& captures);

// One line of a mix.
struct RequestPlace {
  const Scenario* scenario = nullptr;
  const RequestDefaults* defaults = nullptr;
  const std::vector<std::string>* captures = nullptr;  // of the persona
};
Request read_request(const TomlValue& value, const RequestPlace& place);
// All that is filled in when it is made.
std::vector<const Template*> templates_of(const Request& request);
// A table or a list as JSON, its texts as templates; a text that is one place for a number
// and nothing else ("${int:1..10}") stands for a number.
std::string json_of(const TomlValue& value);

// [beside].
void read_beside(const TomlValue& section, Scenario& scenario);

// [[fault]].
void read_faults(const TomlValue& section, Scenario& scenario);

// [pass].
void read_pass(const TomlValue& section, Scenario& scenario);

}  // namespace tidemark::load
