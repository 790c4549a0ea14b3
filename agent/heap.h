#pragma once

// The heap file that the process writes at present, and how it is made.
//
// The agent's only memory that points into the file is `heap`. It lies in a page of its own
// that the kernel empties in a child of fork, and the file is not mapped there: however the
// child was made, it finds no file, and makes one of its own when it takes its first sample.

#include <cstdint>

#include "agent/heap_file.h"
#include "agent/live_table.h"
#include "agent/stack_memo.h"
#include "agent/stack_trie.h"
#include "agent/throttle.h"

namespace tidemark::agent {

enum class Status : std::uint32_t { kNone, kBeingMade, kOpen, kFailed };

struct alignas(4096) Heap {
  std::uint32_t status;  // Status
  std::uint32_t pid;     // 0: of a child of fork, which has not asked for its own yet
  std::uint32_t module_count;
  heap_file::Header* header;  // null: there is no file
  heap_file::Module* modules;
  StackTrie stacks;
  StackMemo recent_stacks;
  heap_file::Site* sites;
  std::uint32_t site_count;
  std::uint32_t next_site;
  LiveTable live;
  heap_file::ThreadName* thread_names;
  std::uint32_t thread_name_count;
  // When the agent's cost was last compared with the process's.
  Throttle throttle;
  std::uint64_t compared_ns;
  std::uint64_t compared_agent_ns;
  std::uint64_t compared_cpu_ns;
};

// NOLINTNEXTLINE(bugprone-dynamic-static-initializers): it is constinit.
extern Heap heap;

}  // namespace tidemark::agent
