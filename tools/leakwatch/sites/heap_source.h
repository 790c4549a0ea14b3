#pragma once

#include <sys/types.h>

#include <filesystem>
#include <span>
#include <string_view>

#include "lib/process/command.h"

namespace tidemark::leakwatch {

// Something that yields the heap of a live process now, as a file that a parser of ours
// reads. To add one, define a HeapSource in its own file and list it in heap_source.cpp.
struct HeapSource {
  std::string_view name;     // for --sites
  std::string_view summary;  // one line
  std::string_view ending;   // of the files that it writes: ".heap"
  std::string_view mark;     // what stands in a file only when it is whole

  // The target's command so that it can be asked; its files go to `raw`. Throws Error
  // when what it needs is not installed.
  Command (*wrap)(Command target, const std::filesystem::path& raw);

  // Asks one process, which will write a new file, or one of its former files again.
  // False when it cannot be asked (not yet, or not at all).
  bool (*ask)(pid_t pid);
};

std::span<const HeapSource* const> heap_sources();

// The one of that name. REQUIRES: it is one of kHeapSourceChoices.
const HeapSource& heap_source_named(std::string_view name);
inline constexpr std::string_view kHeapSourceChoices = "gperftools";

extern constinit const HeapSource kGperftoolsSource;

}  // namespace tidemark::leakwatch
