#include "tests/lib/symbolize/stepped_program.h"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "lib/base/numbers.h"
#include "lib/symbolize/mapped_file.h"

namespace tidemark {
namespace {

// "7f00-7f10 r-xp 00001000 fe:00 12 /lib/x.so"; the end of "[stack]" as well.
std::vector<Mapping> read_mappings(pid_t pid, std::uint64_t& stack_end) {
  const std::optional<ElfFile> vdso = running_vdso();
  std::vector<Mapping> mappings;
  std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string range;
    std::string rights;
    std::string offset;
    std::string ignored;
    Mapping mapping;
    words >> range >> rights >> offset >> ignored >> ignored >> std::ws;
    std::getline(words, mapping.path);
    const std::size_t dash = range.find('-');
    mapping.start = to_hex(range.substr(0, dash)).value();
    mapping.end = to_hex(range.substr(dash + 1)).value();
    mapping.offset = to_hex(offset).value();
    if (mapping.path == "[stack]") stack_end = mapping.end;
    if (mapping.path == "[vdso]" && vdso) mapping.build_id = vdso->build_id();
    if (rights[2] == 'x') mappings.push_back(mapping);
  }
  return mappings;
}

}  // namespace

SteppedProgram::SteppedProgram(const std::string& path) : pid_(fork()) {
  if (pid_ == 0) {
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDOUT_FILENO);
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    const char* const environment[] = {"LANG=C", nullptr};
    execle(path.c_str(), path.c_str(), nullptr, environment);
    _exit(127);
  }
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_ || !WIFSTOPPED(status)) {
    pid_ = 0;
    throw std::runtime_error("cannot run " + path);
  }
  ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_EXITKILL);
  ptrace(PTRACE_GETREGS, pid_, nullptr, &now_);
}

SteppedProgram::~SteppedProgram() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool SteppedProgram::step() {
  const user_regs_struct before = now_;
  const bool calls = at_call();
  const int signal = pending_signal_;
  pending_signal_ = 0;
  int status = 0;
  ptrace(PTRACE_SINGLESTEP, pid_, nullptr, signal);
  if (waitpid(pid_, &status, 0) != pid_ || !WIFSTOPPED(status)) {
    exit_status_ = status;
    pid_ = 0;
    return false;
  }
  ptrace(PTRACE_GETREGS, pid_, nullptr, &now_);
  if (WSTOPSIG(status) != SIGTRAP) pending_signal_ = WSTOPSIG(status);
  while (!calls_.empty() && calls_.back().slot < now_.rsp) calls_.pop_back();
  // A signal that is ignored leaves no frame; a frame with its ucontext is large.
  if (signal != 0 && now_.rsp + sizeof(ucontext_t) < before.rsp) {
    enter_signal_frame(before.rip);
  } else if (calls && now_.rsp == before.rsp - 8) {
    calls_.push_back({.slot = now_.rsp, .address = number_at(now_.rsp) - 1});
  }
  // Only mmap and the like change what is mapped; rax and rcx tell of a system call.
  const bool called_kernel = now_.rcx == now_.rip && now_.rip == before.rip + 2;
  if (called_kernel) mappings_changed_ = true;
  return true;
}

// The kernel has pushed a ucontext, and below it the address of sigreturn's stub.
void SteppedProgram::enter_signal_frame(std::uint64_t interrupted) {
  const std::uint64_t slot = now_.rsp + 8 + offsetof(ucontext_t, uc_mcontext.gregs[REG_RIP]);
  calls_.push_back({.slot = slot, .address = interrupted});
  calls_.push_back({.slot = now_.rsp, .address = number_at(now_.rsp) - 1});
}

bool SteppedProgram::at_call() const {
  const std::string code = bytes_at(now_.rip, 8);
  std::size_t at = 0;
  const auto byte = [&](std::size_t i) {
    return i < code.size() ? static_cast<unsigned char>(code[i]) : 0U;
  };
  while (byte(at) == 0xF2 || byte(at) == 0x3E || byte(at) == 0x66 || (byte(at) & 0xF0U) == 0x40) {
    ++at;
  }
  return byte(at) == 0xE8 || (byte(at) == 0xFF && (byte(at + 1) >> 3U & 7U) == 2);
}

std::vector<std::uint64_t> SteppedProgram::calls() const {
  std::vector<std::uint64_t> addresses{now_.rip};
  for (std::size_t i = calls_.size(); i-- > 0;) addresses.push_back(calls_[i].address);
  return addresses;
}

Registers SteppedProgram::registers() const {
  const std::uint64_t values[] = {now_.rax, now_.rdx, now_.rcx, now_.rbx, now_.rsi, now_.rdi,
                                  now_.rbp, now_.rsp, now_.r8,  now_.r9,  now_.r10, now_.r11,
                                  now_.r12, now_.r13, now_.r14, now_.r15, now_.rip};
  Registers registers;
  for (std::size_t i = 0; i < Registers::kCount; ++i) registers.set(i, values[i]);
  return registers;
}

const std::vector<Mapping>& SteppedProgram::mappings() {
  if (!mappings_changed_) return mappings_;
  mappings_changed_ = false;
  std::vector<Mapping> fresh = read_mappings(pid_, stack_end_);
  if (fresh != mappings_) ++mappings_id_;
  mappings_ = std::move(fresh);
  return mappings_;
}

StackCopy SteppedProgram::stack() {
  mappings();
  stack_ = bytes_at(now_.rsp, stack_end_ > now_.rsp ? stack_end_ - now_.rsp : 0);
  return {.bytes = stack_, .start = now_.rsp};
}

std::string SteppedProgram::bytes_at(std::uint64_t address, std::size_t length) const {
  std::string bytes(length, '\0');
  iovec ours{.iov_base = bytes.data(), .iov_len = length};
  iovec theirs{.iov_base = reinterpret_cast<void*>(address), .iov_len = length};
  const ssize_t got = process_vm_readv(pid_, &ours, 1, &theirs, 1, 0);
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

std::uint64_t SteppedProgram::number_at(std::uint64_t address) const {
  std::uint64_t number = 0;
  const std::string bytes = bytes_at(address, sizeof number);
  if (bytes.size() == sizeof number) std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

}  // namespace tidemark
