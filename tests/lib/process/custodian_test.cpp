#include "lib/process/custodian.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>

#include "lib/base/error.h"
#include "lib/process/tree.h"
#include "tests/lib/process/actor.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

// Does `work` in a process that then kills itself, or is ended by `signal`.
void in_a_process_that_ends_by(int signal, const std::function<void(Custodian&)>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    Custodian custodian;
    work(custodian);
    ::kill(::getpid(), signal);
    ::pause();
  }
  ::waitpid(child, nullptr, 0);
}

char state_of(pid_t pid) { return process_status(pid).value_or(ProcessStatus{}).state; }

class CustodianSignals : public ::testing::TestWithParam<int> {};

TEST_P(CustodianSignals, WhoWasStoppedGoesOn) {
  const Troupe troupe;
  Tree tree = Tree::start(troupe.acting({"sleep"}), {});
  in_a_process_that_ends_by(GetParam(), [&](Custodian& custodian) {
    custodian.owe(to_continue(process_status(tree.root()).value()));
    ::kill(tree.root(), SIGSTOP);
    while (state_of(tree.root()) != 'T') ::usleep(1000);
  });
  EXPECT_TRUE(eventually([&] { return state_of(tree.root()) == 'S'; }));
}

TEST_P(CustodianSignals, ADirectoryIsRemovedAndWhatItsLinksPointAtStays) {
  const Scratch scratch;
  std::ofstream(scratch.path / "kept") << "kept";
  in_a_process_that_ends_by(GetParam(), [&](Custodian& custodian) {
    fs::create_directories(scratch.path / "made/below");
    custodian.owe({.kind = Debt::Kind::kRemove, .path = scratch.path / "made"});
    fs::create_symlink(scratch.path / "kept", scratch.path / "made/below/link");
    fs::create_directory_symlink(scratch.path, scratch.path / "made/up");
  });
  EXPECT_TRUE(eventually([&] { return !fs::exists(scratch.path / "made"); }));
  EXPECT_TRUE(fs::exists(scratch.path / "kept"));
}

TEST_P(CustodianSignals, WhatIsMountedIsNotAnyMore) {
  const Scratch scratch;
  in_a_process_that_ends_by(GetParam(), [&](Custodian& custodian) {
    fs::create_directory(scratch.path / "made");
    custodian.owe({.kind = Debt::Kind::kRemove, .path = scratch.path / "made"});
    custodian.owe({.kind = Debt::Kind::kUnmount, .path = scratch.path / "made"});
    if (::mount("test", (scratch.path / "made").c_str(), "tmpfs", 0, "size=1m") != 0) ::_exit(9);
    std::ofstream(scratch.path / "made/file") << "x";
  });
  EXPECT_TRUE(eventually([&] { return !fs::exists(scratch.path / "made"); }));
}

INSTANTIATE_TEST_SUITE_P(Endings, CustodianSignals,
                         ::testing::Values(SIGINT, SIGTERM, SIGKILL, SIGSEGV));

TEST(Custodian, ADirectoryThatIsAnotherByNowIsLeftAlone) {
  const Scratch scratch;
  fs::create_directory(scratch.path / "made");
  {
    Custodian custodian;
    custodian.owe({.kind = Debt::Kind::kRemove, .path = scratch.path / "made"});
    fs::rename(scratch.path / "made", scratch.path / "aside");
    fs::create_directory(scratch.path / "made");
  }
  EXPECT_TRUE(fs::exists(scratch.path / "made"));
}

TEST(Custodian, WhatWasTakenBackIsNotTakenBackAgain) {
  const Scratch scratch;
  Custodian custodian;
  fs::create_directory(scratch.path / "made");
  const auto id = custodian.owe({.kind = Debt::Kind::kRemove, .path = scratch.path / "made"});
  EXPECT_EQ(custodian.take_back(id), "");
  EXPECT_FALSE(fs::exists(scratch.path / "made"));
  fs::create_directory(scratch.path / "made");
  EXPECT_EQ(custodian.take_back(id), "");
  EXPECT_TRUE(fs::exists(scratch.path / "made"));
}

TEST(Custodian, SaysThatItIsGone) {
  Custodian custodian;
  ::kill(custodian.pid(), SIGKILL);
  EXPECT_THROW(
      {
        custodian.owe({.kind = Debt::Kind::kContinue, .pid = 1});
        custodian.owe({.kind = Debt::Kind::kContinue, .pid = 1});
      },
      Error);
}

}  // namespace
}  // namespace tidemark
