#include "lib/report/pprof_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/decompress.h"
#include "lib/base/file.h"
#include "parsers/formats.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// What a profile says, apart from the numbering of its frames and stacks.
using Content = std::vector<std::pair<std::vector<Frame>, std::vector<std::int64_t>>>;

Content content_of(const Profile& profile) {
  Content content;
  for (std::uint32_t i = 0; i < profile.stacks(); ++i) {
    const auto self = profile.self(StackId{i});
    if (std::ranges::all_of(self, [](std::int64_t value) { return value == 0; })) continue;
    content.emplace_back(frames_of(profile, StackId{i}),
                         std::vector<std::int64_t>(self.begin(), self.end()));
  }
  return content;
}

Profile read_back(const Profile& profile) {
  return parse(File("input", to_pprof(profile))).profiles.at(0);
}

Profile with_stack(const std::vector<Frame>& innermost_first) {
  Profile profile(
      {{.name = "inuse_objects", .unit = "count"}, {.name = "inuse_space", .unit = "bytes"}});
  StackId stack = kRoot;
  for (std::size_t i = innermost_first.size(); i-- > 0;) {
    stack = profile.push(stack, profile.intern(innermost_first[i]));
  }
  profile.add(stack, std::array<std::int64_t, 2>{3, 300});
  return profile;
}

TEST(PprofWriter, IsReadBackEqual) {
  Profile profile = with_stack(
      {{.function = "f<int>",
        .file = "f.cpp",
        .line = 12,
        .module = "/bin/a",
        .address = 0x1010,
        .offset = 0x510,
        .inlined = true},
       {.function = "g", .line = 40, .module = "/bin/a", .address = 0x1010, .offset = 0x510},
       {.module = "/bin/b", .address = 0x7010, .offset = 0x10},
       {.function = "main", .file = "main.cpp"},
       {.module = "/lib/c.so", .address = 0x99},
       {.address = 0x20}});
  profile.title = "heap at exit";
  profile.pid = 4711;
  profile.default_value = 0;
  profile.duration_ns = 5;
  profile.mappings = {
      {.path = "/bin/a", .build_id = "abc", .start = 0x1000, .end = 0x2000, .offset = 0x500}};
  const Profile back = read_back(profile);
  EXPECT_EQ(content_of(back), content_of(profile));
  EXPECT_EQ(back.value_types(), profile.value_types());
  EXPECT_EQ(back.title, "heap at exit");
  EXPECT_EQ(back.pid, 4711);
  EXPECT_EQ(back.default_value, 0U);
  EXPECT_EQ(back.duration_ns, 5);
  // /bin/b was in no mapping: one is made up, so that its offset can be told.
  EXPECT_THAT(
      back.mappings,
      ElementsAre(profile.mappings[0],
                  Mapping{.path = "/bin/b", .build_id = "", .start = 0x7000, .end = 0x7011}));
}

TEST(PprofWriter, KeepsRealProfilesOfOtherFormats) {
  for (const char* path :
       {"gperf-heap/exact-2.10.heap", "gperf-heap/sampled-2.10.heap", "gperf-cpu/spin-2.10.prof",
        "jemalloc-heap/redis-5.3.0.heap", "pprof/go-1.19-heap.pb.gz", "pprof/go-1.19-cpu.pb.gz"}) {
    const Profile profile =
        parse(read_file(std::filesystem::path(TIDEMARK_TEST_DATA) / path)).profiles.at(0);
    const Profile back = read_back(profile);
    EXPECT_EQ(back.total(), profile.total()) << path;
    EXPECT_EQ(back.mappings, profile.mappings) << path;
    const Content content = content_of(back);
    EXPECT_THAT(content, testing::UnorderedElementsAreArray(content_of(profile))) << path;
  }
}

TEST(PprofWriter, WritesTheSameBytesEachTime) {
  const Profile profile = with_stack({{.function = "f"}, {.function = "main"}});
  EXPECT_EQ(to_pprof(profile), to_pprof(profile));
  EXPECT_TRUE(is_compressed(to_pprof(profile)));
}

TEST(PprofWriter, KeepsFramesOfDifferentAddressesApart) {
  const Profile profile = with_stack({{.function = "f", .address = 0x10, .inlined = true},
                                      {.function = "g", .address = 0x20, .inlined = true},
                                      {.function = "h", .address = 0x20}});
  const std::vector<Frame> frames = content_of(read_back(profile)).at(0).first;
  EXPECT_THAT(frames, ElementsAre(Frame{.function = "f", .address = 0x10},
                                  Frame{.function = "g", .address = 0x20, .inlined = true},
                                  Frame{.function = "h", .address = 0x20}));
}

// pprof takes the first mapping for the program that ran.
TEST(PprofWriter, PutsTheProgramBeforeTheKernel) {
  const Profile profile =
      with_stack({{.function = "do_syscall_64", .module = "[k]", .address = 0x9010, .offset = 0x10},
                  {.function = "read", .module = "/bin/a", .address = 0x1010, .offset = 0x10},
                  {.function = "main", .module = "/bin/b", .address = 0x2010, .offset = 0x10}});
  const Profile back = read_back(profile);
  ASSERT_EQ(back.mappings.size(), 3);
  EXPECT_EQ(back.mappings[0].path, "/bin/a");
  EXPECT_EQ(content_of(back), content_of(profile));
}

TEST(PprofWriter, LeavesOutStacksWithoutAValue) {
  Profile profile(std::vector<ValueType>{{.name = "space", .unit = "bytes"}});
  profile.push(kRoot, profile.intern({.function = "f"}));
  EXPECT_THAT(content_of(read_back(profile)), IsEmpty());
}

TEST(PprofWriter, KeepsAnyBytesInNames) {
  const std::string name("\xff\0<b>\n", 6);
  EXPECT_EQ(content_of(read_back(with_stack({{.function = name}}))).at(0).first.at(0).function,
            name);
}

}  // namespace
}  // namespace tidemark
