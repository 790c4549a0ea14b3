#pragma once

// The layout of a heap file: what the agent writes inside a program and everybody else reads.
//
// The file has a fixed size and is mapped by the program that it tells of. It may be read, or
// copied, at any moment, also after the program was killed: every number is written as a
// whole, and what consists of several carries a check. Numbers are little endian. What each
// section means, and how to compute an estimate of it, stands in docs/formats/agent.md.
//
// A program has a heap file, PREFIX.PID.tmheap, from its first sample on: one that allocates
// little may leave none. It has one at once where something is in the way (Header::trouble).
// A child of fork makes its own in the same way; after exec the number of the process is
// followed by another: PREFIX.PID.1.tmheap.
//
// This header is all that the agent and its readers share; it needs nothing but the standard
// library's types.

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace tidemark::heap_file {

inline constexpr char kMagic[8] = {'T', 'M', 'H', 'E', 'A', 'P', '\r', '\n'};
inline constexpr std::uint32_t kVersion = 1;

enum class State : std::uint32_t {
  kBeingMade = 0,  // the sections are not there yet
  kSampling = 1,
  kPaused = 2,
  kStopped = 3,   // for good: by Want::kStop, or the agent was detached
  kEnded = 4,     // the program called exit
  kReplaced = 5,  // the program called exec; the new one has a file of its own
};

enum class Origin : std::uint32_t {
  kPreloaded = 1,  // there from the start of the program
  kInjected = 2,   // came later: what was allocated before is not known
  kForked = 3,     // of a child: what it inherited is in its parent's file
};

// What the reader of the file wants; it is written into the header of the live file.
enum class Want : std::uint32_t { kSample = 0, kPause = 1, kStop = 2 };

struct Section {
  std::uint64_t offset;      // from the start of the file
  std::uint64_t count;       // of entries
  std::uint64_t entry_size;  // bytes; larger than the struct below in a later version
};

// The words by which a tool controls the agent, in its header. The agent reads them at its
// next sample.
struct Control {
  std::uint32_t want;              // Want
  std::uint32_t by_thread;         // 1: the outermost frame is the name of the thread
  std::uint64_t mean_bytes;        // between two samples; 0: as it is
  std::uint32_t reset;             // one more: forget what was counted so far
  std::uint32_t max_overhead_ppm;  // of the process's CPU time; 0: no limit
};

struct Header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t state;  // State
  std::uint64_t file_size;
  std::uint32_t pid;  // as the program itself sees it
  std::uint32_t parent_pid;
  std::uint32_t origin;  // Origin
  std::uint32_t unused;
  std::uint64_t opened_ns;           // CLOCK_MONOTONIC
  std::uint64_t opened_realtime_ns;  // the same moment, since 1970
  char command[256];                 // of the program, cut; NUL at the end
  char allocator[256];               // path of the module that allocates
  char trouble[256];                 // why less than everything is seen; empty: all is

  Section modules;       // Module
  Section nodes;         // Node; number 0 is the root
  Section sites;         // Site
  Section live_keys;     // std::uint64_t: addresses of sampled blocks
  Section live;          // Live: what is known of the block at the same place
  Section thread_names;  // ThreadName

  std::uint64_t mean_bytes;     // at present; more than wanted when the agent throttles itself
  std::uint64_t samples;        // blocks sampled, since the start, resets or not
  std::uint64_t freed;          // of them, freed again
  std::uint64_t last_ns;        // CLOCK_MONOTONIC of the last sample or free of one
  std::uint64_t agent_ns;       // time spent in taking samples, by the clock
  std::uint64_t cpu_ns;         // CPU time of the process when agent_ns was last compared
  std::uint64_t lost_live;      // blocks not sampled, since `live` is full
  std::uint64_t lost_nodes;     // samples that have a cut stack, since `nodes` is full
  std::uint64_t lost_sites;     // samples without a site (0xffffffff), since `sites` is full
  std::uint64_t lost_nested;    // samples not taken: the agent was at work on the same thread
  std::uint64_t cut_stacks;     // deeper than the limit, or the unwinder gave up
  std::uint64_t slots_patched;  // of import tables, when injected
  double live_bytes;            // the estimate of all that lives
  double peak_bytes;            // the largest that it ever was
  std::uint64_t peak_ns;
  std::uint32_t peak_epoch;  // grows by one at each new peak
  std::uint32_t generation;  // Control::reset, as far as it was carried out
  std::uint64_t reset_ns;    // when; 0: never

  Control control;
};
inline constexpr std::size_t kHeaderBytes = 4096;
static_assert(sizeof(Header) <= kHeaderBytes);

inline constexpr std::size_t kPathBytes = 384;
inline constexpr std::size_t kBuildIdBytes = 32;

// A mapped file with code. A slot is never used again: after dlclose and dlopen of the same
// library there are two.
struct Module {
  std::uint32_t ready;  // 1: the rest is written
  std::uint32_t build_id_size;
  std::uint8_t build_id[kBuildIdBytes];
  std::uint64_t bias;     // address = bias + address in the file
  std::uint64_t start;    // of its addresses in the process
  std::uint64_t end;      // one past them
  std::uint64_t gone_ns;  // when it was found to be unloaded; 0: still there
  char path[kPathBytes];  // NUL at the end; one that is longer keeps its end
  std::int64_t shift;     // of its code: offset in the file = address in the file + shift
};

// One frame under its caller. `place` is the number of the module in the upper 16 bits and the
// address in its file in the lower 48: of the last byte of the call, so that the line found
// for it is the call's.
struct Node {
  std::uint64_t place;
  std::uint32_t caller;  // 0: empty; 1: being written; else number of the caller + 2
  std::uint32_t site;    // number + 1 of the site that ends here; 0: none
};
inline constexpr std::uint64_t kNoModule = 0xffff;    // the lower bits are the address itself
inline constexpr std::uint64_t kThreadName = 0xfffe;  // the lower bits are a thread name's number

// Upper bounds of the ages at which sampled blocks were freed, in nanoseconds; the last
// bucket has none.
inline constexpr std::uint64_t kAgeBounds[] = {
    1'000'000,      10'000'000,      100'000'000,       1'000'000'000,      10'000'000'000,
    60'000'000'000, 600'000'000'000, 3'600'000'000'000, 21'600'000'000'000, 86'400'000'000'000};
inline constexpr std::size_t kAges = 11;

// The sums of one allocation site since the start, or since the last reset.
struct Site {
  std::uint32_t node;  // of its innermost frame; 0: the slot is empty
  std::uint32_t
      generation;  // of the header's when it was last touched; an older one has 0 everywhere
  std::uint64_t samples;
  std::uint64_t freed;
  double bytes;             // estimate of all that was allocated: sum of size / p
  double objects;           // sum of 1 / p
  double bytes_variance;    // sum of size^2 (1 - p) / p^2
  double objects_variance;  // sum of (1 - p) / p^2
  double freed_bytes;
  double freed_objects;
  double live_bytes;  // bytes of samples that live, resets or not
  double live_objects;
  double peak_bytes;    // live_bytes at the peak of the whole, when peak_epoch is the header's;
  double peak_objects;  // else live_bytes and live_objects are
  std::uint32_t peak_epoch;
  std::uint32_t unused;
  std::uint64_t freed_at_age[kAges];  // samples
  double freed_bytes_at_age[kAges];   // estimate
};

// A sampled block that lives. p = 1 - exp(-size / mean).
struct Live {
  std::uint64_t size;     // bytes asked for
  std::uint64_t born_ns;  // CLOCK_MONOTONIC
  float mean;             // bytes between two samples when it was drawn
  std::uint32_t site;
  std::uint32_t tid;
  std::uint32_t check;  // check_of(address, the rest); another: it is being written
};
inline constexpr std::uint64_t kFreeKey = 0;
inline constexpr std::uint64_t kKeyBeingWritten = 1;

struct ThreadName {
  char name[16];  // NUL at the end; empty: the slot is
};

// The check of a live block: any mixture of them that was not written together fails, but
// for one in 2^32.
constexpr std::uint32_t check_of(std::uint64_t address, const Live& live, std::uint32_t mean_bits) {
  std::uint64_t mixed = address;
  for (const std::uint64_t part :
       {live.size, live.born_ns, (std::uint64_t{mean_bits} << 32) | live.site,
        std::uint64_t{live.tid}}) {
    mixed = (mixed ^ part) * 0x9e3779b97f4a7c15;
    mixed ^= mixed >> 32;
  }
  return static_cast<std::uint32_t>(mixed);
}

}  // namespace tidemark::heap_file
