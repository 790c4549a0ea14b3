#include "lib/report/folded_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "lib/base/numbers.h"
#include "lib/report/folded.h"

namespace tidemark {
namespace {

struct Line {
  std::string stack;
  std::int64_t before = 0;
  std::int64_t after = 0;
};

std::vector<Line> lines_of(const Compared& compared) {
  const Profile& profile = compared.profile;
  std::vector<std::string> names;
  names.reserve(profile.frames());
  for (std::uint32_t i = 0; i < profile.frames(); ++i) {
    names.push_back(folded_name(profile.frame(FrameId{i})));
  }
  std::vector<Line> lines;
  std::vector<const std::string*> frames;
  for (std::uint32_t i = 1; i < profile.stacks(); ++i) {
    const std::span<const std::int64_t> self = profile.self(StackId{i});
    Line line{.stack = "", .before = self[compared.before], .after = self[compared.after]};
    if (line.before == 0 && line.after == 0) continue;
    frames.clear();
    for (StackId at{i}; at != kRoot; at = profile.caller(at)) {
      frames.push_back(&names[static_cast<std::size_t>(profile.leaf(at))]);
    }
    for (std::size_t f = frames.size(); f > 0; --f) {
      if (f < frames.size()) line.stack += ';';
      line.stack += *frames[f - 1];
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

std::string to_folded_diff(const Compared& compared, Ratio ratio) {
  std::vector<Line> lines = lines_of(compared);
  std::ranges::sort(lines, {}, &Line::stack);
  std::string text;
  for (std::size_t i = 0; i < lines.size();) {
    Line sum{.stack = std::move(lines[i].stack)};
    // Frames whose names differ in a `;` only are one here.
    do {
      sum.before = checked_add(sum.before, lines[i].before);
      sum.after = checked_add(sum.after, lines[i].after);
    } while (++i < lines.size() && lines[i].stack == sum.stack);
    fmt::format_to(std::back_inserter(text), "{} {} {}\n", sum.stack, scaled(sum.before, ratio),
                   sum.after);
  }
  return text;
}

}  // namespace tidemark
