#include "lib/analyze/fingerprint.h"

#include <gtest/gtest.h>

#include <utility>

namespace tidemark {
namespace {

Finding leak(CallStack stack) {
  return {.kind = FindingKind::kDefiniteLeak, .stacks = {{.frames = std::move(stack)}}};
}

const Frame kMalloc{.function = "malloc", .module = "/usr/libexec/vgpreload_memcheck-amd64.so"};
const Frame kMain{.function = "main", .file = "a.cpp", .line = 9, .module = "/tmp/one/service"};

Frame handler() {
  return {.function = "ns::handle(int)", .file = "a.cpp", .line = 41, .module = "/tmp/one/service"};
}

TEST(FingerprintOf, HasSixteenDigits) {
  const std::string print = fingerprint_of(leak({kMalloc, handler(), kMain}));
  EXPECT_EQ(print.size(), 16U);
  EXPECT_EQ(print.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(FingerprintOf, StaysWhenLinesAndAddressesMove) {
  Frame moved = handler();
  moved.line = 99;
  moved.address = 0x401000;
  moved.offset = 0x1000;
  moved.file = "other/a.cpp";
  EXPECT_EQ(fingerprint_of(leak({kMalloc, moved, kMain})),
            fingerprint_of(leak({kMalloc, handler(), kMain})));
}

TEST(FingerprintOf, StaysWhenSymbolsGetTemplateNoise) {
  Frame noisy = handler();
  noisy.function = "void ns::handle<std::less<int> >(int, std::__cxx11::string) [clone .isra.0]";
  EXPECT_EQ(fingerprint_of(leak({kMalloc, noisy, kMain})),
            fingerprint_of(leak({kMalloc, handler(), kMain})));
}

TEST(FingerprintOf, StaysWhenTheModuleMovesOrGetsAVersion) {
  const auto in = [](const char* module) {
    return fingerprint_of(leak({kMalloc, {.function = "f", .module = module}, kMain}));
  };
  EXPECT_EQ(in("/usr/lib/libx.so.1"), in("/opt/build/libx-1.2.so"));
  EXPECT_NE(in("/usr/lib/libx.so.1"), in("/usr/lib/liby.so.1"));
}

TEST(FingerprintOf, StaysWhenRecursionGoesDeeper) {
  const Frame f{.function = "parse"};
  const Frame g{.function = "expression"};
  EXPECT_EQ(fingerprint_of(leak({kMalloc, f, g, f, g, f, g, f, g, kMain})),
            fingerprint_of(leak({kMalloc, f, g, kMain})));
}

TEST(FingerprintOf, StaysWhenTheStandardLibraryInlinesOtherwise) {
  EXPECT_EQ(fingerprint_of(leak({kMalloc,
                                 {.function = "std::vector<int>::push_back(int)"},
                                 handler(),
                                 kMain,
                                 {.function = "_start"}})),
            fingerprint_of(leak({kMalloc,
                                 {.function = "std::_Vector_base<int>::_M_allocate()"},
                                 {.function = "std::vector<int>::emplace_back(int)"},
                                 handler(),
                                 kMain})));
}

TEST(FingerprintOf, TellsSitesApart) {
  const std::string one = fingerprint_of(leak({kMalloc, handler(), kMain}));
  Frame other = handler();
  other.function = "ns::handle2(int)";
  EXPECT_NE(fingerprint_of(leak({kMalloc, other, kMain})), one);
  EXPECT_NE(fingerprint_of(leak({kMalloc, handler(), {.function = "loop"}, kMain})), one);
  Finding kind = leak({kMalloc, handler(), kMain});
  kind.kind = FindingKind::kPossibleLeak;
  EXPECT_NE(fingerprint_of(kind), one);
}

TEST(FingerprintOf, TellsPlacesWithoutSymbolsApart) {
  const auto at = [](std::uint64_t offset) {
    return fingerprint_of(leak({kMalloc, {.module = "/usr/sbin/nginx", .offset = offset}}));
  };
  EXPECT_EQ(at(0x10), at(0x10));
  EXPECT_NE(at(0x10), at(0x20));
}

TEST(FingerprintOf, TakesTheTwoSidesOfARaceInAnyOrder) {
  const CallStack a{{.function = "reader"}};
  const CallStack b{{.function = "writer"}};
  const auto race = [](const CallStack& x, const CallStack& y) {
    return fingerprint_of(
        {.kind = FindingKind::kRace,
         .stacks = {{.frames = x},
                    {.label = "Address 0x1 is 0 bytes inside a block alloc'd", .frames = x},
                    {.label = "This conflicts with a previous write of size 4", .frames = y}}});
  };
  EXPECT_EQ(race(a, b), race(b, a));
  EXPECT_NE(race(a, b), race(a, a));
}

TEST(FingerprintOf, FallsBackToTheMessageWithoutItsNumbers) {
  const auto said = [](const char* message) {
    return fingerprint_of({.kind = FindingKind::kOther, .message = message});
  };
  EXPECT_EQ(said("fd 12 left open at 0x4a2b"), said("fd 3 left open at 0x5"));
  EXPECT_NE(said("fd 12 left open"), said("fd 12 closed twice"));
}

}  // namespace
}  // namespace tidemark
