#include "parsers/perf_script_warnings.h"

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>

#include "lib/base/lines.h"
#include "parsers/perf_script_feed.h"

namespace tidemark::perf_script {
namespace {

std::string_view script_of(Rules rules) {
  return rules == Rules::kInferno ? "inferno-collapse-perf" : "stackcollapse-perf.pl";
}

// "", or " (7 such lines)".
std::string how_often(const Tally& tally, std::string_view things) {
  return tally.count == 1 ? "" : fmt::format(" ({} such {})", tally.count, things);
}

using Say = std::function<void(const Tally&, const std::string&)>;

// What the rules do to samples.
void say_rules(const Tallies& tallies, Rules rules, const Say& say) {
  say(tallies.huge,
      fmt::format("a period of 2^63 or more counts as 1{}", how_often(tallies.huge, "periods")));
  say(tallies.merged, fmt::format("an event without an empty line before it; its sample is merged "
                                  "with the one before, as {} does{}",
                                  script_of(rules), how_often(tallies.merged, "events")));
  say(tallies.unended, rules == Rules::kFlameGraph
                           ? "no empty line behind the last sample; it is dropped, as "
                             "stackcollapse-perf.pl does"
                           : "no empty line behind the last sample, which may be cut off");
  say(tallies.frameless, fmt::format("{} samples without frames are dropped, as "
                                     "inferno-collapse-perf does",
                                     tallies.frameless.count));
}

}  // namespace

std::vector<std::string> warnings_of(const Tallies& tallies,
                                     const std::vector<std::string>& other_events,
                                     std::span<const Input> inputs, Rules rules) {
  std::vector<std::string> warnings;
  const Positions positions(inputs);
  const auto say = [&](const Tally& tally, const std::string& text) {
    if (tally.count > 0) warnings.push_back(positions.at(tally.first, text));
  };
  say(tallies.lost, fmt::format("perf lost {} records", tallies.lost.count));
  say(tallies.unrecognized, fmt::format("neither an event nor a frame, left out{}: {}",
                                        how_often(tallies.unrecognized, "lines"),
                                        quoted(positions.line(tallies.unrecognized.first))));
  say(tallies.cut, "the file ends inside this line; it is left out");
  say_rules(tallies, rules, say);
  if (!other_events.empty()) {
    warnings.push_back(fmt::format("{}: {} samples of other events are left out: {}",
                                   inputs[0].name, tallies.filtered.count,
                                   printable(fmt::format("{}", fmt::join(other_events, ", ")))));
  }
  return warnings;
}

}  // namespace tidemark::perf_script
