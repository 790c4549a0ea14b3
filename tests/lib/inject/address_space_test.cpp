#include "lib/inject/address_space.h"

#include <gmock/gmock.h>
#include <unistd.h>

namespace tidemark {
namespace {

constexpr const char* kMaps =
    "5600-5700 r--p 00000000 fe:01 77                 /opt/a program\n"
    "7000-7100 r-xp 00001000 fe:01 78                 /lib/libc.so.6 (deleted)\n"
    "garbage\n"
    "7fff-8000 rw-p 00000000 00:00 0                  [stack]\n";

TEST(AddressSpace, ReadsThePathWithItsBlanks) {
  const AddressSpace space(parse_maps(kMaps));
  ASSERT_EQ(space.mappings().size(), 3U);
  EXPECT_EQ(space.mappings()[0].path, "/opt/a program");
  EXPECT_TRUE(space.mappings()[1].executable);
}

TEST(AddressSpace, FindsWhereAnAddressLies) {
  const AddressSpace space(parse_maps(kMaps));
  EXPECT_EQ(space.at(0x70ff), &space.mappings()[1]);
  EXPECT_EQ(space.at(0x7100), nullptr);
  EXPECT_EQ(space.at(0x55ff), nullptr);
}

TEST(AddressSpace, KnowsALibraryWhoseFileWasReplaced) {
  const AddressSpace space(parse_maps(kMaps));
  EXPECT_EQ(space.module("libc.so."), &space.mappings()[1]);
  EXPECT_EQ(space.module("libm.so."), nullptr);
}

TEST(AddressSpace, OfThisProcessHasItsOwnCode) {
  const AddressSpace space = AddressSpace::of(::getpid());
  const MappedRange* const code = space.at(reinterpret_cast<Address>(&parse_maps));
  ASSERT_NE(code, nullptr);
  EXPECT_TRUE(code->executable);
}

}  // namespace
}  // namespace tidemark
