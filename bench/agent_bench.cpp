// The promise: with the sampling agent in the program, a malloc and its free take at most
// 1.3 ns longer.
//
// Each round runs this same program once natively and once with the agent, in turn, so that a
// busy machine is busy for both. What counts is the CPU time of the threads, samples included,
// and of it the median of the differences of the rounds.
//
//   pair  malloc(64) and free, at once
//   ring  a ring of 1,000 blocks of 16 to 1,039 bytes; the oldest is freed, a new one takes its
//         place
//   mix   10,000 blocks of the sizes that services ask for, freed in another order
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/contest.h"
#include "lib/base/error.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr int kRounds = 15;
constexpr double kMostNs = 1.3;
constexpr int kPairs = 4'000'000;

// The compiler must not leave a malloc out whose block nobody looks at.
void* keep(void* block) {
  asm volatile("" : "+r"(block) : : "memory");
  return block;
}

std::uint32_t next_random(std::uint32_t& state) {
  state = state * 1664525 + 1013904223;
  return state >> 8;
}

void pair_job() {
  for (int i = 0; i < kPairs; ++i) std::free(keep(std::malloc(64)));
}

void ring_job() {
  std::array<void*, 1000> ring = {};
  std::uint32_t random = 1;
  for (int i = 0; i < kPairs; ++i) {
    void*& slot = ring[static_cast<std::size_t>(i) % ring.size()];
    std::free(slot);
    slot = keep(std::malloc(16 + next_random(random) % 1024));
  }
  for (void* block : ring) std::free(block);
}

void mix_job() {
  constexpr std::array<std::size_t, 12> kSizes = {16, 24,  32,  48,  64,   64,
                                                  96, 128, 256, 512, 1024, 4096};
  std::vector<void*> blocks(10'000);
  std::uint32_t random = 2;
  for (int i = 0; i < kPairs; ++i) {
    void*& slot = blocks[next_random(random) % blocks.size()];
    std::free(slot);
    slot = keep(std::malloc(kSizes[next_random(random) % kSizes.size()]));
  }
  for (void* block : blocks) std::free(block);
}

double cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

struct Job {
  std::string_view name;
  void (*run)();
  int threads;
};
constexpr std::array<Job, 6> kJobs = {{{"pair", pair_job, 1},
                                       {"ring", ring_job, 1},
                                       {"mix", mix_job, 1},
                                       {"pair, 2 threads", pair_job, 2},
                                       {"ring, 2 threads", ring_job, 2},
                                       {"mix, 2 threads", mix_job, 2}}};

// What a measured process does: prints the nanoseconds of a pair for each job.
int measure() {
  // The heap file is made, and its first pages are touched, before the clock starts.
  for (int i = 0; i < 256; ++i) std::free(keep(std::malloc(std::size_t{1} << 20)));
  for (const Job& job : kJobs) {
    const double before = cpu_ns();
    if (job.threads == 1) {
      job.run();
    } else {
      std::thread other(job.run);
      job.run();
      other.join();
    }
    fmt::print("{}\n", (cpu_ns() - before) / kPairs / job.threads);
  }
  return 0;
}

std::vector<double> times_of(bool with_agent, const fs::path& directory) {
  std::array<char, 4096> self = {};
  if (readlink("/proc/self/exe", self.data(), self.size() - 1) < 0) throw Error("no /proc");
  std::string command = fmt::format("'{}' --measure", self.data());
  if (with_agent) {
    command = fmt::format("TIDEMARK_HEAP=file={}/h,overhead=0% LD_PRELOAD={} {}",
                          directory.string(), TIDEMARK_BUILD "/agent/libtidemark_heap.so", command);
  }
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw Error(fmt::format("{}: cannot be started", command));
  std::vector<double> times;
  double time = 0;
  while (fscanf(pipe, "%lf", &time) == 1) times.push_back(time);
  if (pclose(pipe) != 0 || times.size() != kJobs.size())
    throw Error(fmt::format("{}: failed", command));
  return times;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int compare() {
  std::string pattern = fs::temp_directory_path() / "agent-bench-XXXXXX";
  const fs::path directory = mkdtemp(pattern.data());
  std::vector<std::vector<double>> native;  // [round][job]
  std::vector<std::vector<double>> with_agent;
  for (int round = 0; round < kRounds; ++round) {
    native.push_back(times_of(false, directory));
    with_agent.push_back(times_of(true, directory));
    for (const auto& entry : fs::directory_iterator(directory)) fs::remove(entry);
  }
  fs::remove_all(directory);
  fmt::print("{:<17} {:>8} {:>10} {:>8}  (ns a pair, medians of {} rounds)\n", "", "native",
             "+ agent", "met", kRounds);
  bool all_met = true;
  for (std::size_t job = 0; job < kJobs.size(); ++job) {
    std::vector<double> before;
    std::vector<double> added;
    for (std::size_t round = 0; round < kRounds; ++round) {
      before.push_back(native[round][job]);
      added.push_back(with_agent[round][job] - native[round][job]);
    }
    const bool met = median(added) <= kMostNs;
    all_met = all_met && met;
    fmt::print("{:<17} {:>8.2f} {:>+10.2f} {:>8}\n", kJobs[job].name, median(before), median(added),
               met ? "yes" : "no");
  }
  return all_met ? 0 : 1;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--measure") return tidemark::measure();
  return tidemark::bench::guarded("agent_bench", tidemark::compare);
}
