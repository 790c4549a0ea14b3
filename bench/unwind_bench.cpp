// The promises: a perf.data with copies of stacks (--call-graph dwarf) is read, unwound and
// named at least 3 times as fast as perf script --no-inline does it, and with inlined calls at
// least 30 times as fast as perf script does that.
//
// The files are recorded here. The compiler proper, run without its driver: perf script 6.1
// loses most callers in what another program has started, and is then fast for the wrong
// reason. Inlines are looked for in a small file, since perf script asks addr2line of binutils
// for each address, which takes some 20 ms for each in a stripped program.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/contest.h"
#include "lib/base/error.h"
#include "lib/base/file.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr int kRounds = 3;

void run_or_throw(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw Error(fmt::format("{}: failed", command));
}

std::string first_line_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::array<char, 4096> line = {};
  if (pipe == nullptr || fgets(line.data(), line.size(), pipe.get()) == nullptr) {
    throw Error(fmt::format("{}: no output", command));
  }
  std::string text = line.data();
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// A program that does `functions` different things with the standard library: slow to compile,
// and full of inlined calls.
std::string source(int functions) {
  std::string text =
      "#include <algorithm>\n#include <map>\n#include <numeric>\n#include <string>\n"
      "#include <unordered_map>\n#include <vector>\n"
      "template <int N> struct Key {\n"
      "  int value;\n"
      "  friend auto operator<=>(const Key&, const Key&) = default;\n"
      "};\n"
      "template <int N> __attribute__((noinline)) long work(int rounds) {\n"
      "  std::map<Key<N>, std::vector<std::string>> lists;\n"
      "  std::unordered_map<std::string, Key<N>> keys;\n"
      "  for (int i = 0; i < rounds; ++i) {\n"
      "    auto& list = lists[Key<N>{i % 97}];\n"
      "    list.push_back(std::to_string(i * N));\n"
      "    std::sort(list.begin(), list.end(), [](auto& a, auto& b) { return b < a; });\n"
      "    keys[list.front()] = Key<N>{i};\n"
      "  }\n"
      "  return std::accumulate(keys.begin(), keys.end(), 0L,\n"
      "                         [](long sum, auto& one) { return sum + one.second.value; });\n"
      "}\n"
      "int main() {\n  long sum = 0;\n";
  for (int i = 0; i < functions; ++i) text += fmt::format("  sum += work<{}>(5000);\n", i);
  return text + "  return sum == 42;\n}\n";
}

struct Files {
  fs::path directory;

  fs::path record(const std::string& name, int frequency, int stack,
                  const std::string& command) const {
    fs::path path = directory / name;
    run_or_throw(
        fmt::format("perf record -q -F {} -e cpu-clock --call-graph dwarf,{} -o '{}' -- {} "
                    ">/dev/null 2>&1",
                    frequency, stack, path.string(), command));
    return path;
  }

  fs::path source_of(int functions) const {
    fs::path path = directory / fmt::format("source{}.cpp", functions);
    write_file(path, source(functions));
    return path;
  }
};

bench::Contest contest(const std::string& job, const fs::path& path, bool inlines, double target) {
  const std::string ours = fmt::format("'{}/tools/flamegraph/flamegraph' fold {} '{}' >/dev/null",
                                       TIDEMARK_BUILD, inlines ? "--inline" : "", path.string());
  std::vector<std::string> peer = {"perf", "script", "-i", path.string()};
  if (!inlines) peer.emplace_back("--no-inline");
  return {.job = job,
          .megabytes = static_cast<double>(fs::file_size(path)) / 1e6,
          .ours = [ours] { run_or_throw(ours); },
          .peer = peer,
          .target = target};
}

bool race(const Files& files) {
  const std::string compiler =
      first_line_of("g++ -print-prog-name=cc1plus") +
      " -quiet -imultiarch x86_64-linux-gnu -D_GNU_SOURCE -std=c++20 -O2 -o /dev/null ";
  const fs::path large =
      files.record("large.data", 4000, 32768, compiler + files.source_of(12).string());
  const fs::path small =
      files.record("small.data", 50, 8192, compiler + files.source_of(5).string());
  const fs::path program = files.directory / "program";
  run_or_throw(fmt::format("g++ -std=c++20 -O2 -g -o '{}' '{}'", program.string(),
                           files.source_of(60).string()));
  const fs::path debug = files.record("debug.data", 4000, 16384, program.string());
  return bench::run({contest("perf.data, dwarf, symbols", large, false, 3),
                     contest("perf.data, dwarf, inlines", small, true, 30),
                     contest("the same, with debug information", debug, true, 3)},
                    kRounds);
}

}  // namespace
}  // namespace tidemark

int main() {
  const tidemark::Files files{.directory = std::filesystem::temp_directory_path() /
                                           fmt::format("tidemark-unwind-bench.{}", ::getpid())};
  int code = 3;
  try {
    std::filesystem::create_directory(files.directory);
    code = tidemark::race(files) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "unwind_bench: %s\n", error.what());
  }
  std::error_code ignored;
  std::filesystem::remove_all(files.directory, ignored);
  return code;
}
