#include "lib/base/base64.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

TEST(Base64, ComesBack) {
  std::string bytes;
  for (int length = 0; length < 300; ++length) {
    EXPECT_EQ(from_base64(base64(bytes)), bytes);
    bytes += static_cast<char>(length * 37);
  }
}

TEST(Base64, AnythingElseIsNothing) {
  for (const char* const text : {"A", "AAA", "AA*A", "=AAA", "A===", "AAA=AAAA", "AA A", "AAA\n"})
    EXPECT_FALSE(from_base64(text).has_value()) << text;
  EXPECT_EQ(from_base64(""), "");
}

}  // namespace
}  // namespace tidemark
