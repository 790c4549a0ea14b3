// The rules of the SARIF 2.1.0 schema that we could break. Microsoft's
// sarif-multitool 5.7.0 found no error in these samples either.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "lib/report/report.h"
#include "tests/lib/report/sample_document.h"

namespace tidemark {
namespace {

using Json = nlohmann::json;

Json run_of(const Document& document) {
  const Json file = Json::parse(report_named("sarif").write(document, {}));
  EXPECT_EQ(file.at("version"), "2.1.0");
  EXPECT_EQ(file.at("runs").size(), 1U);
  return file.at("runs").at(0);
}

void expect_location(const Json& location) {
  if (location.contains("physicalLocation")) {
    const Json& physical = location.at("physicalLocation");
    const std::string uri = physical.at("artifactLocation").at("uri");
    EXPECT_EQ(uri.find_first_of(" <>\"{}|\\^`"), std::string::npos) << uri;
    if (physical.contains("region")) {
      EXPECT_GE(physical.at("region").at("startLine"), 1);
    }
  }
  EXPECT_FALSE(location.at("logicalLocations").at(0).at("fullyQualifiedName").empty());
}

void expect_result(const Json& result, const Json& rules) {
  static const std::set<std::string> kLevels = {"none", "note", "warning", "error"};
  EXPECT_EQ(rules.at(result.at("ruleIndex").get<std::size_t>()).at("id"), result.at("ruleId"));
  EXPECT_TRUE(kLevels.contains(result.at("level")));
  EXPECT_FALSE(result.at("message").at("text").empty());
  EXPECT_GE(result.at("occurrenceCount"), 1);
  EXPECT_TRUE(result.at("partialFingerprints").is_object());
  for (const Json& location : result.at("locations")) expect_location(location);
  for (const Json& stack : result.at("stacks")) {
    for (const Json& frame : stack.at("frames")) expect_location(frame.at("location"));
  }
}

TEST(SarifReport, KeepsTheRulesOfTheSchema) {
  for (Document document : {sample_document(), hostile_document()}) {
    for (Site& site : document.suppressed) site.fingerprint = "x";
    const Json run = run_of(document);
    const Json& rules = run.at("tool").at("driver").at("rules");
    EXPECT_EQ(run.at("results").size(), 6U);
    for (const Json& result : run.at("results")) expect_result(result, rules);
  }
}

TEST(SarifReport, GivesARaceOneThreadFlowPerStackInnermostLast) {
  const Json race = run_of(sample_document()).at("results").at(2);
  const Json& threads = race.at("codeFlows").at(0).at("threadFlows");
  ASSERT_EQ(threads.size(), 2U);
  const auto last = [&](std::size_t thread) {
    return threads.at(thread)
        .at("locations")
        .back()
        .at("location")
        .at("logicalLocations")
        .at(0)
        .at("fullyQualifiedName");
  };
  EXPECT_EQ(last(0), "Counter::add(int)");
  EXPECT_EQ(last(1), "Counter::get() const");
}

TEST(SarifReport, MarksWhatIsSuppressedAndLeavesOutWhatIsFixed) {
  const Json results = run_of(sample_document()).at("results");
  EXPECT_EQ(results.back().at("suppressions").at(0).at("justification"), "filled once");
  EXPECT_EQ(results.dump().find("old_leak"), std::string::npos);
  EXPECT_EQ(results.at(0).at("baselineState"), "new");
  EXPECT_EQ(results.at(1).at("baselineState"), "unchanged");
}

TEST(SarifReport, SaysThatAFailedRunFailed) {
  const Json invocation = run_of(failed_document()).at("invocations").at(0);
  EXPECT_EQ(invocation.at("executionSuccessful"), false);
  EXPECT_EQ(invocation.at("exitSignalNumber"), 11);
  EXPECT_EQ(invocation.at("toolExecutionNotifications").at(0).at("level"), "error");
  EXPECT_EQ(run_of(clean_document()).at("invocations").at(0).at("executionSuccessful"), true);
}

}  // namespace
}  // namespace tidemark
