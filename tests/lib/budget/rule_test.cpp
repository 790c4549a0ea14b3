#include "lib/budget/rule.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lib/budget/metrics.h"
#include "tests/lib/said_about.h"

namespace tidemark::budget {
namespace {

constexpr double kMebi = 1 << 20;

TEST(Rules, ReadEachKind) {
  const struct {
    std::string_view text;
    Subject subject;
    Compare compare;
    double value;
    Unit unit;
  } rows[] = {
      {"rss.peak < 512MiB", {.metric = "rss.peak"}, Compare::kLess, 512 * kMebi, Unit::kBytes},
      {"heap.steady@soak <= 1GB",
       {.metric = "heap.steady", .stage = "soak"},
       Compare::kAtMost,
       1e9,
       Unit::kBytes},
      {"fds.peak < 900", {.metric = "fds.peak"}, Compare::kLess, 900, Unit::kCount},
      {"growth < 50MiB/24h", {.metric = "growth"}, Compare::kLess, 50 * kMebi, Unit::kBytesPerDay},
      {"growth < 1MiB/hour", {.metric = "growth"}, Compare::kLess, 24 * kMebi, Unit::kBytesPerDay},
      {"growth < 0", {.metric = "growth"}, Compare::kLess, 0, Unit::kBytesPerDay},
      {"growth.per_request < 10MB/million",
       {.metric = "growth.per_request"},
       Compare::kLess,
       10e6,
       Unit::kBytesPerMillion},
      {"growth.per_request < 100B/request",
       {.metric = "growth.per_request"},
       Compare::kLess,
       100e6,
       Unit::kBytesPerMillion},
      {"rss.per(documents) < 4KiB",
       {.metric = "rss.per", .argument = "documents"},
       Compare::kLess,
       4'096,
       Unit::kBytes},
      {"leaks.bytes == 0", {.metric = "leaks.bytes"}, Compare::kEqual, 0, Unit::kBytes},
      {"races.new == 0", {.metric = "races.new"}, Compare::kEqual, 0, Unit::kCount},
      {"\"json_parse*\" < 8MiB",
       {.metric = "site", .argument = "json_parse*"},
       Compare::kLess,
       8 * kMebi,
       Unit::kBytes},
      {"\"map<int, (a)>::at\"<8MiB",
       {.metric = "site", .argument = "map<int, (a)>::at"},
       Compare::kLess,
       8 * kMebi,
       Unit::kBytes},
      {"search.p99.9@x10 < 1s",
       {.label = "search", .metric = "p99.9", .stage = "x10"},
       Compare::kLess,
       1e9,
       Unit::kNanoseconds},
      {"errors < 1%", {.metric = "errors"}, Compare::kLess, 0.01, Unit::kShare},
      {"rate > 6000/min", {.metric = "rate"}, Compare::kMore, 100, Unit::kPerSecond},
      {"feed.connected >= 95%",
       {.label = "feed", .metric = "connected"},
       Compare::kAtLeast,
       0.95,
       Unit::kShare},
      {"recover < 30s", {.metric = "recover"}, Compare::kLess, 30e9, Unit::kNanoseconds},
      {"efficiency(8) > 60%",
       {.metric = "efficiency", .argument = "8"},
       Compare::kMore,
       0.6,
       Unit::kShare},
      {"knee >= 16", {.metric = "knee"}, Compare::kAtLeast, 16, Unit::kCount},
  };
  for (const auto& row : rows) {
    const Rule rule = parse_rule(row.text, "limit");
    EXPECT_EQ(rule.text, row.text);
    EXPECT_EQ(rule.id, row.text);
    EXPECT_EQ(rule.subject, row.subject) << row.text;
    EXPECT_EQ(rule.compare, row.compare) << row.text;
    EXPECT_DOUBLE_EQ(rule.bound.value, row.value) << row.text;
    EXPECT_EQ(rule.unit, row.unit) << row.text;
    EXPECT_FALSE(rule.bound.relative) << row.text;
  }
}

TEST(Rules, FollowTheBaseline) {
  const struct {
    std::string_view text;
    double factor;
    double value;
  } rows[] = {
      {"rss.steady <= baseline", 1, 0},
      {"rss.steady <= baseline + 3%", 1.03, 0},
      {"rss.steady<=baseline+3%", 1.03, 0},
      {"rate >= baseline - 10%", 0.9, 0},
      {"rss.steady <= baseline * 1.1", 1.1, 0},
      {"rss.steady <= baseline + 5MiB", 1, 5 * kMebi},
      {"rss.steady <= baseline * 1.1 + 5MiB", 1.1, 5 * kMebi},
      {"rss.steady <= baseline + 3% + 5MiB", 1.03, 5 * kMebi},
      {"connected >= baseline - 2pp", 1, -0.02},
      {"errors <= baseline * 1.5", 1.5, 0},
      {"growth <= baseline + 1MiB/24h", 1, kMebi},
      {"leaks.blocks <= baseline + 2", 1, 2},
      {"\"json_*\" < baseline + 10%", 1.1, 0},
  };
  for (const auto& row : rows) {
    const Rule rule = parse_rule(row.text, "limit");
    EXPECT_TRUE(rule.bound.relative) << row.text;
    EXPECT_DOUBLE_EQ(rule.bound.factor, row.factor) << row.text;
    EXPECT_DOUBLE_EQ(rule.bound.value, row.value) << row.text;
  }
}

// What is said after "l: character N of 'TEXT': ", with N before it.
std::string said(const std::string& text) {
  const std::string all = said_about([&] { parse_rule(text, "l"); });
  const std::string head = "l: character ";
  const std::size_t place = all.find(" of '");
  if (!all.starts_with(head) || place == std::string::npos) return all;
  return all.substr(head.size(), place - head.size()) + all.substr(place + 6 + text.size());
}

TEST(Rules, SayWhereAndWhatIsWrong) {
  const struct {
    std::string_view text;
    std::string_view said;
  } rows[] = {
      {"", "1: expected <, <=, >, >= or == and a value"},
      {"rss.pek < 1MiB", "1: nothing is measured as 'rss.pek' | did you mean rss.peak?"},
      {"rss < 1MiB",
       "1: nothing is measured as 'rss' | of rss there are rss.peak, rss.steady, rss.per"},
      {"rss.max < 1MiB",
       "11: expected a duration such as 200ms, found '1MiB' | of rss there are rss.peak, "
       "rss.steady, rss.per"},
      {"leaks == 0",
       "1: nothing is measured as 'leaks' | of leaks there are leaks.bytes, leaks.blocks, "
       "leaks.sites, leaks.new"},
      {"rss.peak < 200ms", "12: expected a size such as 512MiB, found '200ms'"},
      {"p95 < 200", "7: expected a duration such as 200ms, found '200'"},
      {"growth < 50MiB", "10: expected bytes in a time such as 50MiB/24h, found '50MiB'"},
      {"growth < 50MiB/24", "10: expected bytes in a time such as 50MiB/24h, found '50MiB/24'"},
      {"growth.per_request < 5MB/0",
       "22: expected bytes for so many requests such as 10MB/million or 100B/request, found "
       "'5MB/0'"},
      {"search.rss.peak < 1MiB", "1: rss.peak is not of one label"},
      {"races@soak == 0", "6: races is of the whole run, not of a stage"},
      {"efficiency > 60%", "1: efficiency takes of how many clients: efficiency(8)"},
      {"efficiency(0) > 60%", "1: efficiency takes of how many clients: efficiency(8)"},
      {"rss.per < 4KiB", "1: rss.per takes what is counted: rss.per(requests)"},
      {"rss.peak(8) < 4KiB", "1: rss.peak takes nothing in parentheses"},
      {"p95 == 5ms", "5: p95 never comes out the same twice: expected <, <=, > or >="},
      {"rss.peak < 0", "12: rss.peak is never below 0 | did you mean == 0?"},
      {"\"json < 8MiB", "1: expected a '\"' at the end of the pattern"},
      {"\"\" < 8MiB", "1: expected a function's name, such as \"json_parse*\""},
      {"p95 =< 5ms", "5: expected <, <=, >, >= or == | did you mean <=?"},
      {"p95 => 5ms", "5: expected <, <=, >, >= or == | did you mean >=?"},
      {"\"json\" 8MiB", "8: expected <, <=, >, >= or =="},
      {"rss.peak < baselin + 3%",
       "12: expected a size such as 512MiB, found 'baselin + 3%' | did you mean baseline?"},
      {"rss.peak < 1.1 * baseline",
       "12: expected a size such as 512MiB, found '1.1 * baseline' | a limit that follows the "
       "baseline begins with it: baseline * 1.1, baseline + 3%"},
      {"rss.peak < baseline * 1.1 * 2",
       "27: expected baseline, then * 1.1 or + 3%, then + and a size such as 512MiB"},
      {"rss.peak < baseline + 5", "no error"},
      {"rss.peak < baseline + 5ms", "23: expected a size such as 512MiB, found '5ms'"},
      {"rss.peak < baseline +", "22: expected a size such as 512MiB, found ''"},
      {"rss.peak < baseline * x", "23: expected a factor such as 1.1, found 'x'"},
      {"rss.peak < baseline - 101%", "23: nothing is left of the baseline"},
      {"errors < baseline + 1%",
       "21: 1% of what is a share itself may mean two things | write baseline * 1.01, or "
       "baseline + 1pp for percentage points"},
  };
  for (const auto& row : rows) EXPECT_EQ(said(std::string(row.text)), row.said) << row.text;
}

TEST(Rules, EveryMetricTakesAValueOfItsExample) {
  for (const Metric& metric : kBudgetMetrics) {
    std::string text(metric.name);
    if (metric.argument != Metric::Argument::kNone) text += "(8)";
    const std::string_view value = metric.values.substr(metric.values.rfind(' ') + 1);
    text += fmt::format(" < {}", value.find_first_of("0123456789") == 0 ? value : "5");
    EXPECT_EQ(said_about([&] { parse_rule(text, "l"); }), "no error");
  }
}

TEST(Subjects, HaveTheNamesOfMeasures) {
  EXPECT_EQ(parse_rule("search.p95@x10 < 1s", "").subject.name(), "search.p95");
  EXPECT_EQ(parse_rule("efficiency(8) > 60%", "").subject.name(), "efficiency(8)");
  EXPECT_EQ(parse_rule("\"json_*\" < 1MiB", "").subject.name(), "\"json_*\"");
}

TEST(Waivers, HoldUntilTheirLastDayIsOver) {
  const Waiver waiver{.rule = "p95 < 1s", .expires = "2026-02-28"};
  EXPECT_TRUE(waives(waiver, parse_rule("p95 < 1s", "")));
  EXPECT_FALSE(waives(waiver, parse_rule("p99 < 1s", "")));
  EXPECT_FALSE(waiver.expired("2026-02-28"));
  EXPECT_TRUE(waiver.expired("2026-03-01"));
}

}  // namespace
}  // namespace tidemark::budget
