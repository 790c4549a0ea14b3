#include "lib/process/heap_agent.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "tests/parsers/heap_file_writer.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A directory with a heap file of 1 MiB and more, most of it empty.
class HeapAgent : public testing::Test {
 protected:
  HeapAgent() {
    std::string name = (fs::temp_directory_path() / "heap-agent-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    file_ = directory_ / "heap.4711.tmheap";
    HeapFileWriter writer;
    writer.nodes.resize(100'000);
    writer.block(writer.site(writer.call(0, 0x1100)), 1000);
    write_file(file_, writer.bytes());
  }
  ~HeapAgent() override { fs::remove_all(directory_); }
  HeapAgent(const HeapAgent&) = delete;
  HeapAgent& operator=(const HeapAgent&) = delete;

  const fs::path& file() const { return file_; }
  const fs::path& directory() const { return directory_; }
  heap_file::Control control() const { return heap_header(file_).control; }

 private:
  fs::path directory_;
  fs::path file_;
};

std::string error_of(const auto& act) {
  try {
    act();
    return "no error";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST_F(HeapAgent, WritesWhatTheAgentIsToDo) {
  HeapControl agent(file());
  agent.mean(65536);
  agent.max_overhead(10'000);
  agent.by_thread(true);
  agent.pause();
  agent.reset();
  agent.reset();
  EXPECT_EQ(control().mean_bytes, 65536U);
  EXPECT_EQ(control().max_overhead_ppm, 10'000U);
  EXPECT_EQ(control().by_thread, 1U);
  EXPECT_EQ(control().want, static_cast<std::uint32_t>(heap_file::Want::kPause));
  EXPECT_EQ(control().reset, 2U);
  agent.resume();
  EXPECT_EQ(control().want, static_cast<std::uint32_t>(heap_file::Want::kSample));
  agent.stop();
  EXPECT_EQ(control().want, static_cast<std::uint32_t>(heap_file::Want::kStop));
}

TEST_F(HeapAgent, NobodyIsThereToObeyInAFileWhoseAgentHasEnded) {
  HeapFileWriter writer;
  writer.header.state = static_cast<std::uint32_t>(heap_file::State::kEnded);
  write_file(file(), writer.bytes());
  EXPECT_THAT(error_of([&] { HeapControl{file()}; }), HasSubstr("its agent has ended"));
}

TEST_F(HeapAgent, WritesIntoNoOtherFile) {
  write_file(file(), std::string(10'000, 'x'));
  EXPECT_THAT(error_of([&] { HeapControl{file()}; }), HasSubstr("not a heap file"));
  write_file(file(), HeapFileWriter().bytes().substr(0, 100));
  EXPECT_THAT(error_of([&] { HeapControl{file()}; }), HasSubstr("ends inside its header"));
  EXPECT_THAT(error_of([&] { heap_header("/dev/zero"); }), HasSubstr("regular file"));
}

TEST_F(HeapAgent, ASnapshotHasTheSameBytesAndLeavesOutEmptyPages) {
  const fs::path copy = directory() / "copy.tmheap";
  snapshot_heap(file(), copy);
  EXPECT_EQ(read_file(copy).bytes(), read_file(file()).bytes());
  struct stat found {};
  ASSERT_EQ(::stat(copy.c_str(), &found), 0);
  EXPECT_GT(found.st_size, 1'000'000);
  EXPECT_LT(found.st_blocks * 512, 100'000);
}

TEST_F(HeapAgent, FindsTheFileThatAProcessHasMapped) {
  EXPECT_THAT(heap_files_of(::getpid()), IsEmpty());
  const Descriptor fd(::open(file().c_str(), O_RDWR | O_CLOEXEC));
  void* const mapped = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd.get(), 0);
  EXPECT_THAT(heap_files_of(::getpid()), ElementsAre(file()));
  ::munmap(mapped, 4096);
}

TEST_F(HeapAgent, FindsAFileThatWasUnlinked) {
  const std::string before(read_file(file()).bytes().substr(0, 4096));
  const Descriptor fd(::open(file().c_str(), O_RDWR | O_CLOEXEC));
  void* const mapped = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd.get(), 0);
  fs::remove(file());
  const std::vector<fs::path> found = heap_files_of(::getpid());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(heap_header(found[0]).pid, 4711U);
  ::munmap(mapped, 4096);
}

TEST_F(HeapAgent, ListsTheFilesOfARun) {
  write_file(directory() / "heap.1.tmheap", "");
  write_file(directory() / "heap.1.txt", "");
  write_file(directory() / "other.1.tmheap", "");
  EXPECT_THAT(heap_files_in(directory(), "heap."),
              ElementsAre(directory() / "heap.1.tmheap", file()));
}

TEST(HeapAgentCommand, PreloadsTheAgentBeforeWhatIsPreloaded) {
  const Command command = with_heap_agent(
      {.arguments = {"server"}, .environment = {{"LD_PRELOAD", "/lib/libjemalloc.so.2"}}},
      {.library = "/opt/libtidemark_heap.so",
       .prefix = "/tmp/heap",
       .file_bytes = 1 << 20,
       .mean_bytes = 4096,
       .more = {"depth=8"}});
  EXPECT_EQ(command.environment.at("LD_PRELOAD"), "/opt/libtidemark_heap.so:/lib/libjemalloc.so.2");
  EXPECT_EQ(command.environment.at("TIDEMARK_HEAP"),
            "file=/tmp/heap,size=1048576,mean=4096,depth=8");
}

TEST(HeapAgentCommand, RefusesAPrefixThatTheAgentCannotRead) {
  EXPECT_THAT(error_of([] { with_heap_agent({}, {.prefix = "/tmp/a,b"}); }),
              HasSubstr("the path has a comma"));
}

}  // namespace
}  // namespace tidemark
