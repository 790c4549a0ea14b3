// The agent inside real programs: what it writes against what is true.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/agent/heap_reader.h"
#include "tests/lib/scratch.h"

namespace tidemark::agent {
namespace {

namespace fs = std::filesystem;
using heap_file::Origin;
using heap_file::State;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct Ran {
  int status = -1;
  std::map<std::string, double> said;
  std::vector<HeapReader> files;  // the first process's before its children's

  const HeapReader& file() const { return files.at(0); }
};

// One program under the agent, and the files that it left.
class Target {
 public:
  // `config`: what comes behind the file's name, such as ",mean=1".
  explicit Target(std::string config) : config_(std::move(config)) {}

  Target& beside(std::string library) {
    beside_ = " " + library;
    return *this;
  }

  Ran run(const std::string& command) {
    const std::string line = fmt::format("TIDEMARK_HEAP='file={}/heap{}' LD_PRELOAD='{}{}' exec {}",
                                         scratch_.path.string(), config_, AGENT, beside_, command);
    Ran ran;
    FILE* pipe = popen(line.c_str(), "r");
    char name[64];
    double number = 0;
    while (fscanf(pipe, "%63s %lf", name, &number) == 2) ran.said[name] = number;
    ran.status = pclose(pipe);
    ran.files = files();
    return ran;
  }

  std::vector<HeapReader> files() const {
    std::vector<HeapReader> found;
    for (const auto& entry : fs::directory_iterator(scratch_.path))
      found.emplace_back(entry.path());
    std::ranges::sort(found, {}, [](const HeapReader& file) {
      return std::pair(file.header().origin, file.header().opened_ns);
    });
    for (const auto& entry : fs::directory_iterator(scratch_.path)) fs::remove(entry.path());
    return found;
  }

  fs::path directory() const { return scratch_.path; }

 private:
  std::string config_;
  std::string beside_;
  Scratch scratch_;
};

Ran act(const std::string& config, const std::string& how) {
  return Target(config).run(ACTOR " " + how);
}

// The blocks of the program's own code, not those of the C library's start and of stdio.
double bytes_of_program(const HeapReader& file) {
  const std::vector<heap_file::Site>& sites = file.sites();
  double sum = 0;
  for (const heap_file::Site& site : sites) {
    const std::vector<std::string> modules = file.modules_of(site);
    if (!modules.empty() && modules.front().ends_with("/actor")) sum += site.live_bytes;
  }
  return sum;
}

// Every block is sampled.
constexpr const char* kAll = ",mean=1,overhead=0%,size=64MiB";

TEST(Agent, EveryFormOfAllocatingCanBeFreed) {
  const Ran ran = act(kAll, "every_form 1");
  ASSERT_EQ(ran.status, 0);
  EXPECT_EQ(bytes_of_program(ran.file()), 0);
  EXPECT_GT(ran.file().header().samples, 1500);
  EXPECT_EQ(ran.file().contradiction(0), "");
}

class Beside : public testing::TestWithParam<const char*> {};

TEST_P(Beside, EveryFormOfAllocatingCanBeFreed) {
  const Ran ran = Target(kAll).beside(GetParam()).run(ACTOR " every_form");
  ASSERT_EQ(ran.status, 0);
  EXPECT_EQ(bytes_of_program(ran.file()), 0);
  EXPECT_THAT(ran.file().header().allocator, HasSubstr(GetParam()));
}

TEST_P(Beside, TheEstimateIsRight) {
  const Ran ran =
      Target(",mean=64KiB,seed=5,overhead=0%").beside(GetParam()).run(ACTOR " mix 1 20000");
  ASSERT_EQ(ran.status, 0);
  const HeapReader& file = ran.file();
  EXPECT_NEAR(file.allocated_bytes(), ran.said.at("allocated_bytes"),
              5 * std::sqrt(file.allocated_variance()));
  EXPECT_EQ(file.contradiction(0), "");
}

INSTANTIATE_TEST_SUITE_P(Agent, Beside,
                         testing::Values("libjemalloc.so.2", "libtcmalloc_minimal.so.4",
                                         "libmimalloc.so.2.0"));

TEST(Agent, ReallocKeepsAndForgetsTheRightBlocks) {
  const Ran ran = act(kAll, "resize");
  ASSERT_EQ(ran.status, 0);
  EXPECT_NEAR(bytes_of_program(ran.file()), 500, 1e-6);
  EXPECT_EQ(ran.file().contradiction(0), "");
}

TEST(Agent, ALargeBlockGrowsWithoutBeingCopied) {
  const Ran ran = act(kAll, "grow_untouched");
  ASSERT_EQ(ran.status, 0);
  EXPECT_LT(ran.said.at("resident_mib"), 100);
}

// The mean over seeds of (estimate - truth) / standard error lies within 4.5 of its own
// standard error: wrong once in 150,000 times.
struct Biases {
  double allocated = 0;
  double live = 0;
  int tries = 0;

  void add(const Ran& ran) {
    const HeapReader& file = ran.file();
    ASSERT_EQ(file.contradiction(0), "");
    allocated += file.allocated_bytes() / ran.said.at("allocated_bytes") - 1;
    live += file.live_bytes() / ran.said.at("live_bytes") - 1;
    allocated_error += file.allocated_variance() / std::pow(ran.said.at("allocated_bytes"), 2);
    live_error += file.live_variance() / std::pow(ran.said.at("live_bytes"), 2);
    ++tries;
  }
  void expect_none() const {
    // What the C and C++ libraries allocate for themselves is a few 10 KiB.
    EXPECT_LT(std::abs(allocated) - 0.005 * tries, 4.5 * std::sqrt(allocated_error));
    EXPECT_LT(std::abs(live) - 0.005 * tries, 4.5 * std::sqrt(live_error));
  }
  double allocated_error = 0;
  double live_error = 0;
};

TEST(Agent, EstimatesOfASizeMixAreUnbiased) {
  Biases biases;
  for (int seed = 1; seed <= 40; ++seed)
    biases.add(act(fmt::format(",mean=128KiB,seed={},overhead=0%,size=8MiB", seed), "mix 3 10000"));
  biases.expect_none();
}

TEST(Agent, EstimatesOfAGrowingBufferAreUnbiased) {
  Biases biases;
  for (int seed = 1; seed <= 40; ++seed)
    biases.add(act(fmt::format(",seed={},overhead=0%,size=8MiB", seed), "grow"));
  biases.expect_none();
}

// Of 120 seeds 95 % have the truth in their interval: 102 or fewer once in 100,000 times.
TEST(Agent, TheTruthIsInTheIntervalNineteenTimesOfTwenty) {
  int inside = 0;
  for (int seed = 1; seed <= 120; ++seed) {
    const Ran ran =
        act(fmt::format(",mean=32KiB,seed={},overhead=0%,size=4MiB", seed), "leak 100000 100");
    ASSERT_EQ(ran.status, 0);
    const double error = ran.file().live_bytes() - ran.said.at("live_bytes");
    inside += std::abs(error) < 1.96 * std::sqrt(ran.file().live_variance());
  }
  EXPECT_GT(inside, 102);
}

TEST(Agent, AnEqualSeedTakesEqualSamples) {
  EXPECT_EQ(act(",seed=9", "leak 50000 100").file().header().samples,
            act(",seed=9", "leak 50000 100").file().header().samples);
}

TEST(Agent, ALeakIsFoundWithItsStack) {
  const Ran ran = act(",mean=4KiB,seed=1,overhead=0%", "leak 10000 100");
  const auto largest = std::ranges::max(ran.file().sites(), {}, &heap_file::Site::live_bytes);
  const std::vector<std::string> modules = ran.file().modules_of(largest);
  ASSERT_GE(modules.size(), 5);  // leak_here, leak, main, two of the C library, _start
  EXPECT_THAT(modules[2], HasSubstr("/actor"));
  EXPECT_THAT(modules[3], HasSubstr("/libc.so.6"));
  EXPECT_THAT(modules.back(), HasSubstr("/actor"));
  EXPECT_EQ(ran.file().header().cut_stacks, 0);
}

class Survives : public testing::TestWithParam<const char*> {};

// Acts that say what they leave, with every block sampled.
TEST_P(Survives, AndSeesEveryBlock) {
  const Ran ran = act(kAll, GetParam());
  ASSERT_EQ(ran.status, 0);
  EXPECT_NEAR(bytes_of_program(ran.file()), ran.said.at("live_bytes"), 1e-3);
  EXPECT_EQ(ran.file().contradiction(0), "");
}

INSTANTIATE_TEST_SUITE_P(Agent, Survives,
                         testing::Values("signals", "forks", "spawns", "jumps", "exceptions",
                                         "threads", "daemon_like"),
                         [](const auto& way) { return std::string(way.param); });

TEST(Agent, AStackGoesThroughASignal) {
  const Ran ran = act(kAll, "signals");
  const auto largest = std::ranges::max(ran.file().sites(), {}, &heap_file::Site::samples);
  // leak_here, on_tick, what the kernel calls the handler from, compute or signals, ...
  const std::vector<std::string> modules = ran.file().modules_of(largest);
  ASSERT_GE(modules.size(), 7);
  EXPECT_THAT(modules[2], HasSubstr("/libc.so.6"));
  EXPECT_THAT(modules[3], HasSubstr("/actor"));
  EXPECT_EQ(ran.file().header().cut_stacks, 0);
}

TEST(Agent, AChildOfForkHasItsOwnFile) {
  const Ran ran = act(kAll, "forks");
  ASSERT_THAT(ran.files, SizeIs(6));  // the child of a child, and its parent, too
  for (std::size_t child = 1; child < ran.files.size(); ++child) {
    const HeapReader& file = ran.files[child];
    EXPECT_EQ(file.header().origin, static_cast<std::uint32_t>(Origin::kForked));
    EXPECT_EQ(file.contradiction(0), "");
    const double bytes = bytes_of_program(file);
    EXPECT_TRUE(std::abs(bytes - 50000) < 1e-3 || std::abs(bytes - 1000) < 1e-3) << bytes;
  }
}

TEST(Agent, AChildWhoseParentHasNoFileIsStillAChild) {
  // A child takes 15 samples or so; the few blocks of its parent get none with this seed.
  const Ran ran = act(",mean=4MiB,seed=1,overhead=0%,size=16MiB", "workers");
  ASSERT_THAT(ran.files, SizeIs(2));
  for (const HeapReader& file : ran.files) {
    EXPECT_EQ(file.header().origin, static_cast<std::uint32_t>(Origin::kForked));
    EXPECT_EQ(file.header().file_size, 4U << 20);
  }
}

TEST(Agent, ProgramsThatAreStartedAreNotDisturbed) {
  EXPECT_THAT(act(kAll, "spawns").files, SizeIs(1));
}

TEST(Agent, AProgramThatBecameAnotherIsSaidToHave) {
  const Ran ran = Target(kAll).run("sh -c 'exec " ACTOR " leak 10 10'");
  ASSERT_THAT(ran.files, SizeIs(2));
  EXPECT_EQ(ran.files[0].header().state, static_cast<std::uint32_t>(State::kReplaced));
  EXPECT_EQ(ran.files[1].header().state, static_cast<std::uint32_t>(State::kEnded));
}

TEST(Agent, ALibraryThatComesAndGoesIsNamed) {
  const Ran ran = act(kAll, "libraries");
  ASSERT_EQ(ran.status, 0);
  double bytes = 0;
  for (const heap_file::Site& site : ran.file().sites())
    if (ran.file().modules_of(site).front().ends_with("plugin.so")) bytes += site.live_bytes;
  EXPECT_NEAR(bytes, ran.said.at("live_bytes"), 1e-3);
}

TEST(Agent, StacksOfCoroutinesEnd) {
  const Ran ran = act(kAll, "coroutines");
  ASSERT_EQ(ran.status, 0);
  double bytes = 0;
  for (const heap_file::Site& site : ran.file().sites())
    if (ran.file().modules_of(site).size() <= 4) bytes += site.live_bytes;
  EXPECT_GE(bytes, ran.said.at("coroutine_bytes") - 1e-3);
}

TEST(Agent, AProgramWithItsOwnMallocIsToldOf) {
  const Ran ran = Target(kAll).run(OWN_MALLOC);
  ASSERT_EQ(ran.status, 0);
  ASSERT_THAT(ran.files, SizeIs(1));
  EXPECT_THAT(ran.file().header().trouble, HasSubstr("has its own"));
}

TEST(Agent, AStaticProgramRunsAsEver) {
  const Ran ran = Target(kAll).run(STATIC_PROGRAM);
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.files, IsEmpty());
}

TEST(Agent, AWrongConfigurationIsToldInTheFile) {
  const Ran ran = act(",mean=much", "leak 10 10");
  ASSERT_THAT(ran.files, SizeIs(1));
  EXPECT_THAT(ran.file().header().trouble, HasSubstr("mean="));
}

TEST(Agent, WithoutRoomForTheFileTheProgramGoesOn) {
  const Ran ran = act(",mean=1,size=900GiB", "leak 1000 100");
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.files, IsEmpty());
}

TEST(Agent, ALimitOfFileSizesIsNoSignal) {
  Target target(kAll);
  const Ran ran = target.run("sh -c 'ulimit -f 1000; exec " ACTOR " leak 1000 100'");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.said.at("live_bytes"), 100000);
}

TEST(Agent, AProgramWhoseFirstAllocationIsUnderALockOfTheLibraryRuns) {
  EXPECT_EQ(std::system("LD_PRELOAD=" AGENT " timeout 20 bash -c true"), 0);
}

TEST(Agent, TheEndOfAProgramIsSaid) {
  EXPECT_EQ(act(kAll, "leak 10 10").file().header().state,
            static_cast<std::uint32_t>(State::kEnded));
}

// From then on it can be read.
bool has_heap_file(const fs::path& directory) {
  for (const auto& entry : fs::directory_iterator(directory)) {
    char magic[8] = {};
    std::ifstream(entry.path(), std::ios::binary).read(magic, sizeof magic);
    if (std::equal(std::begin(magic), std::end(magic), heap_file::kMagic)) return true;
  }
  return false;
}

TEST(Agent, AKilledProgramLeavesAWholeFile) {
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    Target target(",mean=2KiB,overhead=0%,size=4MiB");
    const pid_t child = fork();
    if (child == 0) {
      setenv(
          "TIDEMARK_HEAP",
          fmt::format("file={}/heap,mean=2KiB,overhead=0%,size=4MiB", target.directory().string())
              .c_str(),
          1);
      setenv("LD_PRELOAD", AGENT, 1);
      execl(ACTOR, ACTOR, "for_ever", nullptr);
      _exit(127);
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!has_heap_file(target.directory())) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "no heap file in round " << round;
      std::this_thread::yield();
    }
    std::this_thread::sleep_for(std::chrono::microseconds(10000 + random() % 30000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const std::vector<HeapReader> files = target.files();
    ASSERT_THAT(files, SizeIs(1));
    ASSERT_EQ(files.front().contradiction(3), "") << "round " << round;
  }
}

}  // namespace
}  // namespace tidemark::agent
