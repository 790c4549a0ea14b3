#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidemark {

// Lines `first` to `last` (from 1) of the source file `path`, as many as there
// are; nothing when it cannot be read. Paths come from profiles, which may come
// from anywhere, and the lines go into reports that are passed on: so only
// regular files up to 16 MiB are read whose name ends like a source file's, and
// lines are cut after 400 bytes.
std::vector<std::string> source_lines(const std::string& path, std::int64_t first,
                                      std::int64_t last);

}  // namespace tidemark
