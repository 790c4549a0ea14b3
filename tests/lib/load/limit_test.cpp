#include "lib/load/limit.h"

#include <gtest/gtest.h>

#include "tests/lib/load/scenario_text.h"

namespace tidemark::load {
namespace {

using Unit = Limit::Unit;

TEST(Limits, ReadsEachKind) {
  const struct {
    std::string_view text;
    std::string_view label, metric, argument, stage;
    double value;
    Unit unit;
  } rows[] = {
      {"p95 < 200ms", "", "p95", "", "", 200e6, Unit::kNanoseconds},
      {"p95@normal<200ms", "", "p95", "", "normal", 200e6, Unit::kNanoseconds},
      {"search.p99.9 <= 1s", "search", "p99.9", "", "", 1e9, Unit::kNanoseconds},
      {"chat.ack.p95 < 50us", "chat.ack", "p95", "", "", 50e3, Unit::kNanoseconds},
      {"max < 2s", "", "max", "", "", 2e9, Unit::kNanoseconds},
      {"errors@x10 < 5%", "", "errors", "", "x10", 0.05, Unit::kShare},
      {"errors == 0", "", "errors", "", "", 0, Unit::kShare},
      {"rate@2 clients > 100/s", "", "rate", "", "2 clients", 100, Unit::kPerSecond},
      {"recover < 30s", "", "recover", "", "", 30e9, Unit::kNanoseconds},
      {"feed.connected >= 99%", "feed", "connected", "", "", 0.99, Unit::kShare},
      {"rss.growth@soak < 50MiB/24h", "", "rss.growth", "", "soak", 50 << 20, Unit::kBytesPerDay},
      {"rss.growth < 1MiB/h", "", "rss.growth", "", "", 24 << 20, Unit::kBytesPerDay},
      {"rss.max < 1GiB", "", "rss.max", "", "", 1 << 30, Unit::kBytes},
      {"leak.definite == 0", "", "leak.definite", "", "", 0, Unit::kCount},
      {"regress(base<1>.json)@soak < 20%", "", "regress", "base<1>.json", "soak", 0.2,
       Unit::kShare},
  };
  for (const auto& row : rows) {
    const Limit limit = parse_limit(row.text, "pass");
    EXPECT_EQ(limit.text, row.text);
    EXPECT_EQ(limit.label, row.label) << row.text;
    EXPECT_EQ(limit.metric, row.metric) << row.text;
    EXPECT_EQ(limit.argument, row.argument) << row.text;
    EXPECT_EQ(limit.stage, row.stage) << row.text;
    EXPECT_DOUBLE_EQ(limit.value, row.value) << row.text;
    EXPECT_EQ(limit.unit, row.unit) << row.text;
  }
}

TEST(Limits, Compares) {
  EXPECT_TRUE(parse_limit("p95 < 1s", "").holds(999e6));
  EXPECT_FALSE(parse_limit("p95 < 1s", "").holds(1e9));
  EXPECT_TRUE(parse_limit("p95 <= 1s", "").holds(1e9));
  EXPECT_TRUE(parse_limit("rate > 10", "").holds(11));
  EXPECT_FALSE(parse_limit("rate >= 10", "").holds(9));
  EXPECT_FALSE(parse_limit("leak.definite == 0", "").holds(1));
}

TEST(Limits, SaysWhereAndWhatIsWrong) {
  const struct {
    std::string_view text;
    std::string_view said;
  } rows[] = {
      {"", "l: character 1 of '': expected <, <=, >, >= or == and a value"},
      {"p95", "l: character 4 of 'p95': expected <, <=, >, >= or == and a value"},
      {"< 5%", "l: character 1 of '< 5%': expected what is limited, such as p95 or search.errors"},
      {"erors < 5%",
       "l: character 1 of 'erors < 5%': nothing is measured as 'erors' | did you mean errors?"},
      {"search.p999 < 5ms",
       "l: character 8 of 'search.p999 < 5ms': nothing is measured as 'p999' | did you mean p99?"},
      {"p95 = 5ms",
       "l: character 5 of 'p95 = 5ms': expected <, <=, >, >= or == | did you mean ==?"},
      {"p95 < 5", "l: character 7 of 'p95 < 5': expected a duration such as 200ms, found '5'"},
      {"p95 <", "l: character 6 of 'p95 <': expected a duration such as 200ms, found ''"},
      {"errors < 5", "l: character 10 of 'errors < 5': expected a share such as 1%, found '5'"},
      {"p95@ < 5ms", "l: character 4 of 'p95@ < 5ms': expected a stage after '@'"},
      {"regress < 5%",
       "l: character 1 of 'regress < 5%': regress takes a former report: "
       "regress(report.json)"},
      {"p95(x) < 5s", "l: character 1 of 'p95(x) < 5s': p95 takes nothing in parentheses"},
      {"regress(x < 5%", "l: character 8 of 'regress(x < 5%': expected a ')' for '('"},
      {"p0 < 5ms", "l: character 1 of 'p0 < 5ms': nothing is measured as 'p0' | did you mean p50?"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(said_about([&] { parse_limit(row.text, "l"); }), row.said);
  }
}

}  // namespace
}  // namespace tidemark::load
