#include "tools/pressure/files/desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "tests/lib/scratch.h"

namespace tidemark::pressure {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) { return std::string(read_file(path).bytes()); }

TEST(Desk, SavesAndAppends) {
  const Scratch scratch;
  const Desk desk(scratch.path / "desk");
  EXPECT_EQ(desk.save_in_place("a", "one"), 0);
  EXPECT_EQ(desk.append("a", " two"), 0);
  EXPECT_EQ(contents(desk.path() / "a"), "one two");
  EXPECT_EQ(desk.save_beside("a", "three"), 0);
  EXPECT_EQ(contents(desk.path() / "a"), "three");
}

TEST(Desk, SavingBesideIsAnotherFileThatIsRenamed) {
  const Scratch scratch;
  const Desk desk(scratch.path / "desk");
  desk.save_in_place("a", "one");
  const Descriptor watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  ::inotify_add_watch(watch.get(), desk.path().c_str(), IN_MOVED_TO | IN_MODIFY);
  desk.save_beside("a", "two");
  std::array<char, 4096> events{};
  const ssize_t count = ::read(watch.get(), events.data(), events.size());
  bool moved = false;
  for (ssize_t at = 0; at < count;) {
    inotify_event event{};
    std::memcpy(&event, events.data() + at, sizeof event);
    const std::string name = events.data() + at + sizeof event;
    moved |= (event.mask & IN_MOVED_TO) != 0 && name == "a";
    EXPECT_FALSE((event.mask & IN_MODIFY) != 0 && name == "a");
    at += static_cast<ssize_t>(sizeof event) + event.len;
  }
  EXPECT_TRUE(moved);
}

TEST(Desk, NoLinkIsFollowedOut) {
  const Scratch scratch;
  const Desk desk(scratch.path / "desk");
  fs::create_directory(scratch.path / "theirs");
  fs::create_directory_symlink(scratch.path / "theirs", desk.path() / "link");
  fs::create_symlink(scratch.path / "file", desk.path() / "name");
  EXPECT_EQ(desk.save_in_place("link/a", "x"), ELOOP);
  EXPECT_EQ(desk.save_in_place("name", "x"), ELOOP);
  EXPECT_EQ(desk.rename("name", "link/a"), ELOOP);
  EXPECT_TRUE(fs::is_empty(scratch.path / "theirs"));
  EXPECT_FALSE(fs::exists(scratch.path / "file"));
}

TEST(Desk, NoNameLeadsUp) {
  const Scratch scratch;
  const Desk desk(scratch.path / "desk");
  EXPECT_EQ(desk.save_in_place("../a", "x"), EXDEV);
  EXPECT_EQ(desk.save_in_place((scratch.path / "a").string(), "x"), EXDEV);
  EXPECT_NE(desk.remove_directory(".."), 0);
}

TEST(Desk, AFullDiskIsAnErrorAndLeavesNothingHalf) {
  const Scratch scratch;
  fs::create_directory(scratch.path / "disk");
  ASSERT_EQ(::mount("test", (scratch.path / "disk").c_str(), "tmpfs", 0, "size=64k"), 0);
  {
    const Desk desk(scratch.path / "disk/desk");
    desk.save_in_place("a", "short");
    EXPECT_EQ(desk.save_beside("a", std::string(std::size_t{1} << 20, 'x')), ENOSPC);
    EXPECT_EQ(contents(desk.path() / "a"), "short");
    EXPECT_FALSE(fs::exists(desk.path() / "a.tmp~"));
  }
  ASSERT_EQ(::umount((scratch.path / "disk").c_str()), 0);
}

}  // namespace
}  // namespace tidemark::pressure
