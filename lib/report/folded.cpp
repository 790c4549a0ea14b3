#include "lib/report/folded.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "lib/base/numbers.h"

namespace tidemark {
namespace {

using Line = std::pair<std::string, std::int64_t>;

std::vector<Line> lines_of(const Profile& profile, std::size_t value) {
  std::vector<std::string> names;
  names.reserve(profile.frames());
  for (std::uint32_t i = 0; i < profile.frames(); ++i) {
    names.push_back(folded_name(profile.frame(FrameId{i})));
  }
  std::vector<Line> lines;
  std::vector<const std::string*> stack;
  for (std::uint32_t i = 1; i < profile.stacks(); ++i) {
    const std::int64_t self = profile.self(StackId{i})[value];
    if (self == 0) continue;
    stack.clear();
    std::size_t length = 0;
    for (StackId at{i}; at != kRoot; at = profile.caller(at)) {
      stack.push_back(&names[static_cast<std::size_t>(profile.leaf(at))]);
      length += stack.back()->size() + 1;
    }
    std::string text;
    text.reserve(length);
    for (std::size_t f = stack.size(); f > 0; --f) {
      if (f < stack.size()) text += ';';
      text += *stack[f - 1];
    }
    lines.emplace_back(std::move(text), self);
  }
  return lines;
}

}  // namespace

std::string folded_name(const Frame& frame) {
  std::string name = name_of(frame);
  for (char& c : name) {
    if (c == ';') c = ':';
    if (c == '\n' || c == '\r' || c == '\0') c = ' ';
  }
  return name;
}

std::string to_folded(const Profile& profile, std::size_t value) {
  std::vector<Line> lines = lines_of(profile, value);
  std::ranges::sort(lines, {}, &Line::first);
  std::string text;
  for (std::size_t i = 0; i < lines.size();) {
    std::int64_t sum = 0;
    std::size_t next = i;
    for (; next < lines.size() && lines[next].first == lines[i].first; ++next) {
      sum = checked_add(sum, lines[next].second);
    }
    if (sum != 0) fmt::format_to(std::back_inserter(text), "{} {}\n", lines[i].first, sum);
    i = next;
  }
  return text;
}

}  // namespace tidemark
