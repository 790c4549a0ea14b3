#include "tools/pressure/files/playground.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "lib/base/error.h"
#include "tests/lib/process/actor.h"

namespace tidemark::pressure {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Playground, IsInsideTheDirectoryAndGoesWithItsOwner) {
  const Scratch scratch;
  std::ofstream(scratch.path / "theirs") << "x";
  Custodian custodian;
  {
    const Playground playground(scratch.path, "edit", custodian);
    EXPECT_EQ(playground.path().parent_path(), fs::canonical(scratch.path));
    std::ofstream(playground.path() / "file") << "x";
  }
  EXPECT_THAT(std::vector<fs::path>(fs::directory_iterator(scratch.path), {}),
              ElementsAre(scratch.path / "theirs"));
}

TEST(Playground, ADirectoryThatItMadeItselfGoesToo) {
  const Scratch scratch;
  Custodian custodian;
  { const Playground playground(scratch.path / "work", "edit", custodian); }
  EXPECT_FALSE(fs::exists(scratch.path / "work"));
}

TEST(Playground, ADirectoryThatItMadeStaysWhenSomebodyElsePutSomethingThere) {
  const Scratch scratch;
  Custodian custodian;
  {
    const Playground playground(scratch.path / "work", "edit", custodian);
    std::ofstream(scratch.path / "work/theirs") << "x";
  }
  EXPECT_TRUE(fs::exists(scratch.path / "work/theirs"));
}

TEST(Playground, GoesAlsoWhenItsOwnerIsKilled) {
  const Scratch scratch;
  const pid_t child = ::fork();
  if (child == 0) {
    Custodian custodian;
    const Playground playground(scratch.path, "edit", custodian);
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(eventually([&] { return fs::is_empty(scratch.path); }));
}

// A run that was killed together with its custodian.
fs::path left_behind(const fs::path& directory) {
  const pid_t child = ::fork();
  if (child == 0) {
    Custodian custodian;
    const Playground playground(directory, "edit", custodian);
    ::kill(custodian.pid(), SIGKILL);
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  return fs::directory_iterator(directory)->path();
}

TEST(Playground, WhatAKilledRunLeftIsSaid) {
  const Scratch scratch;
  const fs::path left = left_behind(scratch.path);
  EXPECT_THAT(Playground::leftovers(scratch.path), ElementsAre(left));
}

TEST(Playground, OneThatIsInUseIsNotLeftOver) {
  const Scratch scratch;
  Custodian custodian;
  const Playground playground(scratch.path, "edit", custodian);
  EXPECT_THAT(Playground::leftovers(scratch.path), IsEmpty());
}

TEST(Playground, ANameThatLeadsElsewhereDoesNot) {
  const Scratch scratch;
  Custodian custodian;
  const Playground playground(scratch.path, "../../up", custodian);
  EXPECT_EQ(playground.path().parent_path(), fs::canonical(scratch.path));
}

TEST(Playground, AFileIsNoDirectory) {
  const Scratch scratch;
  std::ofstream(scratch.path / "file") << "x";
  Custodian custodian;
  EXPECT_THROW(Playground(scratch.path / "file", "edit", custodian), Error);
}

}  // namespace
}  // namespace tidemark::pressure
