#include "tools/memprof/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "lib/analyze/flame.h"
#include "lib/base/error.h"
#include "lib/base/source.h"
#include "lib/cli/terminal.h"
#include "lib/report/flame_svg.h"
#include "lib/report/pprof_writer.h"
#include "lib/report/words.h"
#include "lib/suppress/compile.h"

namespace tidemark::memprof {
namespace {

// The stack and the bytes of one site, and of those that it holds.
void add_site(Profile& profile, const Site& site) {
  if (!is_leak(site.kind) || site.kind == FindingKind::kGrowth) return;
  StackId stack = kRoot;
  if (!site.example.stacks.empty()) {
    const CallStack& frames = site.example.stacks.front().frames;
    for (std::size_t i = frames.size(); i > 0; --i) {
      stack = profile.push(stack, profile.intern(frames[i - 1]));
    }
  }
  profile.add(stack, std::array{site.blocks, site.bytes - site.indirect_bytes});
  for (const Site& held : site.holds) add_site(profile, held);
}

// A rule for every site, to be completed by whoever answers for it.
std::string ready_rules(const Document& document) {
  std::string rules;
  int number = 0;
  for (const Site& site : document.sites) {
    const std::string id = fmt::format("{}-{}", code_of(site.kind), ++number);
    const std::string rule = ready_rule(site.example, id);
    if (!rule.empty()) rules += (rules.empty() ? "" : "\n") + rule;
  }
  if (rules.empty()) throw Error("nothing was found that a rule could suppress");
  return rules;
}

}  // namespace

int exit_code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kClean:
      return cli::kOk;
    case Verdict::kFound:
      return cli::kFound;
    case Verdict::kFailed:
      return cli::kFailed;
    case Verdict::kUndecided:
      return cli::kUndecided;
  }
  return cli::kFailed;
}

ReportOptions options_for(std::string_view path, bool all_frames) {
  ReportOptions options{.all_frames = all_frames, .source = source_lines};
  if (path == "-") {
    options.colour = cli::wants_colour(STDOUT_FILENO);
    options.width = cli::width(STDOUT_FILENO);
  }
  return options;
}

Profile main_profile_of(const Document& document) {
  if (const Profile* profile = main_profile(document); profile != nullptr) return *profile;
  Profile profile({{"inuse_objects", "count"}, {"inuse_space", "bytes"}});
  profile.title = "not freed";
  profile.default_value = 1;
  for (const Site& site : document.sites) add_site(profile, site);
  if (profile.stacks() == 1) {
    throw Error("there is neither a profile nor an unfreed block to write",
                "formats that hold errors: text, html, json, sarif, junit, markdown");
  }
  return profile;
}

namespace {

// Who holds what, as a picture; memory in the green that it has by custom.
std::string flamegraph(const Document& document) {
  const Profile profile = main_profile_of(document);
  const std::string& unit = profile.value_types().at(profile.default_value).unit;
  const FlameStyle style{.title = profile.title,
                         .subtitle = document.verdict_text,
                         .count_name = unit,
                         .palette = unit == "bytes" ? Palette::kMem : Palette::kHot};
  // Narrower than a tenth of a pixel nobody sees it.
  const double smallest = 0.1 / style.width;
  return flame_svg(flame_graph(profile, {.value = profile.default_value, .minimum = smallest}),
                   style);
}

}  // namespace

std::string written(const Document& document, std::string_view format,
                    const ReportOptions& options) {
  if (format == "pprof") return to_pprof(main_profile_of(document));
  if (format == "flamegraph") return flamegraph(document);
  if (format == "suppressions") return ready_rules(document);
  return report_named(format).write(document, options);
}

}  // namespace tidemark::memprof
