#include "lib/process/proc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>

#include "lib/process/tree.h"
#include "tests/lib/process/actor.h"

namespace tidemark {
namespace {

TEST(Proc, ReadsOurselves) {
  const auto status = process_status(::getpid());
  ASSERT_TRUE(status);
  EXPECT_EQ(status->pid, ::getpid());
  EXPECT_EQ(status->parent, ::getppid());
  EXPECT_EQ(status->name, "process_test");
  EXPECT_EQ(status->state, 'R');
  EXPECT_EQ(status->threads, 1);
  EXPECT_GT(status->rss_bytes, 1 << 20);
}

TEST(Proc, AcceptsAnyNameAProgramGivesItself) {
  for (const char* const name : {") R 1 (", "a b", "((((", "))\n1 (x"}) {
    ::prctl(PR_SET_NAME, name);
    const auto status = process_status(::getpid());
    ASSERT_TRUE(status) << name;
    EXPECT_EQ(status->name, name);
    EXPECT_EQ(status->parent, ::getppid());
  }
  ::prctl(PR_SET_NAME, "process_test");
}

TEST(Proc, RefusesWhatIsNoStatLine) {
  for (const char* const text : {"", "1", "1 (", "1 (a)", "1 (a) S", ")( 1", "x (a) S 1 1 1 1 1"}) {
    EXPECT_FALSE(parse_stat(text)) << text;
  }
}

TEST(Proc, HasNothingForAPidThatIsNotThere) { EXPECT_FALSE(process_status(1 << 30)); }

TEST(Proc, FindsDescendantsOfDescendants) {
  const Troupe troupe;
  const Tree tree = Tree::start(troupe.acting({"family", "2", "sleep"}), {});
  ASSERT_TRUE(troupe.grows_to(5));
  const auto below = descendants(::getpid());
  EXPECT_EQ(std::ranges::count(below, "process_actor", &ProcessStatus::name), 5);
}

TEST(Proc, NamesTheExecutable) {
  EXPECT_EQ(executable(::getpid()), std::filesystem::read_symlink("/proc/self/exe"));
  EXPECT_EQ(executable(1 << 30), "");
}

TEST(Usage, CountsAnonymousMemoryApart) {
  const auto now = [] {
    const std::vector<ProcessStatus> us = {process_status(::getpid()).value()};
    return usage(us);
  };
  const TreeUsage before = now();
  constexpr std::size_t kSize = std::size_t{32} << 20;
  const int flags = MAP_ANONYMOUS | MAP_POPULATE;
  void* const shared = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED | flags, -1, 0);
  void* const own = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | flags, -1, 0);
  const TreeUsage after = now();
  ::munmap(shared, kSize);
  ::munmap(own, kSize);
  EXPECT_NEAR(static_cast<double>(after.rss_bytes - before.rss_bytes), 2.0 * kSize, 2 << 20);
  EXPECT_NEAR(static_cast<double>(after.anon_bytes - before.anon_bytes), 1.0 * kSize, 2 << 20);
  EXPECT_EQ(after.processes, 1);
}

}  // namespace
}  // namespace tidemark
