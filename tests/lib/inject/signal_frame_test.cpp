#include "lib/inject/signal_frame.h"

#include <gmock/gmock.h>
#include <sys/syscall.h>

#include <cstring>

namespace tidemark {
namespace {

constexpr Address kTop = 0x7fff12345678;
constexpr Address kRestorer = 0x42;

TEST(SignalFrame, LeavesTheStackAsAFunctionExpectsIt) {
  const ThreadState state{.extended = std::vector<std::byte>(2696)};
  const SignalFrame frame = signal_frame(state, kTop, kRestorer);
  EXPECT_EQ(frame.stack % 16, 8U);
  EXPECT_EQ(frame.stack + frame.bytes.size(), kTop);
  Address returns_to = 0;
  std::memcpy(&returns_to, frame.bytes.data(), sizeof(returns_to));
  EXPECT_EQ(returns_to, kRestorer);
}

TEST(SignalFrame, FindsTheCodeThatReturnsFromSignals) {
  std::vector<std::byte> code(100, std::byte{0x90});
  EXPECT_FALSE(find_restorer(code));
  const unsigned char restorer[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
  std::memcpy(code.data() + 50, restorer, sizeof(restorer));
  EXPECT_EQ(find_restorer(code), 50U);
}

}  // namespace
}  // namespace tidemark
