// The promises: a heap profile of gperftools is read at least 50 times as fast
// as google-pprof --text reads it, and heaptrack's data at least 3 times as fast
// as heaptrack_print reads it.
//
// google-pprof reads about 1 MB/s and takes minutes for a large file, so both
// read one of 6 MB. heaptrack's data is recorded here: json in Python, each
// object from malloc.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "bench/contest.h"
#include "lib/base/decompress.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "parsers/formats.h"

namespace tidemark {
namespace {

constexpr int kRounds = 3;

// A node of a call tree: an address and who called it.
struct Call {
  std::uint64_t address = 0;
  std::size_t caller = 0;
  int depth = 0;
};

// A sampled heap profile of `size` bytes: stacks of up to 28 frames from a call
// tree that grows at random, so that inner frames are rare and outer ones common.
std::string heap_profile(std::size_t size) {
  constexpr std::uint64_t kCode = 0x55d0c0000000;
  constexpr int kDeepest = 28;
  std::mt19937_64 random(1);
  std::vector<Call> calls{{.address = kCode}};
  std::string out = "heap profile:      1:        1 [     1:        1] @ heap_v2/524288\n";
  auto to = std::back_inserter(out);
  while (out.size() < size) {
    std::size_t at = random() % calls.size();
    const std::uint64_t deeper = 1 + random() % 8;
    for (std::uint64_t i = 0; i < deeper && calls[at].depth < kDeepest; ++i) {
      calls.push_back(
          {.address = kCode + random() % 60000 * 37, .caller = at, .depth = calls[at].depth + 1});
      at = calls.size() - 1;
    }
    const std::uint64_t objects = 1 + random() % 50;
    const std::uint64_t bytes = objects * (16U << random() % 9);
    fmt::format_to(to, "{:6}: {:8} [{:6}: {:8}] @", objects, bytes, objects * 2, bytes * 2);
    for (; at != 0; at = calls[at].caller) fmt::format_to(to, " 0x{:x}", calls[at].address);
    fmt::format_to(to, " 0x{:x}\n", kCode);
  }
  return out +
         "\nMAPPED_LIBRARIES:\n55d0c0000000-55d0c2000000 r-xp 00001000 00:00 7    /tmp/server\n";
}

// Records a Python program with heaptrack; the file that came of it.
std::filesystem::path heaptrack_data(const std::filesystem::path& beside) {
  const std::string command = fmt::format(
      "PYTHONMALLOC=malloc heaptrack -o '{}' /usr/bin/python3 -c \"import json; "
      "d=[{{'k%d'%i:[str(j) for j in range(20)]}} for i in range(20000)]; "
      "[json.loads(json.dumps(d)) for _ in range(3)]\" >/dev/null 2>&1",
      beside.string());
  if (std::system(command.c_str()) != 0) throw Error("heaptrack could not record python3");
  std::filesystem::path path = beside;
  path += ".zst";
  return path;
}

bench::Contest contest(const std::string& job, const std::filesystem::path& path,
                       const std::vector<std::string>& peer, double target) {
  return {.job = job,
          .megabytes = static_cast<double>(decompress(read_file(path)).file.bytes().size()) / 1e6,
          .ours =
              [path] {
                if (parse(read_file(path)).profiles.size() != 1) std::abort();
              },
          .peer = peer,
          .target = target};
}

int main_of_bench() {
  constexpr std::size_t kSmall = 6'000'000;
  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / fmt::format("tidemark-heap-bench.{}", ::getpid());
  std::filesystem::create_directory(directory);
  const std::filesystem::path small = directory / "small.heap";
  write_file(small, heap_profile(kSmall));
  const std::filesystem::path recorded = heaptrack_data(directory / "python");
  const bool met = bench::run({contest("gperf-heap, 6 MB, google-pprof", small,
                                       {"google-pprof", "--text", "/bin/true", small.string()}, 50),
                               contest("heaptrack, 7.4 M events", recorded,
                                       {"heaptrack_print", "-f", recorded.string()}, 3)},
                              kRounds);
  std::filesystem::remove_all(directory);
  return met ? 0 : 1;
}

}  // namespace
}  // namespace tidemark

int main() { return tidemark::bench::guarded("heap_bench", tidemark::main_of_bench); }
