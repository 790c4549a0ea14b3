#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "lib/model/recording.h"
#include "parsers/formats.h"

namespace tidemark {

// The sample tests/data/`path`, read as any tool would.
inline Recording sample(std::string_view path) {
  return parse(read_file(std::filesystem::path(TIDEMARK_TEST_DATA) / path));
}

// The self values of the stacks that `named` gives a name, added up by name.
template <typename Named>
std::map<std::string, std::vector<std::int64_t>> values_by(const Profile& profile, Named named) {
  std::map<std::string, std::vector<std::int64_t>> found;
  for (std::uint32_t i = 1; i < profile.stacks(); ++i) {
    const auto self = profile.self(StackId{i});
    bool empty = true;
    for (const std::int64_t value : self) empty = empty && value == 0;
    if (empty) continue;
    std::vector<std::int64_t>& sum = found[named(frames_of(profile, StackId{i}))];
    sum.resize(self.size());
    for (std::size_t v = 0; v < self.size(); ++v) sum[v] += self[v];
  }
  return found;
}

// Every stack that has values, its frames' short names innermost first.
inline std::map<std::string, std::vector<std::int64_t>> stacks_of(const Profile& profile) {
  return values_by(profile, [](const std::vector<Frame>& frames) {
    std::string name;
    for (const Frame& frame : frames) name += (name.empty() ? "" : " < ") + name_of(frame);
    return name;
  });
}

// The same, of the innermost frame only.
inline std::map<std::string, std::vector<std::int64_t>> leaves_of(const Profile& profile) {
  return values_by(profile, [](const std::vector<Frame>& frames) { return name_of(frames[0]); });
}

}  // namespace tidemark
