#include "tools/leakwatch/report/nights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "lib/cli/tool.h"
#include "lib/report/amounts.h"
#include "lib/report/words.h"
#include "lib/verdict/explain.h"

namespace tidemark::leakwatch {
namespace {

constexpr double kSure = 2.576;         // standard errors: both tails together one in a hundred
constexpr double kInterval = 2 * 1.96;  // how many of them a 95 % interval is wide
constexpr double kMatters = 0.1;        // of the gate

std::string target_of(const Night& night) {
  const std::vector<std::string>& words = night.soak.run.target;
  if (!words.empty() && words[0] == "--pid" && !night.soak.top.empty()) {
    return "--pid " + night.soak.top[0].name;
  }
  return command_text(words);
}

bool leaks(const Night& night) {
  return night.failure().empty() && night.soak.verdict.answer == verdict::Answer::kLeak;
}

bool is_decided(const Night& night) {
  return night.failure().empty() && night.soak.verdict.answer != verdict::Answer::kNotEnough;
}

struct Difference {
  Change change = Change::kSame;
  std::string text;
};

Difference difference(const Night& now, const Night& before) {
  const auto& growth = now.soak.verdict.growth_bytes_per_day;
  const auto& former = before.soak.verdict.growth_bytes_per_day;
  if (!growth || !former) return {};
  const double more = growth->value - former->value;
  const double error =
      std::hypot(growth->high - growth->low, former->high - former->low) / kInterval;
  const std::string by =
      fmt::format("grows {} ± {} {} in 24 h than {}", verdict::size_words(std::abs(more)),
                  verdict::size_words(1.96 * error), more >= 0 ? "more" : "less", before.soak.name);
  const bool differs = std::abs(more) > kSure * error &&
                       std::abs(more) > kMatters * now.soak.settings.gate_bytes_per_day;
  if (leaks(now) && !leaks(before) && is_decided(before)) {
    return {Change::kWorse, "leaks, and " + before.soak.name + " did not: " + by};
  }
  if (leaks(before) && !leaks(now) && is_decided(now)) {
    return {Change::kBetter, "does not leak any more: " + by};
  }
  if (!differs) return {Change::kSame, by};
  return {more > 0 ? Change::kWorse : Change::kBetter, by};
}

int rank(int exit_code) {
  return exit_code == cli::kFailed      ? 3
         : exit_code == cli::kFound     ? 2
         : exit_code == cli::kUndecided ? 1
                                        : 0;
}

int exit_code_of(const ComparedNight& one) {
  const int code = one.night.exit_code();
  return one.change == Change::kWorse && rank(code) < rank(cli::kFound) ? cli::kFound : code;
}

}  // namespace

int Nights::exit_code() const {
  std::map<std::string, const ComparedNight*> newest;
  for (const ComparedNight& one : all) newest[target_of(one.night)] = &one;
  int worst = newest.empty() ? cli::kFailed : cli::kOk;
  for (const auto& [target, one] : newest) {
    const int code = exit_code_of(*one);
    if (rank(code) > rank(worst)) worst = code;
  }
  return worst;
}

std::string Nights::headline() const {
  if (all.size() == 1 && problems.empty()) return all[0].night.headline();
  std::map<std::string_view, std::int64_t> answers;
  std::int64_t failed = 0;
  std::int64_t worse = 0;
  for (const ComparedNight& one : all) {
    if (one.night.failure().empty()) {
      ++answers[verdict::words(one.night.soak.verdict.answer)];
    } else {
      ++failed;
    }
    if (one.change == Change::kWorse) ++worse;
  }
  std::string out = plural(static_cast<std::int64_t>(all.size()), "soak") + ":";
  const char* between = " ";
  for (const auto& [answer, count] : answers) {
    out += fmt::format("{}{} {}", std::exchange(between, ", "), count, answer);
  }
  if (failed > 0) out += fmt::format("{}{} failed", std::exchange(between, ", "), failed);
  out += worse > 0 ? "; " + plural(worse, "regression") : "; no regression";
  if (!problems.empty()) {
    out += "; " + plural(static_cast<std::int64_t>(problems.size()), "soak") + " could not be read";
  }
  return out;
}

Nights compared(std::vector<Night> nights, std::vector<std::string> problems) {
  Nights out{.problems = std::move(problems)};
  std::map<std::string, std::size_t> last;
  for (Night& night : nights) {
    ComparedNight one{.night = std::move(night)};
    const std::string target = target_of(one.night);
    const auto before = last.find(target);
    if (before != last.end()) {
      one.before = before->second;
      Difference found = difference(one.night, out.all[before->second].night);
      one.change = found.change;
      one.text = std::move(found.text);
    }
    // What nobody knows the growth of is nothing to compare with.
    if (one.night.failure().empty() && one.night.soak.verdict.growth_bytes_per_day) {
      last[target] = out.all.size();
    }
    out.all.push_back(std::move(one));
  }
  return out;
}

}  // namespace tidemark::leakwatch
