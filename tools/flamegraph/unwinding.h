#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "lib/symbolize/unwinder.h"
#include "parsers/perf_data.h"

namespace tidemark::flamegraph {

// Unwinds the stack copies of a perf.data: what joins its parser, which knows
// perf's registers and mappings, with the unwinder, which knows DWARF's.
//
//   Unwinding unwinding;
//   parse_perf_data(input, {.unwinder = unwinding.maker()});
//   unwinding.warnings()
//
// Must outlive the parse.
class Unwinding {
 public:
  // `root`: where the files of the machine that was profiled are; empty: it is this one.
  explicit Unwinding(std::filesystem::path root = {}) : root_(std::move(root)) {}

  // What parse_perf_data asks for an Unwind for each of its threads.
  std::function<Unwind()> maker();

  // What could not be read, and how many stacks are not whole; sorted, so that it does
  // not depend on the number of threads.
  std::vector<std::string> warnings() const;

 private:
  std::filesystem::path root_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Unwinder>> unwinders_;
};

}  // namespace tidemark::flamegraph
