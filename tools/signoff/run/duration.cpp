#include "tools/signoff/run/duration.h"

#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/file.h"
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

Duration length_of_argument(const Piece& piece, const TargetPlan& target,
                            const Campaign& campaign) {
  if (piece.name == "time") return *to_duration(piece.rest);
  if (piece.name != "load") return Duration(0);
  const std::filesystem::path path = campaign.file.parent_path() / target.load.at(piece.rest);
  return path.extension() == ".toml" ? length_of_scenario(path) : Duration(0);
}

}  // namespace

Duration start_value(const PlannedPhase& planned, const RunPlan& run, const Campaign& campaign,
                     double scale) {
  Duration sum(0);
  for (const std::string& arg : run.args) {
    for (const Piece& piece : pieces_of(arg, "")) {
      const Duration length = length_of_argument(piece, *planned.target, campaign);
      if (length > Duration(0)) sum += scaled(length, scale);
    }
  }
  return sum + kBesides;
}

Duration time_limit(const RunPlan& run, const std::optional<Expectation>& expectation,
                    Duration start_value, double scale) {
  if (run.timeout) {
    return std::max(scaled(*run.timeout, scale), std::min(*run.timeout, kLeastLimit));
  }
  if (expectation) return 3 * expectation->longest + minutes(1);
  return std::max<Duration>(10 * start_value, minutes(30));
}

}  // namespace tidemark::signoff
