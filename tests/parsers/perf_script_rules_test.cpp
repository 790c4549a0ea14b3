// Every rule of folding perf script, and every case in which stackcollapse-perf.pl
// and inferno-collapse-perf disagree. docs/flamegraph-folding.md says why ours is
// the one it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/base/decompress.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/report/folded.h"
#include "parsers/perf_script.h"
#include "tests/parsers/perf_script_rows.h"
#include "tests/parsers/perf_script_two_ways.h"

namespace tidemark {
namespace {

using Rules = PerfScriptOptions::Rules;

Recording read(const std::string& text, const PerfScriptOptions& options) {
  const Input input = {.name = "input", .bytes = text};
  return parse_perf_script({&input, 1}, options);
}

std::string fold(const std::string& text, const PerfScriptOptions& options) {
  try {
    return to_folded(read(text, options).profiles.at(0), 0, Zeros::kKept);
  } catch (const Error&) {
    return kNothing;
  }
}

std::string fold(const FoldRow& row, Rules rules) {
  PerfScriptOptions options = row.options;
  options.rules = rules;
  return fold(row.text, options);
}

TEST(PerfScriptRules, AreFollowedWhereTheScriptsAgree) {
  for (const FoldRow& row : common_rows()) {
    EXPECT_EQ(fold(row, Rules::kFlameGraph), row.flamegraph) << row.rule;
    EXPECT_EQ(fold(row, Rules::kInferno), row.inferno) << row.rule;
    EXPECT_EQ(fold(row, Rules::kBest), row.best) << row.rule;
  }
}

TEST(PerfScriptRules, FollowFlameGraphWhereAsked) {
  for (const FoldRow& row : disputed_rows()) {
    EXPECT_EQ(fold(row, Rules::kFlameGraph), row.flamegraph) << row.rule;
  }
}

TEST(PerfScriptRules, FollowInfernoWhereAsked) {
  for (const FoldRow& row : disputed_rows()) {
    EXPECT_EQ(fold(row, Rules::kInferno), row.inferno) << row.rule;
  }
}

TEST(PerfScriptRules, LoseNoWeightAndMangleNoNameOtherwise) {
  for (const FoldRow& row : disputed_rows()) {
    EXPECT_EQ(fold(row, Rules::kBest), row.best) << row.rule;
  }
}

// A sample that comes again is looked up, not read: it must fold alike.
TEST(PerfScriptRules, HoldForWhatCameBefore) {
  for (const auto& rows : {common_rows(), disputed_rows()}) {
    for (const FoldRow& row : rows) {
      if (!row.text.ends_with("\n\n")) continue;
      for (const Rules rules : {Rules::kBest, Rules::kFlameGraph, Rules::kInferno}) {
        PerfScriptOptions options = row.options;
        options.rules = rules;
        if (fold(row.text, options) == kNothing) continue;
        const auto once = read(row.text, options).profiles.at(0);
        const auto thrice = read(row.text + row.text + row.text, options).profiles.at(0);
        EXPECT_EQ(thrice.total().at(0), once.total().at(0) * 3) << row.rule;
        EXPECT_EQ(thrice.stacks(), once.stacks()) << row.rule;
      }
    }
  }
}

TEST(PerfScriptRules, HoldForRecordedSamplesReadInBothWays) {
  for (const char* name : {"gxx.txt.gz", "rustc.txt.gz", "node.txt.gz", "go.txt", "cpu-clock.txt",
                           "srcline.txt", "two-events.txt", "one-line.txt"}) {
    const Decompressed whole =
        decompress(read_file(std::string(TIDEMARK_TEST_DATA "/perf-script/") + name));
    const std::string text(whole.file.bytes());
    for (const Rules rules : {Rules::kBest, Rules::kFlameGraph, Rules::kInferno}) {
      const PerfScriptOptions options = {.rules = rules, .tid = true, .kernel = true, .jit = true};
      EXPECT_EQ(fold_with(text + text, options, false), fold_with(text + text, options, true))
          << name;
    }
  }
}

TEST(PerfScriptRules, AskForInlinedCallsByFileAndAddress) {
  PerfScriptOptions options{.inlined = true};
  options.inlined_at = [](const std::string& module, std::uint64_t address,
                          std::string_view symbol) -> std::vector<Frame> {
    EXPECT_EQ(symbol, "f+0x1");
    if (module != "/bin/a" || address != 0x1f) return {};
    return {{.function = "inner", .file = "/src/a.c", .line = 4},
            {.function = "f", .file = "/src/a.c", .line = 9}};
  };
  const std::string text =
      sample_of("\t 1f f+0x1 (/bin/a)\n") + sample_of("\t 2f f+0x1 (/bin/a)\n");
  EXPECT_EQ(fold(text, options), "cmd;f 7\ncmd;f;inner 7\n");
  options.context = true;
  EXPECT_EQ(fold(text, options), "cmd;f 7\ncmd;f:a.c:9;inner:a.c:4 7\n");
}

TEST(PerfScriptRules, TellNoContextThatIsNotKnown) {
  PerfScriptOptions options{.inlined = true, .context = true};
  options.inlined_at = [](const std::string&, std::uint64_t, std::string_view) {
    return std::vector<Frame>{{.function = "f"}};
  };
  EXPECT_EQ(fold(symbol_of("f"), options), "cmd;f 7\n");
  options.rules = Rules::kFlameGraph;  // as addr2line prints it
  EXPECT_EQ(fold(symbol_of("f"), options), "cmd;f:??:0 7\n");
}

TEST(PerfScriptRules, NameTheEventsThereAreWhenNoneIsLeft) {
  try {
    read(symbol_of("f"), {.event_filter = "faults"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "input: no sample of the event 'faults'");
    EXPECT_EQ(error.hint(), "the text has: cycles");
  }
}

TEST(PerfScriptRules, SayWhatTheyMergeAndDrop) {
  const std::string joined = "cmd 1 1.5: 1 c: \n\t 1 f (x)\ndog 1 1.5: 2 c: \n\t 1 g (x)\n\n";
  EXPECT_THAT(read(joined, {.rules = Rules::kFlameGraph}).warnings,
              testing::ElementsAre("input:3: an event without an empty line before it; its sample "
                                   "is merged with the one before, as stackcollapse-perf.pl does"));
  EXPECT_THAT(
      read(symbol_of("f") + "cmd 1 1.5: 1 cycles: \n\t 1 f (x)\n", {.rules = Rules::kFlameGraph})
          .warnings,
      testing::ElementsAre("input:5: no empty line behind the last sample; it is dropped, "
                           "as stackcollapse-perf.pl does"));
  EXPECT_THAT(read(symbol_of("f") + sample_of(""), {.rules = Rules::kInferno}).warnings,
              testing::ElementsAre("input:4: 1 samples without frames are dropped, as "
                                   "inferno-collapse-perf does"));
}

}  // namespace
}  // namespace tidemark
