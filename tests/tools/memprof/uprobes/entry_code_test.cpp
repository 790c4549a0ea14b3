#include "tools/memprof/uprobes/entry_code.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemark::memprof {
namespace {

std::string code(std::string bytes) {
  bytes.resize(64, '\xC3');
  return bytes;
}

void expect_at(std::size_t offset, const std::string& bytes) {
  const ProbePoint point = probe_point(code(bytes));
  EXPECT_EQ(point.offset, offset);
  EXPECT_TRUE(point.emulated);
}

TEST(ProbePoint, IsAtAPush) {
  expect_at(0, "\x41\x54\x55\x53");          // glibc: push %r12
  expect_at(4, "\xF3\x0F\x1E\xFA\x41\x57");  // endbr64; push %r15
}

TEST(ProbePoint, LiesBehindAComparison) {
  expect_at(7,
            std::string("\x48\x81\xFF\x00\x10\x00\x00\x0F\x87\x93\x00\x00\x00", 13));  // jemalloc
}

TEST(ProbePoint, LiesBehindAMoveOutOfAnArgument) {
  expect_at(3, "\x48\x89\xFB\x53");  // mov %rdi,%rbx; push %rbx
  expect_at(11, std::string("\x48\x83\xEC\x10\x48\x8B\x05\x01\x02\x03\x04\x53", 12));
}

void expect_first(const std::string& bytes) {
  const ProbePoint point = probe_point(code(bytes));
  EXPECT_EQ(point.offset, 0U);
  EXPECT_FALSE(point.emulated);
}

TEST(ProbePoint, IsTheStartWhereAnArgumentIsOverwrittenFirst) {
  expect_first("\x48\x89\xF7\x53");      // mov %rsi,%rdi
  expect_first("\x48\x8D\x7F\x07\x53");  // lea 7(%rdi),%rdi
  expect_first("\x31\xD2\x53");          // xor %edx,%edx
}

TEST(ProbePoint, IsTheStartOfCodeThatIsNotKnown) {
  expect_first("\xC5\xF8\x77\x53");  // vzeroupper
  EXPECT_EQ(probe_point("").offset, 0U);
}

}  // namespace
}  // namespace tidemark::memprof
