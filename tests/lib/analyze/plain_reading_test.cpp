// Random profiles, read by the fast code and by the plainest that does the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lib/analyze/compare.h"
#include "lib/analyze/diff.h"
#include "lib/analyze/flame.h"
#include "lib/analyze/merge.h"
#include "tests/lib/analyze/random_profile.h"

namespace tidemark {
namespace {

constexpr int kRounds = 400;

struct PlainBox {
  NamedStack stack;
  std::int64_t start = 0;
  std::int64_t total = 0;
  std::int64_t self = 0;
  std::int64_t delta = 0;

  friend bool operator==(const PlainBox&, const PlainBox&) = default;
};

bool starts_with(const NamedStack& stack, const NamedStack& start) {
  return stack.size() >= start.size() && std::equal(start.begin(), start.end(), stack.begin());
}

// Every box, drawn or not, in the order of the names on its stack.
std::vector<PlainBox> plain_boxes(const Profile& profile) {
  const auto stacks = named_stacks(profile);
  std::map<NamedStack, PlainBox> boxes;
  for (const auto& [stack, values] : stacks) {
    for (std::size_t depth = 0; depth <= stack.size(); ++depth) {
      const NamedStack start(stack.begin(), stack.begin() + static_cast<std::ptrdiff_t>(depth));
      PlainBox& box = boxes[start];
      box.stack = start;
      box.total += values[1];
      box.delta += values[1] - values[0];
      if (depth == stack.size()) box.self += values[1];
    }
  }
  // A box starts behind those of its callers' callees that come before it.
  for (auto& [stack, box] : boxes) {
    for (std::size_t depth = 1; depth <= stack.size(); ++depth) {
      const NamedStack caller(stack.begin(),
                              stack.begin() + static_cast<std::ptrdiff_t>(depth - 1));
      for (const auto& [other, sibling] : boxes) {
        if (other.size() == depth && starts_with(other, caller) &&
            other.back() < stack[depth - 1]) {
          box.start += sibling.total;
        }
      }
    }
  }
  std::vector<PlainBox> list;
  for (const auto& [stack, box] : boxes) list.push_back(box);
  return list;
}

std::vector<PlainBox> drawn_boxes(const FlameGraph& graph) {
  std::vector<PlainBox> list;
  for (const FlameGraph::Box& box : graph.boxes) {
    NamedStack stack;
    for (const FlameGraph::Box* at = &box; at->depth > 0; at = &graph.boxes[at->caller]) {
      stack.insert(stack.begin(), graph.names[at->name]);
    }
    list.push_back({.stack = stack,
                    .start = box.start,
                    .total = box.total,
                    .self = box.self,
                    .delta = box.delta});
  }
  return list;
}

TEST(PlainReading, DrawsTheSameFlameGraph) {
  std::mt19937 random(1);
  for (int round = 0; round < kRounds; ++round) {
    const Profile profile = random_profile(random, round % 2 == 1);
    std::vector<PlainBox> plain = plain_boxes(profile);
    const double minimum = round % 3 == 0 ? 0.1 : 0;
    const auto least = std::max(1.0, minimum * static_cast<double>(profile.total()[1]));
    std::erase_if(plain, [&](const PlainBox& box) {
      return !box.stack.empty() && static_cast<double>(box.total) < least;
    });
    if (profile.total()[1] == 0) continue;
    const FlameGraph graph = flame_graph(profile, {.value = 1, .compared = 0, .minimum = minimum});
    EXPECT_TRUE(drawn_boxes(graph) == plain) << "round " << round;
  }
}

// Adds `sign` times what `profile` holds.
void add(std::map<NamedStack, std::vector<std::int64_t>>& sums, const Profile& profile,
         std::int64_t sign) {
  for (const auto& [stack, values] : named_stacks(profile)) {
    std::vector<std::int64_t>& mine = sums[stack];
    mine.resize(values.size());
    for (std::size_t v = 0; v < values.size(); ++v) mine[v] += sign * values[v];
  }
  std::erase_if(sums, [](const auto& entry) {
    return entry.second == std::vector<std::int64_t>(entry.second.size());
  });
}

TEST(PlainReading, GivesTheSameDifferenceAndTheSameSum) {
  std::mt19937 random(2);
  for (int round = 0; round < kRounds; ++round) {
    const Profile before = random_profile(random, round % 2 == 1);
    const Profile after = random_profile(random, round % 4 > 1);
    std::map<NamedStack, std::vector<std::int64_t>> change;
    add(change, after, 1);
    add(change, before, -1);
    EXPECT_EQ(named_stacks(difference(before, after)), change) << "round " << round;
    std::map<NamedStack, std::vector<std::int64_t>> sum;
    add(sum, before, 1);
    add(sum, after, 1);
    EXPECT_EQ(named_stacks(merge({&before, &after})), sum) << "round " << round;
  }
}

TEST(PlainReading, ComparesTheSameStacks) {
  std::mt19937 random(3);
  for (int round = 0; round < kRounds; ++round) {
    const Profile before = random_profile(random, round % 2 == 1);
    const Profile after = random_profile(random, false);
    std::map<NamedStack, std::vector<std::int64_t>> both;  // bytes before, then after
    for (const auto& [stack, values] : named_stacks(before)) both[stack] = {values[1], 0};
    for (const auto& [stack, values] : named_stacks(after)) {
      both[stack].resize(2);
      both[stack][1] = values[1];
    }
    std::map<NamedStack, std::vector<std::int64_t>> found;
    for (const auto& [stack, values] :
         named_stacks(compare(before, after, {.before_value = 1, .after_value = 1}).profile)) {
      found[stack] = {values[0], values[1]};
    }
    std::erase_if(both, [](const auto& e) { return e.second[0] == 0 && e.second[1] == 0; });
    std::erase_if(found, [](const auto& e) { return e.second[0] == 0 && e.second[1] == 0; });
    EXPECT_EQ(found, both) << "round " << round;
  }
}

}  // namespace
}  // namespace tidemark
