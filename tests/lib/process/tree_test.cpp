#include "lib/process/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "tests/lib/process/actor.h"

namespace tidemark {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

End end_of(const std::vector<std::string>& role) {
  return Tree::start(Troupe().acting(role), {}).wait(seconds{10}).value();
}

bool stopped_in_the_kernel(pid_t pid) {
  const auto status = process_status(pid);
  return status && status->state == 'T';
}

// Started, and past the point where it has set up its signal actions.
Tree start_settled(const Troupe& troupe, const std::vector<std::string>& role,
                   std::size_t processes) {
  Tree tree = Tree::start(troupe.acting(role), {});
  EXPECT_TRUE(troupe.grows_to(processes));
  EXPECT_TRUE(eventually([&] {
    for (const pid_t pid : troupe.living()) {
      const auto status = process_status(pid);
      if (status && status->state != 'S') return false;
    }
    return true;
  }));
  return tree;
}

TEST(Tree, ReportsTheExitCode) {
  const End end = end_of({"exit", "7"});
  EXPECT_EQ(end.kind, EndKind::kExited);
  EXPECT_EQ(end.code, 7);
}

TEST(Tree, NamesTheSignalThatEndedIt) {
  const End end = end_of({"crash"});
  EXPECT_EQ(end.kind, EndKind::kSignalled);
  EXPECT_EQ(end.code, SIGSEGV);
  EXPECT_THAT(end.why, HasSubstr("SIGSEGV (Segmentation fault)"));
}

TEST(Tree, SaysThatAKillWasNotOurs) {
  const Troupe troupe;
  Tree tree = Tree::start(troupe.acting({"sleep"}), {});
  ::kill(tree.root(), SIGKILL);
  const End end = tree.wait(seconds{10}).value();
  EXPECT_EQ(end.kind, EndKind::kSignalled);
  EXPECT_THAT(end.why, HasSubstr("which we did not send"));
}

TEST(Tree, ASignalThatWeSentIsNoCrash) {
  const Troupe troupe;
  Tree tree = Tree::start(troupe.acting({"sleep"}), {});
  tree.signal(SIGUSR2);
  EXPECT_EQ(tree.wait(seconds{10}).value().kind, EndKind::kStopped);
}

TEST(Tree, RunsUntilItEnds) {
  const Troupe troupe;
  Tree tree = Tree::start(troupe.acting({"sleep"}), {});
  EXPECT_FALSE(tree.ended());
  EXPECT_FALSE(tree.wait(milliseconds{20}));
}

TEST(Tree, RefusesWhatIsNotThere) {
  EXPECT_THROW(Tree::start({.arguments = {"no-such-program"}}, {}), Error);
  EXPECT_THROW(Tree::start({.arguments = {"/etc/passwd"}}, {}), Error);
  EXPECT_THROW(Tree::start({.arguments = {}}, {}), Error);
  EXPECT_TRUE(childless());
}

TEST(Tree, NamesTheMissingInterpreter) {
  const Scratch scratch;
  const std::filesystem::path script = scratch.path / "script";
  write_file(script, "#!/no/such/shell\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  try {
    Tree::start({.arguments = {script.string()}}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot start " + script.string()));
    EXPECT_THAT(error.hint(), HasSubstr("#! line"));
  }
  EXPECT_TRUE(childless());
}

TEST(Tree, GivesTheTargetACleanState) {
  const Scratch scratch;
  const std::filesystem::path output = scratch.path / "out";
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t mask;
  sigset_t before;
  ::sigemptyset(&mask);
  ::sigaddset(&mask, SIGINT);
  ::sigprocmask(SIG_BLOCK, &mask, &before);
  Tree tree = Tree::start(Troupe().acting({"state"}), {.output = output, .open_files = 100});
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  ASSERT_EQ(tree.wait(seconds{10}).value().code, 0);
  EXPECT_EQ(read_file(output).bytes(),
            "leads session 1, blocked 0, ignored 0, files 100, name " TIDEMARK_BUILD
            "/tests/programs/process_actor\n");
}

TEST(Tree, LeaksNoFileIntoTheTarget) {
  const Scratch scratch;
  const int leaky = ::dup(1);  // without O_CLOEXEC
  Tree tree = Tree::start(Troupe().acting({"files"}), {.output = scratch.path / "out"});
  ASSERT_EQ(tree.wait(seconds{10}).value().code, 0);
  EXPECT_EQ(read_file(scratch.path / "out").bytes(), "0\n1\n2\n");
  ::close(leaky);
}

TEST(Tree, KeepsOutputAndErrorsEvenInOneFile) {
  const Scratch scratch;
  const std::filesystem::path file = scratch.path / "both";
  Tree tree = Tree::start(Troupe().acting({"flood", "1000000"}), {.output = file, .errors = file});
  ASSERT_EQ(tree.wait(seconds{10}).value().code, 0);
  EXPECT_EQ(std::filesystem::file_size(file), 2'000'000);
}

TEST(Tree, SetsAndRemovesVariablesAndStartsInTheDirectory) {
  const Scratch scratch;
  ::setenv("TIDEMARK_REMOVED", "still there", 1);
  Tree tree = Tree::start({.arguments = {"sh", "-c", "echo $A.$TIDEMARK_REMOVED; pwd"},
                           .environment = {{"A", "b"}},
                           .without = {"TIDEMARK_REMOVED"},
                           .directory = scratch.path},
                          {.output = scratch.path / "out"});
  ASSERT_EQ(tree.wait(seconds{10}).value().code, 0);
  EXPECT_EQ(read_file(scratch.path / "out").bytes(), "b.\n" + scratch.path.string() + "\n");
}

TEST(Tree, ListsWhatItStartedTheRootFirst) {
  const Troupe troupe;
  const Tree tree = start_settled(troupe, {"family", "3", "sleep"}, 7);
  const std::vector<ProcessStatus> processes = tree.processes();
  ASSERT_EQ(processes.size(), 7);
  EXPECT_EQ(processes[0].pid, tree.root());
  EXPECT_EQ(processes[0].name, "process_actor");
}

// The same for a daemon: root and middle process are gone, it alone goes on.
Tree start_daemon(const Troupe& troupe, std::vector<std::string> role) {
  role.insert(role.begin(), "daemon");
  Tree tree = Tree::start(troupe.acting(role), {});
  EXPECT_TRUE(eventually([&] {
    const std::vector<ProcessStatus> processes = tree.processes();
    return processes.size() == 1 && processes[0].pid != tree.root() && processes[0].state == 'S';
  }));
  return tree;
}

TEST(Tree, ADaemonGoesOnForTheRoot) {
  const Troupe troupe;
  Tree tree = start_daemon(troupe, {"polite", "5"});
  EXPECT_FALSE(tree.ended());
  const End end = tree.stop({});
  EXPECT_EQ(end.kind, EndKind::kStopped);
  EXPECT_EQ(end.code, 5);
}

TEST(Tree, ADaemonThatCrashesIsACrash) {
  const Troupe troupe;
  Tree tree = start_daemon(troupe, {"sleep"});
  ::kill(tree.processes().at(0).pid, SIGABRT);
  const End end = tree.wait(seconds{10}).value();
  EXPECT_EQ(end.kind, EndKind::kSignalled);
  EXPECT_EQ(end.code, SIGABRT);
}

TEST(Tree, ARootThatFailsHasEndedThoughItLeavesChildren) {
  const Troupe troupe;
  {
    Tree tree = Tree::start(troupe.acting({"abandon", "3", "stubborn"}), {});
    EXPECT_EQ(tree.wait(seconds{10}).value().code, 3);
  }
  EXPECT_TRUE(troupe.living().empty());
}

TEST(Tree, StopsPolitely) {
  const Troupe troupe;
  Tree tree = start_settled(troupe, {"polite", "4"}, 1);
  const End end = tree.stop({});
  EXPECT_EQ(end.kind, EndKind::kStopped);
  EXPECT_EQ(end.code, 4);
}

TEST(Tree, StopsBySignalAsMinusTheSignal) {
  const Troupe troupe;
  Tree tree = start_settled(troupe, {"sleep"}, 1);
  EXPECT_EQ(tree.stop({.signal = SIGINT}).code, -SIGINT);
}

TEST(Tree, KillsWhatDoesNotStopAndSaysSo) {
  const Troupe troupe;
  Tree tree = start_settled(troupe, {"stubborn"}, 1);
  const End end = tree.stop({.grace = milliseconds{100}});
  EXPECT_EQ(end.kind, EndKind::kKilled);
  EXPECT_THAT(end.why, HasSubstr("did not stop within 0.1 s of SIGTERM"));
  EXPECT_TRUE(troupe.living().empty());
}

TEST(Tree, CutsTheGraceShortWhenToldTo) {
  const Troupe troupe;
  Tree tree = start_settled(troupe, {"stubborn"}, 1);
  const auto start = std::chrono::steady_clock::now();
  const End end = tree.stop({.grace = seconds{50}, .at_once = [] { return true; }});
  EXPECT_EQ(end.kind, EndKind::kKilled);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds{5});
}

TEST(Tree, StopsOneThatIsStopped) {
  const Troupe troupe;
  Tree tree = start_settled(troupe, {"polite", "4"}, 1);
  ::kill(tree.root(), SIGSTOP);
  ASSERT_TRUE(eventually([&] { return stopped_in_the_kernel(tree.root()); }));
  EXPECT_EQ(tree.stop({}).code, 4);
}

TEST(Tree, AsksOrphansTooBeforeItKills) {
  const Troupe troupe;
  Tree tree = start_settled(troupe, {"family", "2", "sleep"}, 5);
  const End end = tree.stop({});
  EXPECT_EQ(end.kind, EndKind::kStopped);
  EXPECT_THAT(end.why, ::testing::Not(HasSubstr("killed")));
  EXPECT_TRUE(troupe.living().empty());
}

TEST(Tree, AsksTheOneThatItIsTold) {
  const Troupe troupe;
  // The shell ends with its child's code; SIGTERM would have ended the shell.
  const std::string actor = TIDEMARK_BUILD "/tests/programs/process_actor";
  Tree tree = Tree::start(troupe.command({"sh", "-c", actor + " polite 6; exit $?"}), {});
  ASSERT_TRUE(eventually([&] {
    const auto all = tree.processes();
    return all.size() == 2 && all[1].name == "process_actor" && all[1].state == 'S';
  }));
  EXPECT_EQ(tree.stop({.ask = tree.processes().at(1).pid}).code, 6);
}

TEST(Tree, LeavesNothingOfAStubbornFamily) {
  const Troupe troupe;
  Tree tree = start_settled(troupe, {"family", "3", "daemon", "stubborn"}, 7);
  const End end = tree.stop({.grace = milliseconds{200}});
  EXPECT_THAT(end.why, HasSubstr("of its processes had to be killed too"));
  EXPECT_TRUE(troupe.living().empty());
  EXPECT_TRUE(tree.processes().empty());
}

TEST(Tree, OutrunsAForkBomb) {
  const Troupe troupe;
  {
    const Tree tree = Tree::start(troupe.acting({"bomb", "50"}), {});
    // It has gone off. How many of the 50 a look sees is chance: they end as it looks.
    EXPECT_TRUE(eventually([&] { return tree.processes().size() > 5; }));
  }
  EXPECT_TRUE(troupe.living().empty());
  EXPECT_TRUE(childless());
}

TEST(Tree, LeavesNoZombieWhenItGoes) {
  const Troupe troupe;
  { const Tree tree = start_settled(troupe, {"family", "3", "zombie"}, 7); }
  EXPECT_TRUE(troupe.living().empty());
  EXPECT_TRUE(childless());
}

TEST(Tree, CanBeStoppedAfterItEnded) {
  Tree tree = Tree::start(Troupe().acting({"exit", "3"}), {});
  tree.wait(seconds{10});
  EXPECT_EQ(tree.stop({}).code, 3);
}

TEST(Tree, TwoTreesAtATimeKeepApart) {
  const Troupe troupe;
  Tree first = start_settled(troupe, {"sleep"}, 1);
  {
    const Tree second = start_settled(troupe, {"sleep"}, 2);
    EXPECT_EQ(second.processes().size(), 1);
  }
  EXPECT_EQ(first.processes().size(), 1);
  EXPECT_FALSE(first.ended());
}

// The processes that watch over the tree of a process that is our child.
struct Watched {
  pid_t owner = 0;
  pid_t anchor = 0;
  pid_t keeper = 0;
};

// Starts a child that owns a tree with a daemon that ignores SIGTERM.
Watched start_owner(const Troupe& troupe, const std::vector<std::string>& role,
                    std::size_t processes) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that what is left comes to us
  const pid_t owner = ::fork();
  if (owner == 0) {
    const Tree tree = Tree::start(troupe.acting(role), {});
    while (true) ::pause();
  }
  EXPECT_TRUE(troupe.grows_to(processes));
  const std::vector<ProcessStatus> below = descendants(owner);
  return {.owner = owner, .anchor = below.at(0).pid, .keeper = below.at(1).pid};
}

// Reaps what came to us; whether that was all.
bool all_gone(const Troupe& troupe) {
  return eventually([&] {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
    return troupe.living().empty() && childless();
  });
}

TEST(Tree, DoesNotOutliveAnOwnerThatIsKilled) {
  const Troupe troupe;
  const Watched watched = start_owner(troupe, {"family", "2", "daemon", "stubborn"}, 5);
  ::kill(watched.owner, SIGKILL);
  EXPECT_TRUE(all_gone(troupe));
}

TEST(Tree, HasTimeToWriteItsReportWhenTheOwnerIsKilled) {
  const Troupe troupe;
  const Scratch scratch;
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const std::string ready = scratch.path / "ready";
  const std::string report = scratch.path / "report";
  const pid_t owner = ::fork();
  if (owner == 0) {
    const std::string script = "trap 'sleep 0.5; echo done > " + report + "; exit' TERM; > " +
                               ready + "; while :; do sleep 0.1; done";
    const Tree tree = Tree::start(troupe.command({"sh", "-c", script}), {});
    while (true) ::pause();
  }
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(ready); }));
  ::kill(owner, SIGKILL);
  EXPECT_TRUE(all_gone(troupe));
  EXPECT_EQ(read_file(report).bytes(), "done\n");
}

TEST(Tree, DoesNotOutliveAKeeperThatIsKilled) {
  const Troupe troupe;
  const Watched watched = start_owner(troupe, {"family", "2", "daemon", "stubborn"}, 5);
  ::kill(watched.keeper, SIGKILL);
  EXPECT_TRUE(eventually([&] { return troupe.living().empty(); }));
  ::kill(watched.owner, SIGKILL);
  EXPECT_TRUE(all_gone(troupe));
}

TEST(Tree, DoesNotOutliveAnAnchorThatIsKilled) {
  const Troupe troupe;
  const Watched watched = start_owner(troupe, {"family", "2", "daemon", "stubborn"}, 5);
  ::kill(watched.anchor, SIGKILL);
  EXPECT_TRUE(eventually([&] { return troupe.living().empty(); }));
  ::kill(watched.owner, SIGKILL);
  EXPECT_TRUE(all_gone(troupe));
}

TEST(Tree, DoesNotOutliveOwnerAndKeeperKilledTogether) {
  const Troupe troupe;
  const Watched watched = start_owner(troupe, {"family", "2", "daemon", "stubborn"}, 5);
  ::kill(watched.keeper, SIGSTOP);  // it cannot do its work
  ::kill(watched.owner, SIGKILL);
  EXPECT_TRUE(all_gone(troupe));
}

TEST(Tree, SaysThatItsKeeperWasKilled) {
  const Troupe troupe;
  Tree tree = start_daemon(troupe, {"stubborn"});
  for (const ProcessStatus& status : descendants(::getpid())) {
    const auto parent = process_status(status.parent);
    if (parent && parent->parent == ::getpid()) ::kill(status.pid, SIGKILL);  // the keeper
  }
  EXPECT_THAT(tree.wait(seconds{10}).value().why, HasSubstr("watched over it"));
  EXPECT_TRUE(troupe.living().empty());
}

}  // namespace
}  // namespace tidemark
