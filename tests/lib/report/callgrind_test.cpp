#include "lib/report/callgrind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "lib/analyze/top.h"
#include "parsers/formats.h"
#include "tests/lib/report/converters_sample.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// Our parser's reading of what we wrote: each function's own value.
std::map<std::string, std::int64_t> selves(const Profile& profile) {
  const Recording recording = parse(File("callgrind.out", to_callgrind(profile)), "callgrind");
  EXPECT_THAT(recording.warnings, testing::IsEmpty());
  std::map<std::string, std::int64_t> found;
  for (const FunctionTotal& function : top(recording.profiles.at(0), 0)) {
    if (function.self != 0) found[function.function] += function.self;
  }
  return found;
}

TEST(CallgrindWriter, ReadsBackWithTheDefaultValueFirst) {
  EXPECT_THAT(selves(untimed_profile()), ElementsAre(Pair("f", 40), Pair("g", 10)));
}

TEST(CallgrindWriter, SaysWhereFunctionsAreAndWhatTheyCall) {
  const std::string text = to_callgrind(untimed_profile());
  EXPECT_THAT(text, HasSubstr("events: cpu samples\n"));
  EXPECT_THAT(text, HasSubstr("ob=(1) /bin/srv\nfl=(1) /src/a.c\nfn=(1) main\n"));
  EXPECT_THAT(text, HasSubstr("calls=1 0\n3 40 2\n"));
  EXPECT_THAT(text, HasSubstr("totals: 50 3\n"));
}

TEST(CallgrindWriter, CountsARecursiveCallOnceAStack) {
  Profile profile(std::vector<ValueType>{{.name = "n", .unit = "count"}});
  StackId stack = kRoot;
  for (int i = 0; i < 4; ++i) stack = profile.push(stack, profile.intern({.function = "r"}));
  profile.add(stack, std::vector<std::int64_t>{5});
  EXPECT_THAT(to_callgrind(profile), HasSubstr("fn=(1) r\n0 5\ncob=(1)\ncfi=(1)\ncfn=(1)\n"
                                               "calls=1 0\n0 5\n\ntotals: 5\n"));
}

TEST(CallgrindWriter, KeepsHostileNamesOnTheirLine) {
  EXPECT_THAT(selves(hostile_profile()), ElementsAre(Pair("\"\\\\x1b\\xff\\x0a</script>", 3)));
}

}  // namespace
}  // namespace tidemark
