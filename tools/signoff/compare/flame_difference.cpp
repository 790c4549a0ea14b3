#include "tools/signoff/compare/flame_difference.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "lib/analyze/compare.h"
#include "lib/analyze/flame.h"
#include "lib/analyze/merge.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/report/flame_html.h"
#include "lib/report/flame_look.h"
#include "lib/report/flame_svg.h"
#include "parsers/formats.h"

namespace tidemark::signoff {
namespace {

// Frames narrower than this share are not drawn in the picture; the page has them all.
constexpr double kLeastShare = 0.002;

// Whole bytes and samples, with room for what is added up of many.
struct Merged {
  std::optional<Profile> profile;
  std::int64_t runs = 0;
  std::string source;
};

Merged merged(const Side& side) {
  Merged all;
  std::vector<Profile> profiles;
  for (const RunFacts* facts : side) {
    if (facts->profile.empty()) continue;
    const auto path =
        facts->profile.is_absolute() ? facts->profile : facts->directory / facts->profile;
    Recording recording = parse(read_file(path));
    if (recording.profiles.empty()) continue;
    for (Profile& profile : recording.profiles) profiles.push_back(std::move(profile));
    all.source += (all.source.empty() ? "" : ", ") + path.string();
    ++all.runs;
  }
  if (profiles.empty()) return all;
  std::vector<const Profile*> parts;
  parts.reserve(profiles.size());
  for (const Profile& profile : profiles) parts.push_back(&profile);
  const std::size_t shown = profiles.front().default_value;
  all.profile = merge(parts);
  all.profile->default_value = shown;
  return all;
}

Compared mean_difference(const Merged& before, const Merged& after) {
  Compared compared = compare(
      *before.profile, *after.profile,
      {.before_value = before.profile->default_value, .after_value = after.profile->default_value});
  for (std::size_t value = 0; value < compared.profile.value_types().size(); ++value) {
    const std::int64_t runs = value % 2 == 0 ? before.runs : after.runs;
    if (runs > 1) scale(compared.profile, value, {.of = 1, .to = runs});
  }
  return compared;
}

std::string page_of(const Compared& compared, const std::string& title, const std::string& source) {
  return flame_html(compared.profile, {.title = title,
                                       .subtitle = "before and after, a run in the mean",
                                       .source = source,
                                       .before = compared.before,
                                       .after = compared.after});
}

std::string picture_of(const Compared& compared, const std::string& title) {
  const FlameLook look = look_of(compared.profile, compared.after);
  FlameStyle style{.title = title,
                   .subtitle = "red: more than before, blue: less",
                   .count_name = look.count_name,
                   .palette = look.palette,
                   .factor = look.factor,
                   .difference = true};
  const FlameGraph graph =
      flame_graph(compared.profile,
                  {.value = compared.after, .compared = compared.before, .minimum = kLeastShare});
  return flame_svg(graph, style);
}

}  // namespace

FlameDifference flame_difference(const Side& before, const Side& after, const std::string& title) {
  try {
    const Merged old = merged(before);
    const Merged now = merged(after);
    if (!old.profile || !now.profile) return {};
    const Compared compared = mean_difference(old, now);
    return {.html = page_of(compared, title, old.source + ", " + now.source),
            .svg = picture_of(compared, title)};
  } catch (const Error& error) {
    return {.problem = fmt::format("no differential flame graph: {}", error.what())};
  }
}

}  // namespace tidemark::signoff
