// The promise: perf.data becomes an SVG, with symbols, at least 10 times as fast
// as `perf script --no-inline` prints it, and 20 times as fast as that text becomes
// an SVG through a pipe (`perf script | flamegraph svg -`, the fastest there is).
// unwind_bench has what is promised of copies of stacks.
//
// perf records this program itself while it runs deep stacks of many functions,
// in several processes (--load). Both sides are whole programs: ours is
// flamegraph, from the file to the SVG.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "bench/contest.h"
#include "lib/base/error.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr int kRounds = 3;
constexpr int kProcesses = 8;
constexpr std::size_t kFunctions = 256;
constexpr int kDeepest = 24;

// What is recorded: functions that call each other, in a thousand different ways
// over and over. Stacks recur as in real programs, where most are seen many times.
class Load {
 public:
  explicit Load(std::uint64_t first_way) : way_(first_way) {}

  void run(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      random_ = (way_++ % kWays + 1) * 0x9E3779B97F4A7C15U;
      call(kDeepest);
    }
  }

 private:
  template <std::size_t kNumber>
  [[gnu::noinline]] static void function(Load& load, int depth) {
    for (int i = 0; i < 100; ++i) load.next();
    if (depth > 0) load.call(depth - 1);
    load.next();  // not a tail call
  }

  template <std::size_t... kNumbers>
  static constexpr auto functions(std::index_sequence<kNumbers...> /*numbers*/) {
    return std::array{&Load::function<kNumbers>...};
  }

  [[gnu::noinline]] void call(int depth) {
    static constexpr auto kAll = functions(std::make_index_sequence<kFunctions>());
    // The outer calls are few, as in real programs.
    const std::size_t choices = depth > kDeepest / 2 ? 3 : kFunctions;
    kAll[next() % choices + (depth > kDeepest / 2 ? static_cast<std::size_t>(depth) : 0)](*this,
                                                                                          depth);
  }

  std::uint64_t next() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return random_;
  }

  static constexpr std::uint64_t kWays = 1000;
  std::uint64_t way_;
  std::uint64_t random_ = 1;
};

int run_load(std::chrono::milliseconds time) {
  for (std::uint64_t i = 1; i <= kProcesses; ++i) {
    if (::fork() != 0) continue;
    Load(i).run(time);
    ::_exit(0);
  }
  while (::wait(nullptr) > 0) {
  }
  return 0;
}

double megabytes_of(const fs::path& path) { return static_cast<double>(fs::file_size(path)) / 1e6; }

void shell(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw Error(fmt::format("failed: {}", command));
}

// Records this program for `milliseconds` with these options of perf.
fs::path record(const fs::path& directory, std::string_view name, std::string_view options,
                int milliseconds) {
  fs::path path = directory / name;
  shell(fmt::format("perf record -q -N -e cpu-clock {} -o {} -- {} --load {} > /dev/null 2>&1",
                    options, path.string(), fs::read_symlink("/proc/self/exe").string(),
                    milliseconds));
  return path;
}

std::string flamegraph() { return TIDEMARK_BUILD "/tools/flamegraph/flamegraph"; }

bench::Contest contest(std::string_view job, const fs::path& path, double target) {
  const std::string command =
      fmt::format("{} svg {} -o {}.svg 2>&1", flamegraph(), path.string(), path.string());
  return {.job = std::string(job),
          .megabytes = megabytes_of(path),
          .ours = [command] { shell(command + " > /dev/null"); },
          .peer = {"perf", "script", "--no-inline", "-i", path.string()},
          .target = target};
}

bench::Contest against_pipe(const fs::path& path) {
  bench::Contest pipe = contest("the same, against the whole pipe", path, 20);
  pipe.peer = {"sh", "-c",
               fmt::format("perf script --no-inline -i {} | {} svg - > /dev/null", path.string(),
                           flamegraph())};
  return pipe;
}

int main_of_bench() {
  std::string pattern = fs::temp_directory_path() / "tidemark-bench-XXXXXX";
  const fs::path directory = ::mkdtemp(pattern.data());
  const fs::path pointers = record(directory, "fp.data", "-c 10000 -m 4096 --call-graph fp", 10000);
  const bool met = bench::run(
      {contest("perf.data, frame pointers, to SVG", pointers, 10), against_pipe(pointers)},
      kRounds);
  fs::remove_all(directory);
  return met ? 0 : 1;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--load") {
    return tidemark::run_load(std::chrono::milliseconds(std::atoi(argv[2])));
  }
  return tidemark::bench::guarded("perf_data_bench", tidemark::main_of_bench);
}
