// The promises: a heap profile of gperftools is read at least 50 times as fast
// as google-pprof --text reads it, and heaptrack's data at least 3 times as fast
// as heaptrack_print reads it.
//
// google-pprof reads about 1 MB/s and takes minutes for a large file, so both
// read one of 6 MB. heaptrack's data is recorded here: json in Python, each
// object from malloc.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/contest.h"
#include "bench/heap_input.h"
#include "lib/base/decompress.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "parsers/formats.h"

namespace tidemark {
namespace {

constexpr int kRounds = 3;

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
  write_file(small, bench::heap_profile({.size = kSmall}));
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
