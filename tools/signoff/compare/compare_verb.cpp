#include "tools/signoff/compare/compare_verb.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/cli/terminal.h"
#include "lib/cli/values.h"
#include "tools/signoff/compare/compare_writers.h"
#include "tools/signoff/compare/comparison.h"
#include "tools/signoff/compare/flame_difference.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;

// What stands before and after "--"; without it there are just two.
std::pair<Baseline, Baseline> sides_of(const cli::Args& args) {
  const std::vector<std::string>& given = args.operands();
  if (!args.rest().empty()) return {read_baseline(given), read_baseline(args.rest())};
  if (given.size() != 2) {
    throw UsageError(fmt::format("signoff compare needs two sides, found {}", given.size()),
                     "signoff compare BEFORE AFTER, or with several a side: BEFORE... -- AFTER...");
  }
  return {read_baseline(fs::path(given[0])), read_baseline(fs::path(given[1]))};
}

// The repetitions of a pair on one side, found by their directories.
Side side_of(const Baseline& baseline, const std::vector<std::string>& directories) {
  Side side;
  for (const std::string& directory : directories)
    for (const BaselineRun& run : baseline.runs)
      if (run.facts.directory.string() == directory) side.push_back(&run.facts);
  return side;
}

// "change.html" and the pair "redis/normal: load" are "change-redis-normal-load-flame.html".
fs::path flame_path(const fs::path& output, const PairChange& pair, bool only) {
  std::string name = output.stem().string();
  if (!only) {
    name += '-';
    for (const char c : pair.id()) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '.' || c == '_';
      if (plain || name.back() != '-') name += plain ? c : '-';
    }
  }
  return output.parent_path() / (name + "-flame.html");
}

void draw_flames(Comparison& comparison, const Baseline& before, const Baseline& after,
                 const fs::path& output) {
  for (PairChange& pair : comparison.pairs) {
    FlameDifference flames =
        flame_difference(side_of(before, pair.before_directories),
                         side_of(after, pair.after_directories), "Before and after: " + pair.id());
    if (!flames.problem.empty()) pair.warnings.push_back(flames.problem);
    if (flames.html.empty()) continue;
    const fs::path path = flame_path(output, pair, comparison.pairs.size() == 1);
    write_file(path, flames.html);
    pair.flame_file = path.string();
    pair.flame_svg = std::move(flames.svg);
  }
}

std::string written(const Comparison& comparison, const std::string& format, bool colour) {
  if (format == "html") return compare_html(comparison);
  if (format == "json") return compare_json(comparison);
  if (format == "markdown") return compare_markdown(comparison);
  return compare_text(comparison, colour);
}

}  // namespace

int compare_verb(const cli::Args& args) {
  const CompareOptions options{.phases = args.value("--phase"),
                               .same = cli::percent_of(args.value("--same"), "--same") / 100,
                               .strict = args.given("--strict")};
  const auto [before, after] = sides_of(args);
  Comparison comparison = compare_runs(before, after, options);
  const std::string& output = args.value("--output");
  if (output != "-") draw_flames(comparison, before, after, output);
  const bool colour = output == "-" && cli::wants_colour(1);
  write_file(output, written(comparison, args.value("--format"), colour));
  return exit_code_of(comparison);
}

}  // namespace tidemark::signoff
