#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/id_table.h"
#include "lib/model/profile.h"
#include "lib/symbolize/stack_copy.h"

namespace tidemark {

class Cfi;
struct CfiRow;

// Finds the calls that led to a place, from a copy of a thread's registers and
// of the top of its stack: what a debugger does, without the process. x86-64.
//
// Each frame's caller is found by the call frame information of the file that
// is mapped there; where there is none (code made at run time, a file that is
// gone or was replaced), by the frame pointer, if that leads to a plausible
// caller. The rules for an address are kept, so that a frame seen before costs
// little more than reading its saved registers.
//
// Whatever the registers, the stack and the files hold, unwind() ends, and gives
// at most kDeepest addresses. Not for use by two threads at a time.
class Unwinder {
 public:
  static constexpr std::size_t kDeepest = 8192;

  struct Thread {
    Registers registers;
    StackCopy stack;
    // What is mapped at an address, if anything is. Asked only for addresses that are new.
    std::function<std::optional<Mapping>(std::uint64_t)> mapping_at;
    // Threads with equal numbers have equal mappings.
    std::uint64_t mappings_id = 0;
  };

  struct Places {
    std::vector<std::filesystem::path> debug_directories = {"/usr/lib/debug"};
    std::filesystem::path build_cache;  // where perf keeps files by build id
    std::filesystem::path root;         // of all files that were mapped; empty: as they are
  };

  // How the stacks ended.
  struct Counts {
    std::int64_t whole = 0;     // at the outermost frame
    std::int64_t cut = 0;       // at the end of the copy: more calls are missing
    std::int64_t unknown = 0;   // in code without call frame information
    std::int64_t nonsense = 0;  // where it led nowhere, or back into the stack
  };

  Unwinder();  // with perf's usual cache, ~/.debug
  explicit Unwinder(Places places);
  ~Unwinder();
  Unwinder(Unwinder&&) noexcept;
  Unwinder& operator=(Unwinder&&) noexcept;
  Unwinder(const Unwinder&) = delete;
  Unwinder& operator=(const Unwinder&) = delete;

  // Adds to `addresses` where the thread was, then the calls that led there,
  // innermost first. A call is given by an address inside of it (the return
  // address less one).
  void unwind(const Thread& thread, std::vector<std::uint64_t>& addresses);

  const Counts& counts() const { return counts_; }

  // The files that could not be read and why, one line each.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Module;
  struct Step;
  enum class Outcome;
  // The rules of one address in one set of mappings.
  struct Known {
    std::uint64_t address = 0;
    std::uint64_t mappings_id = 0;
    const CfiRow* row = nullptr;
    Cfi* cfi = nullptr;
    bool filled = false;
  };

  const Known& known_at(const Thread& thread, std::uint64_t address);
  Cfi* module_of(const Mapping& mapping);
  void open(Module& module);
  void count(Outcome outcome);

  Places places_;
  std::vector<Known> known_;  // at a place that follows from the address
  std::vector<std::unique_ptr<Module>> modules_;
  IdTable module_ids_;
  Counts counts_;
  std::vector<std::string> warnings_;
};

}  // namespace tidemark
