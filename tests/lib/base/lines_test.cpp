#include "lib/base/lines.h"

#include <gtest/gtest.h>

#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

std::string error_of(auto&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Lines, WalksLinesWithAndWithoutCarriageReturns) {
  Lines lines("input", "a\r\n\nlast");
  EXPECT_TRUE(lines.next());
  EXPECT_EQ(lines.line(), "a");
  EXPECT_TRUE(lines.next());
  EXPECT_EQ(lines.line(), "");
  EXPECT_TRUE(lines.next());
  EXPECT_EQ(lines.line(), "last");
  EXPECT_FALSE(lines.whole());
  EXPECT_FALSE(lines.next());
}

TEST(Lines, StepsBackOnce) {
  Lines lines("input", "a\nb\n");
  lines.next();
  lines.next();
  lines.again();
  EXPECT_TRUE(lines.next());
  EXPECT_EQ(lines.line(), "b");
  EXPECT_EQ(lines.number(), 2);
}

TEST(Lines, NamesTheLineAndWhatItFound) {
  Lines lines("input", "time=soon\n");
  EXPECT_EQ(error_of([&] { lines.expect_number("time="); }),
            "input:1: expected 'time=<number>', found 'time=soon'");
  EXPECT_EQ(error_of([&] { lines.expect_text("cmd: "); }),
            "input:2: expected 'cmd: ...', found the end of the file");
}

TEST(Printable, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(printable("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(printable("\xC2\x9B"), "\\xc2\\x9b");           // CSI as a C1 control
  EXPECT_EQ(printable("\xE2\x80\xAE"), "\\xe2\\x80\\xae");  // right-to-left override
  EXPECT_EQ(printable("na\xC3\xAFve \xFF"), "na\xC3\xAFve \\xff");
}

TEST(Bytes, ReadsBothOrdersAndRefusesToPassTheEnd) {
  Bytes little("input", "\x01\x02");
  EXPECT_EQ(little.u16("a number"), 0x0201);
  Bytes big("input", "\x01\x02", std::endian::big);
  EXPECT_EQ(big.u16("a number"), 0x0102);
  EXPECT_EQ(error_of([&] { big.u32("a count"); }),
            "input+0x2: expected a count (4 bytes), found 0 bytes to the end");
}

TEST(Numbers, TakesWholeTokensThatFit) {
  EXPECT_EQ(to_number("-12"), -12);
  EXPECT_EQ(to_number("12a"), std::nullopt);
  EXPECT_EQ(to_number("+1"), std::nullopt);
  EXPECT_EQ(to_number("9223372036854775808"), std::nullopt);
  EXPECT_EQ(to_hex("0xff"), 255U);
  EXPECT_EQ(to_hex("0x"), std::nullopt);
  EXPECT_THROW(checked_add(INT64_MAX, 1), Error);
}

}  // namespace
}  // namespace tidemark
