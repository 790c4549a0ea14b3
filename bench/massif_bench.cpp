// The promise: a massif file is read at least 20 times as fast as ms_print
// reads it, on a file of 89 MB.
//
// The file is made from a recorded one: each snapshot holds some of the sample's
// subtrees, several times over as if they came from other libraries, with other
// sizes. So the trees look like real ones and no two are equal.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/contest.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/formats.h"

namespace tidemark {
namespace {

constexpr int kSnapshots = 938;
constexpr std::size_t kBytes = 88'800'000;
constexpr std::uint64_t kOtherLibraries = 12;
constexpr int kRounds = 5;

// A line of a tree, taken apart: "  n2: 700 0x10: f (a.c:12)".
struct Line {
  std::string start;  // "  n2: "
  std::int64_t bytes = 0;
  std::uint64_t address = 0;  // 0: none
  std::string rest;           // ": f (a.c:12)"
};

struct Subtree {
  std::vector<Line> lines;
};

Line parse_line(std::string_view text) {
  Line line;
  const std::size_t colon = text.find(": ") + 2;
  line.start = text.substr(0, colon);
  text.remove_prefix(colon);
  const std::size_t space = text.find(' ');
  line.bytes = to_number(text.substr(0, space)).value_or(0);
  text.remove_prefix(space + 1);
  if (text.starts_with("0x")) {
    const std::size_t end = text.find(": ");
    line.address = to_hex(text.substr(0, end)).value_or(0);
    text.remove_prefix(end);
  }
  line.rest = text;
  return line;
}

// The subtrees one level below the top of each tree in the sample.
std::vector<Subtree> subtrees_of(const File& sample) {
  std::vector<Subtree> subtrees;
  Lines lines(sample.name(), sample.bytes());
  while (lines.next()) {
    if (lines.line().starts_with(" n")) subtrees.emplace_back();
    if (lines.line().starts_with(' ')) subtrees.back().lines.push_back(parse_line(lines.line()));
  }
  return subtrees;
}

// Writes `subtree` as if library number `library` held it, `factor` times as large.
void write_subtree(std::string& out, const Subtree& subtree, std::uint64_t library,
                   std::int64_t factor) {
  for (const Line& line : subtree.lines) {
    fmt::format_to(std::back_inserter(out), "{}{} ", line.start, line.bytes * factor);
    if (line.address != 0) {
      fmt::format_to(std::back_inserter(out), "0x{:X}", line.address + (library << 28U));
    }
    out += line.rest;
    out += '\n';
  }
}

std::string large_file(const File& sample) {
  const std::vector<Subtree> subtrees = subtrees_of(sample);
  std::mt19937_64 random(1);
  std::string out = "desc: --time-unit=B\ncmd: ./server\ntime_unit: B\n";
  for (int i = 0; i < kSnapshots; ++i) {
    const std::size_t wanted = kBytes / kSnapshots * static_cast<std::size_t>(i + 1);
    std::string tree;
    std::int64_t total = 0;
    int count = 0;
    while (out.size() + tree.size() < wanted) {
      const Subtree& subtree = subtrees[random() % subtrees.size()];
      const auto factor = static_cast<std::int64_t>(1 + random() % 1000);
      write_subtree(tree, subtree, random() % kOtherLibraries, factor);
      total += subtree.lines[0].bytes * factor;
      ++count;
    }
    fmt::format_to(std::back_inserter(out),
                   "#-----------\nsnapshot={}\n#-----------\ntime={}\nmem_heap_B={}\n"
                   "mem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree={}\n"
                   "n{}: {} (heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n",
                   i, i * 1000, total, i == kSnapshots / 2 ? "peak" : "detailed", count, total);
    out += tree;
  }
  return out;
}

int main_of_bench() {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / fmt::format("tidemark-bench.{}.massif", ::getpid());
  const std::string text = large_file(read_file(TIDEMARK_TEST_DATA "/massif/deep-trees.out"));
  write_file(path, text);
  const bool met = bench::run({{.job = fmt::format("massif, {} snapshots", kSnapshots),
                                .megabytes = static_cast<double>(text.size()) / 1e6,
                                .ours =
                                    [&] {
                                      if (parse(read_file(path)).profiles.size() != kSnapshots)
                                        std::abort();
                                    },
                                .peer = {"ms_print", path.string()},
                                .target = 20}},
                              kRounds);
  std::filesystem::remove(path);
  return met ? 0 : 1;
}

}  // namespace
}  // namespace tidemark

int main() { return tidemark::bench::guarded("massif_bench", tidemark::main_of_bench); }
