// One tree of massif tells of one moment, and two runs have no moment in common: the peak is
// marked at the first free after it, and only when it is 1 % above the one before; the
// last tree may fall into the target's end, with half of its memory given back. What two runs
// do have in common is the level of each stack over time, and how much it varied says how well it
// is known. memprof asks for a tree in each snapshot (--detailed-freq=1), so that there are 50
// to 100 of them.
//
// massif folds what is below its threshold, 1 % of that snapshot's heap by default:
//
//   n2: 24000 f                     a caller that is not listed may hold up to 1 %, and one that
//    n0: 19000 g                    wavers about 1 % is listed in some trees and not in others:
//    n0: 5000 in 3 places, all      there its bytes are those of "below the threshold". So a stack
//        below massif's threshold   that is not there holds 0 to 1 %, and one that ends
//                                   in such places is known to 1 %.

#include "tools/signoff/facts/massif_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "lib/analyze/names.h"
#include "lib/analyze/profile_findings.h"
#include "lib/analyze/teardown.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "parsers/formats.h"
#include "tools/signoff/facts/mean_error.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 256;
constexpr std::size_t kMostNames = 4'000'000;  // functions in all stacks: some 200 MB
constexpr double kThreshold = 0.01;            // massif's default

using Stack = std::vector<std::string>;  // innermost first

// The trees of the second half of the run before its end.
std::vector<const Profile*> settled(const Recording& recording) {
  std::vector<const Profile*> trees;
  for (const Profile& profile : recording.profiles)
    if (in_use_bytes(profile)) trees.push_back(&profile);
  if (trees.empty()) return trees;
  const std::int64_t half = trees.back()->at / 2;
  std::erase_if(trees, [&](const Profile* tree) { return tree->at < half; });
  return trees;
}

// One process over time.
class Levels {
 public:
  explicit Levels(std::size_t trees) : trees_(trees) {}

  // False when there is too much of it.
  bool add(const Profile& tree, std::size_t at) {
    const std::size_t bytes = *in_use_bytes(tree);
    for (std::uint32_t i = 1; i < tree.stacks(); ++i) {
      const std::int64_t held = tree.self(StackId{i})[bytes];
      if (held <= 0) continue;
      Stack stack = functions_of(tree, StackId{i});
      names_ += stack.size();
      if (names_ > kMostNames) return false;
      auto& values = values_[std::move(stack)];
      values.resize(trees_);
      values[at] += static_cast<double>(held);
      total_ += static_cast<double>(held) / static_cast<double>(trees_);
    }
    return true;
  }

  double least() const { return kThreshold * total_; }

  std::vector<SiteAmount> amounts() const {
    std::vector<SiteAmount> all;
    for (const auto& [stack, values] : values_) {
      SiteAmount amount = amount_of(values);
      amount.functions = stack;
      if (is_below_threshold(stack.back())) amount.error = std::hypot(amount.error, least());
      all.push_back(std::move(amount));
    }
    return all;
  }

 private:
  static SiteAmount amount_of(const std::vector<double>& values) {
    if (const auto level = mean_error(values))
      return {.bytes = level->mean, .error = level->error, .freedom = level->freedom};
    // Too few for a mean: the last one, which is as far off as those before it at most.
    SiteAmount amount{.bytes = values.back(), .freedom = 1};
    for (const double value : values)
      amount.error = std::max(amount.error, std::abs(value - amount.bytes));
    return amount;
  }

  Stack functions_of(const Profile& tree, StackId stack) {
    Stack functions;
    for (; stack != kRoot; stack = tree.caller(stack)) {
      const auto frame = static_cast<std::size_t>(tree.leaf(stack));
      if (plain_.size() <= frame) plain_.resize(frame + 1);
      if (plain_[frame].empty()) {
        const std::string& function = tree.frame(tree.leaf(stack)).function;
        plain_[frame] =
            is_below_threshold(function) ? std::string(kBelowThreshold) : plain_function(function);
      }
      functions.push_back(plain_[frame]);
    }
    return functions;
  }

  std::size_t trees_;
  std::map<Stack, std::vector<double>> values_;
  std::vector<std::string> plain_;  // by FrameId: all trees of a file share their frames
  std::size_t names_ = 0;
  double total_ = 0;
};

void add_process(const Recording& recording, RunFacts& facts) {
  const std::vector<const Profile*> trees = settled(recording);
  if (trees.empty()) return;
  Levels levels(trees.size());
  for (std::size_t i = 0; i < trees.size(); ++i) {
    if (levels.add(*trees[i], i)) continue;
    facts.warnings.push_back(
        fmt::format("only {} of {} trees of massif are looked at", i, trees.size()));
    break;
  }
  for (SiteAmount& amount : levels.amounts()) facts.amounts.push_back(std::move(amount));
  facts.least_amount = std::max(facts.least_amount, levels.least());
}

}  // namespace

bool add_massif_levels(RunFacts& facts) {
  std::size_t files = 0;
  for (const RunFile& file : facts.run.files) {
    const fs::path path = fs::path(file.path).lexically_normal();
    const bool ours = file.format == "massif" && !path.is_absolute() && *path.begin() == "raw" &&
                      path.filename().native().starts_with("massif.");
    if (!ours) continue;
    if (++files > kMostFiles) {
      facts.warnings.push_back(
          fmt::format("only the first {} files of massif are read", kMostFiles));
      break;
    }
    try {
      Recording recording = parse(read_file(facts.directory / path));
      leave_out_teardown(recording, teardown_of(facts.run));
      add_process(recording, facts);
    } catch (const Error& error) {
      facts.warnings.emplace_back(error.what());
    }
  }
  if (facts.amounts.empty()) return false;
  std::ranges::stable_sort(facts.amounts, std::greater{}, &SiteAmount::bytes);
  facts.amounts_file = "raw";
  facts.amounts_basis = "the mean of massif's trees in the second half";
  return true;
}

}  // namespace tidemark::signoff
