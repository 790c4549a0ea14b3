#include "bench/folded_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <random>
#include <string_view>
#include <vector>

#include "lib/base/id_table.h"

namespace tidemark::bench {
namespace {

constexpr std::uint32_t kFunctions = 30'000;
constexpr int kShallowest = 10;
constexpr int kDeepest = 60;
constexpr double kLongestBranch = 9;
constexpr double kEarly = 9;
constexpr double kShortNames = 10;

std::uint64_t mix(std::uint64_t key) {
  key += 0x9E3779B97F4A7C15U;
  key = (key ^ (key >> 31)) * 0xBF58476D1CE4E5B9U;
  key = (key ^ (key >> 27)) * 0x94D049BB133111EBU;
  return key ^ (key >> 31);
}

// In [0, 1), from a hash.
double share(std::uint64_t key) { return static_cast<double>(mix(key) >> 11) * 0x1p-53; }

// "net::write_3f2", 8 to 80 bytes, most of them short.
std::string name_of_function(std::uint32_t function) {
  constexpr std::string_view kWords[] = {"net",   "parse", "std",  "cache",  "Buffer",  "encode",
                                         "map",   "write", "poll", "index",  "Handler", "lookup",
                                         "store", "log",   "io",   "Session"};
  const double even = share(function + 1'000'000);
  const auto length = static_cast<std::size_t>(8 + 73 * std::pow(even, kShortNames));
  std::string name;
  for (std::uint64_t word = mix(function); name.size() + 6 < length; word = mix(word)) {
    if (!name.empty()) name += word % 3 == 0 ? "_" : "::";
    name += kWords[word % std::size(kWords)];
  }
  name.resize(std::min(name.size(), length - 5), '_');
  return name + fmt::format("_{:04x}", function).substr(0, 8);
}

// The functions that a function calls: few, some of them much more often.
std::uint32_t callee_of(std::uint32_t caller, double choice) {
  const double most = 1 + 11 * share(caller) * share(caller);
  const auto which = static_cast<std::uint64_t>(most * choice * choice * choice);
  return static_cast<std::uint32_t>(mix(std::uint64_t{caller} << 8 | which) % kFunctions);
}

class Stacks {
 public:
  explicit Stacks(const FoldedInput& input) : random_(input.seed) {
    names_.reserve(kFunctions);
    for (std::uint32_t i = 0; i < kFunctions; ++i) names_.push_back(name_of_function(i));
    while (seen_ < input.stacks) walk();
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].count == 0) continue;
      std::vector<std::uint32_t> path;
      for (std::uint32_t at = i; at != 0; at = nodes_[at].caller) path.push_back(at);
      std::string line = "server";
      std::for_each(path.rbegin(), path.rend(), [&](std::uint32_t at) {
        line += ';';
        line += names_[nodes_[at].function];
      });
      lines.push_back(line + fmt::format(" {}\n", nodes_[i].count));
    }
    return lines;
  }

 private:
  struct Node {
    std::uint32_t caller = 0;
    std::uint32_t function = 0;
    int depth = 0;
    std::uint32_t count = 0;
  };

  double even() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

  // Most samples leave the path of an earlier one near its end.
  void walk() {
    const double early = std::pow(even(), kEarly);
    auto at = static_cast<std::uint32_t>(static_cast<double>(nodes_.size()) * early);
    const double long_way = even();
    int left = 1 + static_cast<int>(kLongestBranch * long_way * long_way * long_way);
    for (; nodes_[at].depth + 1 < kDeepest && (left > 0 || nodes_[at].depth + 1 < kShallowest);
         --left) {
      at = call(at, callee_of(nodes_[at].function, even()));
    }
    if (nodes_[at].depth + 1 < kShallowest) return;
    if (nodes_[at].count == 0) ++seen_;
    nodes_[at].count += 1 + static_cast<std::uint32_t>(99 * even() * even());
  }

  std::uint32_t call(std::uint32_t caller, std::uint32_t function) {
    const std::uint32_t found =
        ids_.find_or_add(mix(std::uint64_t{caller} << 32 | function), [&](std::uint32_t other) {
          return nodes_[other + 1].caller == caller && nodes_[other + 1].function == function;
        });
    if (found + 1 == nodes_.size()) {
      nodes_.push_back({.caller = caller, .function = function, .depth = nodes_[caller].depth + 1});
    }
    return found + 1;
  }

  std::mt19937_64 random_;
  std::vector<std::string> names_;
  std::vector<Node> nodes_{Node{}};
  IdTable ids_;
  std::size_t seen_ = 0;
};

}  // namespace

std::string folded_stacks(const FoldedInput& input) {
  std::vector<std::string> lines = Stacks(input).lines();
  if (input.sorted) std::ranges::sort(lines);
  std::string out;
  std::size_t size = 0;
  for (const std::string& line : lines) size += line.size();
  out.reserve(size);
  for (const std::string& line : lines) out += line;
  return out;
}

}  // namespace tidemark::bench
