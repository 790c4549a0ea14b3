#include "tools/leakwatch/sites/growth_flame.h"

#include "lib/analyze/compare.h"
#include "lib/analyze/flame.h"
#include "lib/analyze/profile_findings.h"
#include "lib/base/file.h"
#include "lib/report/flame_html.h"
#include "lib/report/flame_look.h"
#include "lib/report/flame_svg.h"

namespace tidemark::leakwatch {

void write_growth_flame(const std::filesystem::path& path, const Profile& before,
                        const Profile& after, const std::string& source) {
  const Compared compared = compare(before, after,
                                    {.before_value = in_use_bytes(before).value_or(0),
                                     .after_value = in_use_bytes(after).value_or(0)});
  const std::string title = "Growth of Memory in Use";
  if (path.extension() == ".html") {
    write_file(path, flame_html(compared.profile, {.title = title,
                                                   .subtitle = {},
                                                   .source = source,
                                                   .before = compared.before,
                                                   .after = compared.after}));
    return;
  }
  const FlameLook look = look_of(compared.profile, compared.after);
  const FlameGraph graph = flame_graph(
      compared.profile, {.value = compared.after, .compared = compared.before, .minimum = 0.0005});
  write_file(path, flame_svg(graph, {.title = title,
                                     .subtitle = "red: grew, blue: shrank",
                                     .notes = {},
                                     .count_name = "bytes",
                                     .palette = look.palette,
                                     .colours = {},
                                     .background = {},
                                     .attributes = {},
                                     .footer = {},
                                     .factor = look.factor,
                                     .difference = true,
                                     .encoding = {}}));
}

}  // namespace tidemark::leakwatch
