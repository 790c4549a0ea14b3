#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <vector>

namespace tidemark::memprof {

// Nanoseconds of CPU time that each thread of a process has used so far.
using ThreadTimes = std::map<pid_t, std::int64_t>;
ThreadTimes thread_times(pid_t pid);

// What threads did between two looks.
struct ThreadWork {
  std::vector<pid_t> busiest;  // first; those that did nearly all, but not more than `most`
  std::int64_t first_ns = 0;   // of the first of them
  std::int64_t all_ns = 0;     // of all threads
  std::int64_t left_out_ns = 0;
};
ThreadWork work_between(const ThreadTimes& before, const ThreadTimes& after, std::size_t most);

}  // namespace tidemark::memprof
