// One tree of massif tells of one moment, and two runs have no moment in common: the peak is
// marked at the first free after it, and only when it is 1 % above the one before; the
// last tree may fall into the target's end, with half of its memory given back. What two runs
// do have in common is how much each stack held in the last tenth of the time before the target was
// asked to stop, in the mean; how much it strayed from a straight line in the second half says
// how well that is known. memprof asks for a tree in each snapshot (--detailed-freq=1), so that
// there are 50 to 100 of them.
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
#include <optional>
#include <utility>

#include "lib/analyze/names.h"
#include "lib/analyze/profile_findings.h"
#include "lib/analyze/teardown.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "parsers/formats.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 256;
constexpr std::size_t kMostNames = 4'000'000;  // functions in all stacks: some 200 MB
constexpr double kThreshold = 0.01;            // massif's default
constexpr std::size_t kLastPart = 5;           // of the second half: a tenth of the run

using Stack = std::vector<std::string>;  // innermost first

// How far values are from the straight line through them.
struct Scatter {
  double deviation = 0;
  double freedom = 0;
};

std::optional<Scatter> scatter_about_line(const std::vector<double>& values) {
  if (values.size() < 4) return std::nullopt;
  const auto count = static_cast<double>(values.size());
  const double middle = (count - 1) / 2;
  double mean = 0;
  for (const double value : values) mean += value / count;
  double rise = 0;
  double squares = 0;
  double all = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = static_cast<double>(i) - middle;
    rise += x * (values[i] - mean);
    squares += x * x;
    all += (values[i] - mean) * (values[i] - mean);
  }
  const double left = std::max(all - rise * rise / squares, 0.0);
  return Scatter{.deviation = std::sqrt(left / (count - 2)), .freedom = count - 2};
}

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
  SiteAmount amount_of(const std::vector<double>& values) const {
    SiteAmount amount{.bytes = 0};
    const std::size_t last = values.size() - std::max<std::size_t>(values.size() / kLastPart, 1);
    for (std::size_t i = last; i < values.size(); ++i)
      amount.bytes += values[i] / static_cast<double>(values.size() - last);
    const auto line = scatter_about_line(values);
    amount.error = line ? line->deviation : least();
    amount.freedom = line ? line->freedom : 0;
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
  facts.amounts_basis = "the mean of massif's trees in the last tenth";
  return true;
}

}  // namespace tidemark::signoff
