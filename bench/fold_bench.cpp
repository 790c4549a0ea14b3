// The promises about folding perf script text, on a text of 1 GB with 43,000
// distinct stacks (bench/perf_script_input.h):
//
//   - one thread takes at most 4 times as long as `wc -l` on the same file;
//   - two threads are 1.6 times as fast as one, or as fast as `wc -l` allows;
//   - less than 128 MB are resident.
//
// inferno-collapse-perf -n 1 (0.12.8) folds 0.31 GB/s where wc -l counts 7 GB/s
// (shared/facts): it takes 22.6 times as long as wc -l, from which the ratio to it
// follows. Each side runs in a process of its own, in turn with the others.
//
//   fold_bench                    the table
//   fold_bench --write FILE MB    only writes such a text
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "bench/perf_script_input.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/numbers.h"
#include "lib/report/folded.h"
#include "parsers/perf_script.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBytes = 1'000'000'000;
constexpr int kRounds = 7;
constexpr double kMostOfFloor = 4;
constexpr double kLeastGain = 1.6;
constexpr double kAtFloor = 1.6;  // of wc -l's time: it, too, reads with one thread
constexpr double kInfernoOfFloor = 22.6;
constexpr std::int64_t kMostMegabytes = 128;

struct Cost {
  double seconds = std::numeric_limits<double>::infinity();
  double processor = std::numeric_limits<double>::infinity();  // seconds of it
  std::int64_t megabytes = 0;                                  // resident
};

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

// Runs `job` in a child; keeps the best of `cost` and of what it took.
void measure(Cost& cost, const std::function<void()>& job) {
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    job();
    ::_exit(0);
  }
  int status = 0;
  rusage usage{};
  if (::wait4(child, &status, 0, &usage) != child || status != 0) throw Error("a side failed");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  cost.seconds = std::min(cost.seconds, took.count());
  cost.processor =
      std::min(cost.processor, seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime));
  cost.megabytes = std::max<std::int64_t>(cost.megabytes, usage.ru_maxrss / 1024);
}

void fold(const fs::path& path, std::size_t threads) {
  const File file = read_file(path);
  const Input input = file.input();
  const Recording recording = parse_perf_script({&input, 1}, {.threads = threads});
  write_file("/dev/null", to_folded(recording.profiles.at(0), 0));
}

void count_lines(const fs::path& path) {
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(null, STDOUT_FILENO);
  ::execlp("wc", "wc", "-l", path.c_str(), nullptr);
  ::_exit(1);
}

// A line as bench::run() prints them.
void print(std::string_view job, const Cost& ours, const Cost& peer, double ratio,
           std::string_view target, bool met) {
  const auto speed = [](const Cost& cost) {
    return fmt::format("{:.3f} s, {:.0f} MB/s", cost.seconds,
                       static_cast<double>(kBytes) / 1e6 / cost.seconds);
  };
  fmt::print("{:<34} {:>22} {:>22} {:>7.2f}x {:>8}  {}\n", job, speed(ours), speed(peer), ratio,
             target, met ? "yes" : "no");
}

bool judge(const Cost& floor, const Cost& one, const Cost& two) {
  fmt::print("{:<34} {:>22} {:>22} {:>8} {:>8}  met\n", "job", "ours", "peer", "ratio", "target");
  const double of_floor = floor.seconds / one.seconds;
  const bool near = of_floor * kMostOfFloor >= 1;
  print("fold perf script / wc -l", one, floor, of_floor, "0.25x", near);
  const double gain = one.seconds / two.seconds;
  const bool threads = gain >= kLeastGain || two.seconds <= floor.seconds * kAtFloor;
  print("the same, 2 threads / 1 thread", two, one, gain, "1.6x", threads);
  const bool small = std::max(one.megabytes, two.megabytes) < kMostMegabytes;
  fmt::print(
      "fold: {:.1f} times wc -l ({:.1f} times its processor time); inferno-collapse-perf "
      "takes {} times: {:.1f}x\n",
      one.seconds / floor.seconds, one.processor / floor.processor, kInfernoOfFloor,
      kInfernoOfFloor * of_floor);
  fmt::print("fold: {} MB resident with 1 thread, {} MB with 2 (target: below {} MB): {}\n",
             one.megabytes, two.megabytes, kMostMegabytes, small ? "met" : "not met");
  return near && threads && small;
}

void write_text(const fs::path& path, std::size_t bytes) {
  write_file(path, bench::large_perf_script(bytes).text);
}

bool run() {
  const fs::path path = fs::temp_directory_path() / fmt::format("fold-bench.{}.txt", ::getpid());
  write_text(path, kBytes);
  Cost floor;
  Cost one;
  Cost two;
  for (int i = 0; i < kRounds; ++i) {
    measure(floor, [&] { count_lines(path); });
    measure(one, [&] { fold(path, 1); });
    measure(two, [&] { fold(path, 2); });
  }
  fs::remove(path);
  return judge(floor, one, two);
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  try {
    if (argc == 4 && std::string_view(argv[1]) == "--write") {
      const auto megabytes = tidemark::to_unsigned(argv[3]).value_or(0);
      tidemark::write_text(argv[2], megabytes * 1'000'000);
      return 0;
    }
    return tidemark::run() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fold_bench: %s\n", error.what());
    return 3;
  }
}
