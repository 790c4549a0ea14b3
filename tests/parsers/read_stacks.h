#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/format.h"
#include "tests/parsers/stacks_of.h"

namespace tidemark {

inline Recording read_as(const Format& format, std::string_view text) {
  return format.parse({.name = "input", .bytes = text});
}

// The stacks of the first profile in `text`, as stacks_of() gives them.
inline std::map<std::string, std::int64_t> stacks_in(const Format& format, std::string_view text,
                                                     std::size_t value_type = 0) {
  return stacks_of(read_as(format, text).profiles.at(0), value_type);
}

// The frames, innermost first, of the only stack in `text` that has a value.
inline std::vector<Frame> only_stack(const Format& format, std::string_view text) {
  const Recording recording = read_as(format, text);
  const Profile& profile = recording.profiles.at(0);
  for (std::uint32_t i = 1; i < profile.stacks(); ++i) {
    if (profile.self(StackId{i})[0] != 0) return frames_of(profile, StackId{i});
  }
  return {};
}

// The text of one frame, and what is read of it.
struct FrameRow {
  std::string_view text;
  Frame frame;
};

}  // namespace tidemark
