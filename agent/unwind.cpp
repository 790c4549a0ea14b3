#include "agent/unwind.h"

#include <sys/auxv.h>
#include <sys/syscall.h>

#include <cerrno>

#include "agent/cfi.h"
#include "agent/modules.h"
#include "agent/rule_cache.h"

namespace tidemark::agent {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kLargestGap = 64 * kPage;
constexpr std::uint64_t kOffsetBits = 48;
constexpr std::uint64_t kOffsetMask = (1ULL << kOffsetBits) - 1;

struct Registers {
  std::uint64_t values[kRegisters];
};

// Whether the eight bytes at `address` can be read: rt_sigprocmask copies its argument before
// it finds that -1 is not a thing to do. Any program may call it.
bool is_readable(std::uint64_t address) {
  long result = SYS_rt_sigprocmask;
  register long size asm("r10") = 8;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(-1L), "S"(address), "d"(0L), "r"(size)
               : "rcx", "r11", "memory");
  return result != -EFAULT;
}

// Reads what a frame saved. Right call frame information never leads outside the stack; what
// another's hand wrote may.
bool read_word(std::uint64_t address, StackBounds& bounds, std::uint64_t& word) {
  if (address % 8 != 0) return false;
  if (address < bounds.low || address + 8 > bounds.high) {
    if (!is_readable(address)) return false;
    // Between two frames of a stack there is nothing but stack.
    const std::uint64_t page = address / kPage * kPage;
    if (page >= bounds.high && page - bounds.high <= kLargestGap)
      bounds.high = page + kPage;
    else
      bounds = {page, page + kPage};
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address on the stack.
  word = *reinterpret_cast<const std::uint64_t*>(address);
  return true;
}

bool caller_of(const FrameRules& rules, StackBounds& bounds, Registers& registers) {
  const Registers callee = registers;
  std::uint64_t frame = callee.values[rules.frame.base] +
                        static_cast<std::uint64_t>(std::int64_t{rules.frame.offset});
  if (rules.frame.kept == Kept::kAtRegister && !read_word(frame, bounds, frame)) return false;
  // A caller's frame lies above, but for one that was interrupted on another stack.
  if (frame <= callee.values[kRsp] && !rules.signal) return false;
  for (int which = 0; which < kRsp; ++which) {
    const Rule& rule = rules.registers[which];
    if (rule.kept == Kept::kSame || rule.kept == Kept::kLost) continue;
    const std::uint64_t base = rule.kept == Kept::kAtFrame ? frame : callee.values[rule.base];
    const std::uint64_t at = base + static_cast<std::uint64_t>(std::int64_t{rule.offset});
    if (!read_word(at, bounds, registers.values[which])) return false;
  }
  registers.values[kRsp] = frame;
  return rules.registers[kRip].kept != Kept::kSame;
}

// Code without call frame information, such as what a program generates while it runs, may
// keep the chain of frame pointers. It is believed when it leads to known code.
bool caller_by_frame_pointer(StackBounds& bounds, Registers& registers) {
  constexpr std::uint64_t kLargestFrame = 1ULL << 20;
  const std::uint64_t frame = registers.values[kRbp];
  std::uint64_t pointer = 0;
  std::uint64_t back = 0;
  if (frame < registers.values[kRsp] || frame - registers.values[kRsp] > kLargestFrame)
    return false;
  if (!read_word(frame, bounds, pointer) || !read_word(frame + 8, bounds, back)) return false;
  if (module_at(back - 1) == kUnknownModule) return false;
  registers.values[kRbp] = pointer;
  registers.values[kRip] = back;
  registers.values[kRsp] = frame + 16;
  return true;
}

std::uint64_t loader_bias() {
  static constinit std::uint64_t bias = 0;
  if (bias == 0) bias = getauxval(AT_BASE);
  return bias;
}

enum class Step { kCaller, kOutermost, kLost };

// One frame: its place, and its caller's registers.
struct Walk {
  Registers registers{};
  bool exact = false;  // was interrupted: its address is no return address
  std::uint64_t place = 0;

  Step step(StackBounds& bounds) {
    const std::uint64_t address = registers.values[kRip] - (exact ? 0 : 1);
    const std::uint32_t number = module_at(address);
    if (number == kUnknownModule) {
      place = (heap_file::kNoModule << kOffsetBits) | (address & kOffsetMask);
      return step_without_rules(bounds, Step::kLost);
    }
    const LoadedModule& module = loaded_module(number);
    place = (std::uint64_t{number} << kOffsetBits) | ((address - module.bias) & kOffsetMask);
    FrameRules rules;
    if (!rules_at(module, address, rules)) {
      // The loader starts a program, in code that has no description.
      return step_without_rules(bounds,
                                module.bias == loader_bias() ? Step::kOutermost : Step::kLost);
    }
    if (rules.outermost) return Step::kOutermost;
    exact = rules.signal;
    if (!caller_of(rules, bounds, registers)) return Step::kLost;
    return registers.values[kRip] == 0 ? Step::kOutermost : Step::kCaller;
  }

  bool rules_at(const LoadedModule& module, std::uint64_t address, FrameRules& rules) const {
    if (find_rules(place, rules)) return true;
    if (!read_frame_rules({module.unwind_table, module.end}, address, rules)) return false;
    keep_rules(place, rules);
    return true;
  }

  Step step_without_rules(StackBounds& bounds, Step otherwise) {
    exact = false;
    return caller_by_frame_pointer(bounds, registers) ? Step::kCaller : otherwise;
  }
};

// Of the place where it is inlined.
[[gnu::always_inline]] inline void read_registers(Registers& registers) {
  std::uint64_t* values = registers.values;
  asm volatile(
      "movq %%rbx, 0(%0)\n\t"
      "movq %%rbp, 8(%0)\n\t"
      "movq %%r12, 16(%0)\n\t"
      "movq %%r13, 24(%0)\n\t"
      "movq %%r14, 32(%0)\n\t"
      "movq %%r15, 40(%0)\n\t"
      "leaq 0(%%rip), %%rcx\n\t"
      "movq %%rcx, 48(%0)\n\t"
      "movq %%rsp, 56(%0)"
      :
      : "r"(values)
      : "rcx", "memory");
}

}  // namespace

[[gnu::noinline]] void unwind(Stack& stack, StackBounds& bounds) {
  Walk walk;
  read_registers(walk.registers);
  walk.exact = true;
  // The stack pointer's page is readable, and what was found to be readable above it on the
  // same stack still is.
  const std::uint64_t here = walk.registers.values[kRsp] / kPage * kPage;
  if (here < bounds.low && bounds.low - here <= kLargestGap)
    bounds.low = here;
  else if (here < bounds.low || here >= bounds.high)
    bounds = {here, here + kPage};
  bool own = true;
  for (;;) {
    const std::uint64_t address = walk.registers.values[kRip];
    own = own && is_own_code(address);
    if (!own && stack.frames == stack.limit) {
      stack.cut = true;
      return;
    }
    const Step step = walk.step(bounds);
    if (!own) stack.places[stack.frames++] = walk.place;
    if (step == Step::kCaller) continue;
    stack.cut = stack.cut || step == Step::kLost;
    return;
  }
}

}  // namespace tidemark::agent
