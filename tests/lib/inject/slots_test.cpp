// The agent's import tables, as a program in which it is put and taken out again shows them.

#include <gmock/gmock.h>

#include <csignal>
#include <cstddef>
#include <map>
#include <vector>

#include "lib/base/error.h"
#include "lib/inject/address_space.h"
#include "lib/inject/ladder.h"
#include "lib/inject/remote_memory.h"
#include "lib/process/heap_agent.h"
#include "tests/lib/inject/hosted.h"

namespace tidemark {
namespace {

constexpr HeapOrder kOrder = {.file_bytes = 8 << 20, .mean_bytes = 4096};

// What the program and libc hold in the pages that are read-only once they are loaded: their
// import tables, and constants.
std::map<Address, std::vector<std::byte>> tables(pid_t pid) {
  std::map<Address, std::vector<std::byte>> found;
  const RemoteMemory memory = RemoteMemory::of(pid);
  const AddressSpace space = AddressSpace::of(pid);
  for (const MappedRange& range : space.mappings()) {
    const bool wanted = file_name(range) == "hosted" || file_name(range) == "libc.so.6";
    if (!wanted || range.writable || range.executable || range.offset == 0) continue;
    std::vector<std::byte>& bytes = found[range.start];
    bytes.resize(range.end - range.start);
    if (!memory.read(range.start, bytes)) bytes.clear();
  }
  return found;
}

TEST(Slots, AreAsBeforeWhenTheAgentHasGone) {
  Hosted program({HOSTED, "signals"});
  ASSERT_TRUE(program.says("ready"));
  const auto before = tables(program.pid());
  for (int i = 0; i < 3; ++i) {
    Stand stand = Stand::climb(program.pid(), Rung::kInjection, AGENT, kOrder);
    EXPECT_NE(tables(program.pid()), before);
    EXPECT_GT(heap_header(stand.files().at(0)).slots_patched, 5U);
    stand.release();
    EXPECT_EQ(tables(program.pid()), before);
  }
}

TEST(Slots, OfALibraryThatComesLaterLeadToTheAgentToo) {
  Hosted program({LOADS_LATER});
  ASSERT_TRUE(program.says("waiting"));
  Stand stand = Stand::climb(program.pid(), Rung::kInjection, AGENT, kOrder);
  program.tree().signal(SIGUSR1);
  ASSERT_TRUE(program.says("kept"));
  const heap_file::Header header = heap_header(stand.files().at(0));
  // 20,000 blocks of 1000 bytes; the first samples come from other places, and find the library.
  EXPECT_NEAR(header.live_bytes, 2e7, 4e6);
  EXPECT_GT(header.samples, 2000U);
}

TEST(Slots, LeaveNoFileBehind) {
  Hosted program({HOSTED, "signals"});
  ASSERT_TRUE(program.says("ready"));
  std::filesystem::path file;
  {
    const Stand stand = Stand::climb(program.pid(), Rung::kInjection, AGENT, kOrder);
    file = stand.files().at(0);
    EXPECT_TRUE(std::filesystem::exists(file));
    EXPECT_EQ(best_of(plan_ladder(program.pid(), AGENT)), Rung::kAgent);
    EXPECT_THROW(Stand::climb(program.pid(), Rung::kInjection, AGENT, kOrder), Error);
  }
  EXPECT_FALSE(std::filesystem::exists(file.parent_path()));
  EXPECT_TRUE(heap_files_of(program.pid()).empty());
}

}  // namespace
}  // namespace tidemark
