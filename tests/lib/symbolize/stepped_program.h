#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <string>
#include <vector>

#include "lib/model/profile.h"
#include "lib/symbolize/stack_copy.h"

namespace tidemark {

// A program that runs one instruction at a time, and whose calls are known
// without any debug information: each call instruction puts its return address
// on a list, and what the stack pointer has passed comes off it.
//
//   SteppedProgram program("/bin/true");
//   while (program.step()) { program.calls() ... }
class SteppedProgram {
 public:
  // Starts `path`, its output thrown away, and stops before the first instruction.
  explicit SteppedProgram(const std::string& path);
  ~SteppedProgram();
  SteppedProgram(const SteppedProgram&) = delete;
  SteppedProgram& operator=(const SteppedProgram&) = delete;

  // Runs one instruction; false when the program has ended.
  bool step();

  // Where the program is, then the calls that led there, innermost first.
  std::vector<std::uint64_t> calls() const;

  Registers registers() const;
  StackCopy stack();  // valid until the next call of stack()
  const std::vector<Mapping>& mappings();
  std::uint64_t mappings_id() const { return mappings_id_; }
  int exit_status() const { return exit_status_; }

 private:
  struct Call {
    std::uint64_t slot = 0;     // where the return address is
    std::uint64_t address = 0;  // inside of the call
  };

  std::string bytes_at(std::uint64_t address, std::size_t length) const;
  std::uint64_t number_at(std::uint64_t address) const;
  bool at_call() const;
  void enter_signal_frame(std::uint64_t interrupted);

  pid_t pid_ = 0;
  user_regs_struct now_{};
  std::vector<Call> calls_;
  std::string stack_;
  std::uint64_t stack_end_ = 0;
  std::vector<Mapping> mappings_;
  std::uint64_t mappings_id_ = 1;
  bool mappings_changed_ = true;
  int pending_signal_ = 0;
  int exit_status_ = -1;
};

}  // namespace tidemark
