#include "lib/analyze/frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark {
namespace {

using testing::ElementsAre;

TEST(RoleOf, KnowsAllocatorsAndWrappers) {
  for (const char* name :
       {"malloc", "operator new(unsigned long)", "zmalloc", "ngx_palloc", "palloc0", "g_malloc",
        "__interceptor_malloc", "std::allocator<int>::allocate(unsigned long, void const*)"}) {
    EXPECT_EQ(role_of({.function = name}), FrameRole::kAllocator) << name;
  }
}

TEST(RoleOf, KnowsTheRuntimeByNameAndByModule) {
  EXPECT_EQ(role_of({.function = "void std::vector<int>::_M_realloc_insert<int>(int&&)"}),
            FrameRole::kRuntime);
  EXPECT_EQ(role_of({.function = "printf", .module = "/lib/x86_64-linux-gnu/libc.so.6"}),
            FrameRole::kRuntime);
  EXPECT_EQ(role_of({.function = "strlen",
                     .module = "/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so"}),
            FrameRole::kRuntime);
}

TEST(RoleOf, KnowsTheHeadersOfTheLibraryWhenNamesAreCutShort) {
  EXPECT_EQ(role_of({.function = "allocate", .file = "/usr/include/c++/12/bits/new_allocator.h"}),
            FrameRole::kRuntime);
  EXPECT_EQ(role_of({.function = "allocate", .file = "/src/own/allocator.h"}), FrameRole::kCode);
}

TEST(RoleOf, LeavesTheProgramAndItsLibrariesAlone) {
  for (const char* name : {"main", "zmalloc_stats", "my::std::thing()", "mallocate"}) {
    EXPECT_EQ(role_of({.function = name, .module = "/usr/lib/libevent-2.1.so.7"}), FrameRole::kCode)
        << name;
  }
  EXPECT_EQ(role_of({.module = "/usr/sbin/nginx", .offset = 0x10}), FrameRole::kCode);
  EXPECT_EQ(role_of({}), FrameRole::kCode);
}

TEST(Interesting, IsTheInnermostFrameOfTheProgram) {
  EXPECT_EQ(interesting({{.function = "malloc"},
                         {.function = "std::vector<int>::reserve(unsigned long)"},
                         {.function = "handle"},
                         {.function = "main"}}),
            2U);
}

TEST(Interesting, PrefersTheRuntimeToTheAllocator) {
  EXPECT_EQ(interesting({{.function = "malloc"}, {.function = "std::locale::global()"}}), 1U);
  EXPECT_EQ(interesting({{.function = "malloc"}}), 0U);
  EXPECT_EQ(interesting({}), 0U);
}

TEST(Folded, HidesAllocatorsRuntimeAndStartup) {
  EXPECT_THAT(folded({{.function = "malloc"},
                      {.function = "make"},
                      {.function = "std::function<void ()>::operator()() const"},
                      {.function = "main"},
                      {.function = "__libc_start_main@@GLIBC_2.34"},
                      {.function = "_start"}}),
              ElementsAre(1, 3));
}

TEST(Folded, ShowsOneFrameOfAStackWithoutCode) {
  EXPECT_THAT(folded({{.function = "malloc"}, {.function = "std::terminate()"}}), ElementsAre(1));
  EXPECT_THAT(folded({}), ElementsAre());
}

}  // namespace
}  // namespace tidemark
