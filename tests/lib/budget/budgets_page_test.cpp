// docs/budgets.md says what is so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/file.h"
#include "lib/budget/budget_file.h"
#include "lib/budget/metrics.h"

namespace tidemark::budget {
namespace {

using testing::HasSubstr;

std::string page() {
  return std::string(read_file(TIDEMARK_TEST_DATA "/../../docs/budgets.md").bytes());
}

TEST(BudgetsPage, NamesEveryMetric) {
  const std::string text = page();
  for (const Metric& metric : kBudgetMetrics) {
    const bool takes = metric.argument != Metric::Argument::kNone;
    EXPECT_THAT(text, HasSubstr("`" + std::string(metric.name) + (takes ? "(" : "`")));
  }
}

TEST(BudgetsPage, ShowsAFileThatIsRight) {
  const std::string text = page();
  const std::size_t start = text.find("```toml\n") + 8;
  const std::string file = text.substr(start, text.find("```", start) - start);
  const Budgets budgets = parse_budgets({.name = "budgets.toml", .bytes = file});
  check_budgets(budgets);
  EXPECT_EQ(budgets.rules.size(), 6);
  EXPECT_EQ(budgets.waivers.size(), 1);
}

}  // namespace
}  // namespace tidemark::budget
