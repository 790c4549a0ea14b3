#include "tools/signoff/run/duration.h"

#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/numbers.h"
#include "lib/base/quantities.h"
#include "lib/load/scenario.h"
#include "tools/signoff/campaign/placeholders.h"

namespace tidemark::signoff {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kBesides = seconds(10);
constexpr Duration kLeastLimit = minutes(2);

// What a scenario takes at scale 1; nothing for what is none, which shows when it runs.
Duration length_of_scenario(const std::filesystem::path& path) {
  try {
    const File file = read_file(path);
    return load::length_of(load::parse_scenario(file.input()).load);
  } catch (const Error&) {
    return Duration(0);
  }
}

// What follows "--for" as it is, and what {time ...} comes to.
Duration said_times(const RunPlan& run, double scale) {
  Duration sum(0);
  for (std::size_t i = 0; i < run.args.size(); ++i) {
    for (const Piece& piece : pieces_of(run.args[i], "")) {
      if (piece.name == "time") sum += scaled(*to_duration(piece.rest), scale);
    }
    if (i > 0 && run.args[i - 1] == "--for") {
      sum += to_duration(run.args[i]).value_or(Duration(0));
    }
  }
  return sum;
}

// How much of a scenario's time a run takes: what follows "--rehearse", or the scale.
double rehearsed_share(const RunPlan& run, double scale) {
  double share = 1;
  for (std::size_t i = 0; i < run.args.size(); ++i) {
    for (const Piece& piece : pieces_of(run.args[i], ""))
      if (piece.name == "rehearse" || piece.name == "scale") share = scale;
    if (i > 0 && run.args[i - 1] == "--rehearse") share = to_double(run.args[i]).value_or(share);
  }
  return share;
}

Duration length_of_scenarios(const PlannedPhase& planned, const RunPlan& run,
                             const Campaign& campaign, double scale) {
  Duration sum(0);
  for (const std::string& arg : run.args) {
    for (const Piece& piece : pieces_of(arg, "")) {
      if (piece.name != "load") continue;
      const std::filesystem::path path =
          campaign.file.parent_path() / planned.target->load.at(piece.rest);
      if (path.extension() == ".toml") sum += length_of_scenario(path);
    }
  }
  const double share = rehearsed_share(run, scale);
  return share < 1 && sum > Duration(0) ? scaled(sum, share) : sum;
}

}  // namespace

Duration start_value(const PlannedPhase& planned, const RunPlan& run, const Campaign& campaign,
                     double scale) {
  const Duration times = said_times(run, scale);
  return kBesides +
         (times > Duration(0) ? times : length_of_scenarios(planned, run, campaign, scale));
}

Duration time_limit(const RunPlan& run, const std::optional<Expectation>& expectation,
                    Duration start_value, double scale) {
  if (run.timeout) {
    return std::max(scaled(*run.timeout, scale), std::min(*run.timeout, kLeastLimit));
  }
  if (expectation) return std::max(3 * expectation->longest, 2 * start_value) + minutes(1);
  return std::max<Duration>(10 * start_value, minutes(30));
}

}  // namespace tidemark::signoff
