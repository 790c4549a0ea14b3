#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::leakwatch {

// Where the agent in a target that we start keeps its live files: raw/live/heap.PID.tmheap.
std::filesystem::path live_prefix(const std::filesystem::path& raw);

// The heap file that an agent in `pid` keeps up to date; empty when there is none.
std::filesystem::path live_file_of(pid_t pid);

// The files of processes that have ended meanwhile, at most `most` of them, the last written
// first. Their agents write no more.
std::vector<std::filesystem::path> left_files(const std::filesystem::path& raw, std::size_t most);

// Removes what they wrote to: it is as large as the agent may ever need.
void remove_live_files(const std::filesystem::path& raw);

// Under which name a heap profile is kept in raw/: "heap_4711.000003.heap"; and whether a file
// is one that was kept.
std::filesystem::path kept_name(pid_t pid, std::int64_t round, std::string_view ending);
bool is_kept(const std::filesystem::path& name);

}  // namespace tidemark::leakwatch
