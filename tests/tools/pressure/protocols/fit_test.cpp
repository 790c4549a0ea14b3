#include "tools/pressure/protocols/fit.h"

#include <gtest/gtest.h>

namespace tidemark::pressure {
namespace {

using namespace std::string_view_literals;

TEST(Fit, APathHasNothingThatEndsItsLine) {
  std::string out = "GET ";
  append_fit_path(out, "/a b\r\nX: y\0\x7f\xff"sv);
  EXPECT_EQ(out, "GET /a%20b%0D%0AX:%20y%00%7F\xff");
}

TEST(Fit, AValueKeepsItsBlanks) {
  std::string out = "X: ";
  append_fit_value(out, "a b\r\nY: z\0"sv);
  EXPECT_EQ(out, "X: a b  Y: z ");
}

}  // namespace
}  // namespace tidemark::pressure
