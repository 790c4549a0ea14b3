#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "agent/heap_file.h"
#include "lib/process/command.h"

namespace tidemark {

// What our heap agent is told in a program that starts with it.
struct HeapAgentOptions {
  std::filesystem::path library;  // heap_agent_library()
  // The files are PREFIX.PID.tmheap, one a process; where that exists, PREFIX.PID.1.tmheap, ...
  std::filesystem::path prefix;
  std::uint64_t file_bytes = 0;   // of each; 0: the agent's default, 64 MiB
  std::uint64_t mean_bytes = 0;   // between two samples; 0: the default, 512 KiB
  std::vector<std::string> more;  // "KEY=VALUE", see docs/formats/agent.md
};

inline constexpr std::string_view kHeapFileEnd = ".tmheap";

// The agent that was built or installed with this executable; empty when it is not there.
std::filesystem::path heap_agent_library();

// `target` with the agent preloaded, before what is preloaded already. Throws Error when the
// agent cannot be told of such a prefix.
Command with_heap_agent(Command target, const HeapAgentOptions& options);

// The heap files that `pid` has mapped, as paths that we can open: also where it lives in
// another mount namespace, or the file was unlinked. Empty when it has none, or we may not look.
std::vector<std::filesystem::path> heap_files_of(pid_t pid);

// The heap files in a directory whose name begins with `start`, in the order of names.
std::vector<std::filesystem::path> heap_files_in(const std::filesystem::path& directory,
                                                 std::string_view start);

// The header of a heap file as it is now. Throws Error when it is none, or of another version.
heap_file::Header heap_header(const std::filesystem::path& file);

// Whether the agent still works on it, as far as the file says: a program that was killed says
// nothing.
bool is_at_work(const heap_file::Header& header);

// Tells the agent in a live program what to do, through its file. It reads that at its next
// sample.
class HeapControl {
 public:
  // Throws Error when the file cannot be written, is no heap file, or its agent has ended.
  explicit HeapControl(const std::filesystem::path& file);

  void mean(std::uint64_t bytes);
  void pause();
  void resume();
  void stop();   // for good
  void reset();  // forget what was allocated so far; what lives stays known
  void by_thread(bool yes);
  void max_overhead(std::uint32_t ppm);  // of the process's CPU time; 0: no limit

 private:
  void want(heap_file::Want what);
  template <class Number>
  void put(std::size_t offset, Number number);

  std::filesystem::path path_;
  std::uint32_t resets_ = 0;
};

// Copies a heap file as it is at this moment to `to`, without its empty pages; the live one
// may be going on. `to` appears when it is whole. Throws Error.
void snapshot_heap(const std::filesystem::path& file, const std::filesystem::path& to);

}  // namespace tidemark
