#include "tools/pressure/export/metrics.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "lib/base/file.h"
#include "tests/lib/scratch.h"
#include "tests/tools/pressure/export/some_seconds.h"

namespace tidemark::pressure {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string after_two_seconds(const std::string& scenario = "soak.toml") {
  Metrics metrics(scenario, "http://127.0.0.1/");
  SomeSeconds seconds;
  seconds.memory = 4096;
  seconds.counts()[1].failures.at(static_cast<std::size_t>(load::Failure::kTooLong)) = 2;
  seconds.pass(metrics, 2);
  return metrics.text();
}

TEST(Metrics, CountersGoOnFromSecondToSecond) {
  const std::string text = after_two_seconds();
  EXPECT_THAT(text, HasSubstr("pressure_requests_total{label=\"a\"} 200\n"));
  EXPECT_THAT(text, HasSubstr("pressure_failures_total{label=\"b\",kind=\"too long\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("pressure_target_resident_memory_bytes 4096\n"));
}

TEST(Metrics, BucketsAreCumulativeAndInSeconds) {
  const std::string text = after_two_seconds();
  EXPECT_THAT(text, HasSubstr("response_seconds_bucket{label=\"b\",le=\"0.01\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("response_seconds_bucket{label=\"b\",le=\"0.025\"} 20\n"));
  EXPECT_THAT(text, HasSubstr("response_seconds_bucket{label=\"b\",le=\"+Inf\"} 20\n"));
  EXPECT_THAT(text, HasSubstr("response_seconds_count{label=\"b\"} 20\n"));
}

TEST(Metrics, AMemoryThatIsNotKnownIsNotThere) {
  Metrics metrics("soak.toml", "redis://127.0.0.1");
  SomeSeconds().pass(metrics);
  EXPECT_THAT(metrics.text(), Not(HasSubstr("resident_memory")));
}

// The parser is Debian's python3-prometheus-client, which holds to the specification.
void expect_that_the_client_library_reads(const std::string& text) {
  const Scratch scratch;
  write_file(scratch.path / "metrics", text);
  const std::string check =
      "/usr/bin/python3 -c 'import sys; from prometheus_client.openmetrics.parser import "
      "text_fd_to_metric_families as parse; families = list(parse(open(sys.argv[1]))); "
      "sys.exit(0 if len(families) >= 7 else 1)' " +
      (scratch.path / "metrics").string();
  EXPECT_EQ(std::system(check.c_str()), 0) << text;
}

TEST(Metrics, AreWhatTheOpenMetricsParserReads) {
  expect_that_the_client_library_reads(after_two_seconds());
  expect_that_the_client_library_reads(Metrics("", "").text());
}

TEST(Metrics, NamesAreUntrustedText) {
  const std::string text = after_two_seconds("a\"b\\c\n# EOF\x1b\xff");
  EXPECT_THAT(text, Not(HasSubstr("\n# EOF\x1b")));
  expect_that_the_client_library_reads(text);
}

}  // namespace
}  // namespace tidemark::pressure
