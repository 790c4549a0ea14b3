#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "lib/process/command.h"

namespace tidemark::leakwatch {

// How a source gives the heap of a process.
enum class HeapAccess : std::uint8_t {
  kOnRequest,  // it writes a file when it is asked
  kLive,       // it keeps a file that may be copied at any moment
  kLadder,     // as the best way to a process that runs says (heap_stands.h)
};

// What a source is told of a soak.
struct HeapWish {
  std::filesystem::path raw;           // where its files go
  std::uint64_t mean_bytes = 0;        // between two samples; 0: its default
  std::uint32_t max_overhead_ppm = 0;  // of the target's CPU time; 0: its default
};

// Something that yields the heap of a live process now, as a file that a parser of ours
// reads. To add one, define a HeapSource in its own file and list it in heap_source.cpp.
struct HeapSource {
  std::string_view name;     // for --sites
  std::string_view summary;  // one line
  HeapAccess access = HeapAccess::kOnRequest;

  // The command of a target that we start, so that it can be looked into. Throws Error when
  // what it needs is not installed.
  Command (*wrap)(Command target, const HeapWish& wish);

  // kOnRequest: asks one process, which will write a new file, or one of its former files
  // again, with this ending; `mark` stands in it only when it is whole. False when it cannot
  // be asked (not yet, or not at all).
  bool (*ask)(pid_t pid) = nullptr;
  std::string_view ending = {};
  std::string_view mark = {};
};

std::span<const HeapSource* const> heap_sources();

// The one of that name. REQUIRES: it is one of kHeapSourceChoices.
const HeapSource& heap_source_named(std::string_view name);
inline constexpr std::string_view kHeapSourceChoices = "heap|auto|gperftools";

extern constinit const HeapSource kHeapAgentSource;
extern constinit const HeapSource kLadderSource;
extern constinit const HeapSource kGperftoolsSource;

}  // namespace tidemark::leakwatch
