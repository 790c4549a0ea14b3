#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/inject/preflight.h"

namespace tidemark {

// An allocator that profiles by itself, in a process that runs: how it was told to, by the
// process's environment, and where its dumps go.
struct OwnProfile {
  enum class Asked : std::uint8_t {
    kBySignal,  // gperftools: each `signal` is answered by a dump
    kByItself,  // jemalloc, lg_prof_interval: after so many bytes
  };
  Asked asked = Asked::kBySignal;
  int signal = 0;
  std::filesystem::path directory;  // as the process sees it
  std::string start;                // of the dumps' names
  std::string_view end;             // of them
};

// What `environment` (NAME=value, each with a NUL at its end) says about it in a process that
// has the files `modules` mapped; else what keeps us from it. `directory` is the process's
// working directory.
struct OwnProfileState {
  std::optional<OwnProfile> profile;
  Obstacle obstacle;  // when there is none
};
OwnProfileState own_profile(std::string_view environment, const std::vector<std::string>& modules,
                            const std::filesystem::path& directory);

// The same of a process, whose handler for the signal is checked.
OwnProfileState own_profile_of(pid_t pid);

// The dumps that are there now, oldest first.
std::vector<std::filesystem::path> dumps_of(pid_t pid, const OwnProfile& profile);

}  // namespace tidemark
