#include "lib/run/load_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/load/hlog.h"
#include "tests/lib/load/sample_run.h"
#include "tests/lib/scratch.h"

namespace tidemark {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string& sample_text() {
  static const std::string kText = to_json(load::sample_run());
  return kText;
}

std::string error_of(const std::string& text) {
  try {
    load_from_json("load.json", text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// A load.json with nothing in it but `members`.
std::string with(const std::string& members) {
  return R"({"format": "tidemark-load", "version": 1, "ending": "passed", )" + members + "}";
}

TEST(LoadFile, ComesBackAsItWasWritten) {
  const std::string again = to_json(load_from_json("load.json", sample_text()));
  EXPECT_TRUE(again == sample_text());
}

TEST(LoadFile, KeepsWhatARunFound) {
  const load::RunResult run = load::sample_run();
  const load::RunResult back = load_from_json("load.json", sample_text());
  EXPECT_EQ(back.seed, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(back.ending, load::Ending::kCrossed);
  EXPECT_EQ(back.stages[1].name, "normal");
  const load::LabelResult* all = back.find("", "");
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(all->response.max(), run.find("", "")->response.max());
  EXPECT_EQ(all->response.at_percentile(99.9), run.find("", "")->response.at_percentile(99.9));
  EXPECT_EQ(all->failures, run.find("", "")->failures);
  EXPECT_EQ(back.limits[1].state, load::LimitResult::State::kCrossed);
  EXPECT_EQ(back.limits[1].limit.stage, "x10");
  EXPECT_FALSE(back.limits[4].measured.has_value());
  EXPECT_DOUBLE_EQ(*back.scalability->sigma, *run.scalability->sigma);
  EXPECT_EQ(back.scalability->covariance, run.scalability->covariance);
}

TEST(LoadFile, TellsPercentilesToWhoDoesNotKnowTheEncoding) {
  const auto json = nlohmann::json::parse(sample_text());
  const load::RunResult run = load::sample_run();
  const auto& first = json.at("labels").at(0);
  EXPECT_EQ(first.at("label"), "search");
  const load::Histogram& response = run.labels[0].response;
  EXPECT_EQ(first.at("response").at("p50"), response.at_percentile(50));
  EXPECT_EQ(first.at("response").at("p99.999"), response.at_percentile(99.999));
  EXPECT_EQ(first.at("response").at("max"), response.max());
  EXPECT_EQ(first.at("response").at("count"), response.count());
}

TEST(LoadFile, IsFoundInItsRunDirectory) {
  const Scratch scratch;
  load::write_sample_run(scratch.path);
  EXPECT_EQ(read_load(scratch.path).scenario, "soak.toml");
  EXPECT_EQ(read_load(scratch.path / "load.json").scenario, "soak.toml");
}

TEST(LoadFile, ADirectoryWithoutOneIsAnError) {
  const Scratch scratch;
  EXPECT_THROW(read_load(scratch.path), Error);
}

TEST(LoadFile, NamesTheMemberThatIsWrong) {
  EXPECT_EQ(error_of(with(R"("labels": [{"done": "many"}])")),
            "load.json: expected an integer as labels[0].done, found 'many'");
  EXPECT_EQ(error_of(with(R"("labels": [{"failures": {"bad luck": 1}}])")),
            "load.json: expected kinds of failures that this tool knows as labels[0].failures, "
            "found 'bad luck'");
  EXPECT_EQ(error_of(with(R"("labels": 7)")), "load.json: expected a list as labels, found 7");
  EXPECT_THAT(error_of(with(R"("labels": [{"response": {"hdr": "AAAA"}}])")),
              StartsWith("load.json: labels[0].response.hdr: "));
  EXPECT_THAT(error_of(with(R"("limits": [{"limit": "p95 < soon", "state": "passed"}])")),
              StartsWith("load.json: limits[0].limit: "));
  EXPECT_THAT(error_of(with(R"("limits": [{"limit": "p95 < 1s", "state": "maybe"}])")),
              HasSubstr("expected one of 'passed', 'crossed'"));
  EXPECT_THAT(error_of(with(R"("scalability": {"lambda": 3})")), HasSubstr("nine numbers"));
  EXPECT_THAT(error_of(with(R"("seed": -1)")), HasSubstr("as seed"));
}

TEST(LoadFile, WhatIsNoLoadOrALaterVersionIsAnError) {
  EXPECT_THAT(error_of(""), StartsWith("load.json+0x"));
  EXPECT_THAT(error_of("[]"), StartsWith("load.json: expected an object"));
  EXPECT_THAT(error_of(R"({"format": "tidemark-run", "version": 1})"),
              HasSubstr("expected the format 'tidemark-load'"));
  EXPECT_THAT(error_of(R"({"format": "tidemark-load", "version": 2})"),
              HasSubstr("written as version 2 of load.json; this tool knows version 1"));
  EXPECT_THAT(error_of(with(R"("slow_down": 1e999)")), HasSubstr("number out of range"));
}

TEST(LoadFile, DeepNestingDoesNotOverflowTheStack) {
  EXPECT_THAT(error_of(std::string(1'000'000, '[')), StartsWith("load.json+0x"));
}

// A hundred bytes of zlib stand for 270 KB of buckets.
TEST(LoadFile, AFileWhoseHistogramsWouldTakeAllMemoryIsAnError) {
  load::Histogram wide;
  for (int power = 0; power < 42; ++power) wide.record(std::int64_t{1} << power);
  std::string labels;
  const std::string one = R"({"response": {"hdr": ")" + load::encoded(wide) + R"("}})";
  for (int i = 0; i < 4200; ++i) labels += (i == 0 ? "" : ",") + one;
  EXPECT_THAT(error_of(with("\"labels\": [" + labels + "]")), HasSubstr("more than 1 GiB"));
}

TEST(LoadFile, EveryPrefixIsAnError) {
  const std::string text = with(R"("labels": [{"label": "a", "failures": {"timeout": 3}}])");
  for (std::size_t size = 0; size < text.size(); ++size)
    ASSERT_NE(error_of(text.substr(0, size)), "no error") << size;
  EXPECT_EQ(error_of(text), "no error");
}

// The validator is Debian's python3-jsonschema.
TEST(LoadFile, IsWhatItsSchemaSays) {
  const Scratch scratch;
  write_file(scratch.path / "load.json", sample_text());
  const std::string check =
      "/usr/bin/python3 -c 'import json, jsonschema, sys; "
      "jsonschema.validate(json.load(open(sys.argv[1])), "
      "json.load(open(sys.argv[2])))' " +
      (scratch.path / "load.json").string() + " " +
      TIDEMARK_SOURCE "/docs/formats/load.schema.json";
  EXPECT_EQ(std::system(check.c_str()), 0);
  std::string wrong = sample_text();
  wrong.replace(wrong.find("\"crossed\""), 9, "\"perhaps\"");
  write_file(scratch.path / "load.json", wrong);
  EXPECT_NE(std::system((check + " 2> /dev/null").c_str()), 0);
}

}  // namespace
}  // namespace tidemark
