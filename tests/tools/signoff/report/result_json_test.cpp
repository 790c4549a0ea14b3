#include "tools/signoff/report/result_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "tests/lib/scratch.h"
#include "tests/tools/signoff/report/sample_result.h"

namespace tidemark::signoff {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::string error_of(const std::string& text) {
  try {
    result_from_json("signoff.json", text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// The sample with `from`, which it has, replaced.
std::string sample_with(std::string_view from, std::string_view to) {
  std::string text = to_json(sample_result());
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

// The validator is Debian's python3-jsonschema.
bool holds_by_schema(const std::string& text) {
  const Scratch scratch;
  write_file(scratch.path / kResultFile, text);
  const std::string check =
      "/usr/bin/python3 -c 'import json, jsonschema, sys; "
      "jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' " +
      (scratch.path / kResultFile).string() + " " + TIDEMARK_SOURCE +
      "/docs/formats/signoff.schema.json 2> /dev/null";
  return std::system(check.c_str()) == 0;
}

class ResultJson : public testing::TestWithParam<SignoffResult (*)()> {};

TEST_P(ResultJson, ComesBackAsItWasWritten) {
  const std::string text = to_json(GetParam()());
  EXPECT_EQ(to_json(result_from_json("signoff.json", text)), text);
}

TEST_P(ResultJson, IsWhatItsSchemaSays) { EXPECT_TRUE(holds_by_schema(to_json(GetParam()()))); }

INSTANTIATE_TEST_SUITE_P(Samples, ResultJson,
                         testing::Values(sample_result, hostile_result, passed_result,
                                         rehearsal_result, [] { return SignoffResult{}; }));

TEST(ResultJson, ItsSchemaRefusesWhatIsWrong) {
  EXPECT_FALSE(holds_by_schema(sample_with(R"("state": "failed")", R"("state": "perhaps")")));
  EXPECT_FALSE(holds_by_schema(sample_with(R"("margin": "-infinite")", R"("margin": "vast")")));
}

TEST(ResultJson, KeepsWhatACampaignFound) {
  const SignoffResult was = hostile_result();
  const SignoffResult is = result_from_json("signoff.json", to_json(was));
  EXPECT_EQ(is.headline, was.headline);
  EXPECT_EQ(is.version, was.version);
  EXPECT_EQ(is.environment, was.environment);
  EXPECT_EQ(is.phases[1].charts, was.phases[1].charts);
  EXPECT_EQ(is.phases[1].expected_ms, was.phases[1].expected_ms);
  EXPECT_EQ(is.phases[2].runs[1].command, was.phases[2].runs[1].command);
  EXPECT_EQ(is.phases[2].runs[0].superseded, true);
  EXPECT_EQ(is.rules[2].rule.bound.factor, 1.03);
  EXPECT_EQ(is.rules[2].waiver->expires, "2027-01-31");
  EXPECT_EQ(is.rules[3].decision.margin, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(is.rules[4].decision.more_runs, 6);
  EXPECT_EQ(is.findings[1].site.example, was.findings[1].site.example);
  EXPECT_EQ(is.fixed[0].site.fingerprint, "3333333333333333");
  EXPECT_EQ(is.score.rows[1].points, 0.5);
}

TEST(ResultJson, NumbersThatAreNoneComeBack) {
  SignoffResult result = sample_result();
  result.rules[0].decision.low = std::numeric_limits<double>::quiet_NaN();
  result.rules[0].decision.high = std::numeric_limits<double>::infinity();
  const SignoffResult is = result_from_json("signoff.json", to_json(result));
  EXPECT_TRUE(std::isnan(is.rules[0].decision.low));
  EXPECT_TRUE(std::isinf(is.rules[0].decision.high));
}

TEST(ResultJson, LongChartsAreThinnedOnce) {
  SignoffResult result = passed_result();
  Series& line = result.phases[0].charts.emplace_back();
  for (int i = 0; i < 100'000; ++i) line.points.push_back({.at = i, .value = i % 977});
  const std::string text = to_json(result);
  const SignoffResult is = result_from_json("signoff.json", text);
  EXPECT_LE(is.phases[0].charts[0].points.size(), 400);
  EXPECT_EQ(is.phases[0].charts[0].points.back().at, 99'999);
  EXPECT_EQ(to_json(is), text);
}

TEST(ResultJson, SaysWhenFindingsAreLeftOut) {
  SignoffResult result = sample_result();
  result.findings.resize(5001, result.findings[0]);
  const SignoffResult is = result_from_json("signoff.json", to_json(result));
  EXPECT_THAT(is.findings, SizeIs(5000));
  EXPECT_EQ(is.warnings.back(),
            "the first 5000 of 5001 findings are kept here; the runs have them all");
}

TEST(ResultJson, WhatIsWrittenIsReadFromItsDirectory) {
  const Scratch scratch;
  write_result(scratch.path, passed_result());
  write_result(scratch.path, sample_result());
  EXPECT_EQ(to_json(read_result(scratch.path)), to_json(sample_result()));
  EXPECT_EQ(to_json(read_result(scratch.path / "signoff.json")), to_json(sample_result()));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scratch.path), {}), 1);
}

TEST(ResultJson, ADirectoryWithoutOneIsNamed) {
  const Scratch scratch;
  try {
    read_result(scratch.path);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                EndsWith("expected the directory of a campaign, found no signoff.json"));
  }
}

TEST(ResultJson, EveryPrefixIsAnError) {
  const std::string text = to_json(rehearsal_result());
  for (std::size_t length = 0; length + 2 < text.size(); length += 97)
    EXPECT_THAT(error_of(text.substr(0, length)), StartsWith("signoff.json: not JSON: "));
}

TEST(ResultJson, NamesThePlaceThatIsWrong) {
  EXPECT_THAT(error_of(sample_with(R"("state": "not done")", R"("state": "perhaps")")),
              HasSubstr("signoff.json: expected a state such as \"passed\" at /phases/"));
  EXPECT_THAT(error_of(sample_with(R"("compare": "<")", R"("compare": "~")")),
              EndsWith("expected one of < <= > >= == at /rules/0/rule/compare, found '\"~\"'"));
  EXPECT_THAT(error_of(sample_with(R"("unit": "ns")", R"("unit": 7)")),
              HasSubstr("at /rules/0/rule/unit, found"));
  EXPECT_THAT(error_of(sample_with(R"("margin": "-infinite")", R"("margin": "vast")")),
              HasSubstr("expected a number at /rules/3/decision/margin"));
  EXPECT_THAT(error_of(sample_with(R"("attempt": 2)", R"("attempt": 99999999999)")),
              HasSubstr("at /phases/2/runs/1/attempt"));
  EXPECT_THAT(error_of(sample_with(R"("environment": {)", R"("environment": 3, "x": {)")),
              HasSubstr("expected an object at /environment, found '3'"));
}

TEST(ResultJson, ANewerVersionIsNamed) {
  EXPECT_EQ(error_of(sample_with(R"("version": 1)", R"("version": 2)")),
            "signoff.json: written as version 2 of signoff.json; this tool knows version 1");
}

TEST(ResultJson, AnotherFormatIsNamed) {
  for (const char* const text : {"{}", "[]", "7", R"({"format": "tidemark-load", "version": 1})"})
    EXPECT_EQ(error_of(text),
              "signoff.json: expected the format 'tidemark-signoff', found something else");
}

}  // namespace
}  // namespace tidemark::signoff
