#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// Why something cannot be done with a process, and what would make it possible.
struct Obstacle {
  std::string what;    // "it is traced by process 77 (gdb)"
  std::string remedy;  // a command where there is one; may be empty
};

// A process as far as it matters to whoever wants to load a library into it.
struct TargetFacts {
  pid_t pid = 0;
  pid_t inner_pid = 0;  // its own view of it, in its namespace of pids
  char state = '?';     // as in ProcessStatus
  uid_t user = 0;       // that it makes files as
  gid_t group = 0;
  pid_t tracer = 0;  // 0: none
  std::string tracer_name;
  std::string user_stack_guard;  // "shstk" where returns are checked by the processor
  pid_t filtered_thread = 0;     // one whose system calls seccomp restricts; 0: none
  bool may_trace = true;         // whether the kernel would let us
  int why_not_errno = 0;         // when not
  bool has_more_rights = false;  // than its user: setuid, setgid, or by capabilities of its file
  int yama = 0;                  // kernel.yama.ptrace_scope; 0 also where there is no Yama
  enum class Program : std::uint8_t { kGlibc, kMusl, kStatic, kOther32Bit, kNotElf, kUnknown };
  Program program = Program::kUnknown;
};

// Throws Error when there is no such process.
TargetFacts facts_of(pid_t pid);

// What keeps us from injecting into it, the most telling first; nothing: it can be tried.
std::optional<Obstacle> injection_obstacle(const TargetFacts& facts);

// The kind of program whose ELF file begins with `head` and has `modules` mapped, by their
// file names; none when they may not be known.
TargetFacts::Program kind_of_program(std::string_view head,
                                     const std::vector<std::string>& modules);

}  // namespace tidemark
