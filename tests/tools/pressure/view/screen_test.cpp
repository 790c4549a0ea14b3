#include "tools/pressure/view/screen.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/tools/pressure/export/some_seconds.h"
#include "tools/pressure/view/live_view.h"

namespace tidemark::pressure {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kTimeout = static_cast<std::size_t>(load::Failure::kTimeout);
constexpr cli::Look kPlain{.colour = false, .unicode = true};

Shown some_run(int seconds = 20, std::int64_t lag_limit = 1'000'000) {
  Shown shown("soak.toml", "http://127.0.0.1:8080", lag_limit);
  shown.begin_stage({.name = "normal",
                     .number = 2,
                     .of = 3,
                     .start_ms = kSomeStart,
                     .end_ms = kSomeStart + 60'000,
                     .run_end_ms = kSomeStart + 180'000});
  SomeSeconds some;
  some.memory = 100 << 20;
  some.pass(shown);
  some.memory = 104 << 20;
  some.counts()[0].failures.at(kTimeout) = 3;
  some.pass(shown, seconds - 1);
  return shown;
}

// What is left to read of a line: without bold, dim and colours.
std::string plain(std::string_view line) {
  std::string out;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line.substr(at).starts_with("\x1b["))
      at = line.find('m', at);
    else
      out += line[at];
  }
  return out;
}

std::string screen(const Shown& shown, std::size_t rows, std::size_t columns,
                   cli::Look look = kPlain) {
  std::string out;
  for (const std::string& line : screen_lines(shown, {}, {.rows = rows, .columns = columns}, look))
    out += line + "\n";
  return out;
}

TEST(PressureScreen, TellsWhatIsAskedAndWhatIsDone) {
  const std::string text = plain(screen(some_run(), 24, 80));
  EXPECT_THAT(text, HasSubstr("110/s of 115/s"));
  EXPECT_THAT(text, HasSubstr("normal 2 of 3"));
  EXPECT_THAT(text, HasSubstr("0:20 of 3:00, 2:40 left"));
  EXPECT_THAT(text, HasSubstr("3 timeout"));
  EXPECT_THAT(text, HasSubstr("104.0 MiB (+4.0 MiB)"));
  EXPECT_THAT(text, HasSubstr("p99 30.0 µs of 1.00 ms"));
}

TEST(PressureScreen, MarksASendLagThatNearsItsLimit) {
  EXPECT_THAT(screen(some_run(), 24, 80), Not(HasSubstr("limit")));
  EXPECT_THAT(screen(some_run(20, 50'000), 24, 80), HasSubstr("near its limit"));
  EXPECT_THAT(screen(some_run(20, 20'000), 24, 80), HasSubstr("this is no measurement"));
}

TEST(PressureScreen, FitsEveryTerminal) {
  Shown shown = some_run();
  for (int i = 0; i < 40; ++i)
    shown.labels.push_back({.name = fmt::format("label {} \xE6\x97\xA5\x1b[31m", i)});
  const std::vector<std::string> notes(9, "something happened");
  for (std::size_t rows = 1; rows < 60; rows += 3) {
    for (std::size_t columns = 1; columns < 220; columns += 7) {
      const auto lines = screen_lines(shown, notes, {.rows = rows, .columns = columns}, kPlain);
      ASSERT_LE(lines.size(), rows);
      for (const std::string& line : lines) {
        ASSERT_LT(cli::columns_of(plain(line)), columns) << line;
        ASSERT_EQ(plain(line).find('\x1b'), std::string::npos);
      }
    }
  }
}

TEST(PressureScreen, WithoutColoursThereAreNone) {
  EXPECT_THAT(screen(some_run(), 24, 80, {.colour = true}), HasSubstr("\x1b[36m"));
  const std::string ascii = screen(some_run(), 24, 80, {.colour = false, .unicode = false});
  EXPECT_TRUE(
      std::ranges::all_of(ascii, [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  EXPECT_THAT(ascii, Not(HasSubstr("\x1b[3")));
}

TEST(PressureScreen, SparklinesGoUpFromZeroAndHaveGaps) {
  EXPECT_EQ(sparkline({8.0, std::nullopt, 4.0, 0.0}, 10), "█ ▅▁");
  EXPECT_EQ(sparkline({1.0, 2.0, 8.0, 8.0}, 2), "██");
  EXPECT_EQ(sparkline({}, 10), "");
}

TEST(PressureLines, AMomentIsOneLine) {
  EXPECT_EQ(moment_line(some_run(10)),
            "00:00:10 normal: 110/s of 115/s; p50 1.00 ms, p95 20.0 ms, p99 20.0 ms, max 20.0 ms; "
            "errors 0.27 % (3 timeout); memory 104.0 MiB");
}

TEST(PressureLines, AStageThatIsOverIsSummedUp) {
  EXPECT_EQ(stage_line(some_run(10)),
            "normal is over: 1,100 answers in 10.0 s (110/s); p50 1.00 ms, p95 20.0 ms, "
            "p99 20.0 ms, p99.9 20.0 ms, max 20.0 ms; 3 errors");
}

TEST(PressureLines, ANewStageCountsFromItsStart) {
  Shown shown = some_run(10);
  shown.begin_stage({.name = "x10", .start_ms = kSomeStart + 10'000});
  SomeSeconds().pass(shown);
  EXPECT_EQ(shown.all.done, 110);
  EXPECT_EQ(shown.labels[0].failed, 0);
  EXPECT_EQ(shown.finished, 11 * 110 + 3);
}

}  // namespace
}  // namespace tidemark::pressure
