#include "lib/symbolize/cfi_expression.h"

#include <dwarf.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace tidemark {
namespace {

// PLT stubs take 9 steps; a loop may come from a damaged file.
constexpr int kMostSteps = 1000;

// An operation with two numbers of up to 10 bytes each.
constexpr std::uint64_t kLongestOperation = 21;

class Evaluation {
 public:
  Evaluation(std::span<const Dwarf_Op> expression, const CfiMachine& machine)
      : expression_(expression), machine_(machine) {}

  std::optional<std::uint64_t> run() {
    for (int steps = 0; at_ < expression_.size(); ++steps) {
      if (steps == kMostSteps) return std::nullopt;
      const Dwarf_Op& op = expression_[at_++];
      if (!step(op) || failed_) return std::nullopt;
    }
    const std::uint64_t value = pop();
    if (failed_) return std::nullopt;
    return value;
  }

 private:
  void push(std::uint64_t value) {
    if (size_ == stack_.size()) {
      failed_ = true;
    } else {
      stack_[size_++] = value;
    }
  }

  std::uint64_t pop() {
    if (size_ == 0) {
      failed_ = true;
      return 0;
    }
    return stack_[--size_];
  }

  bool step(const Dwarf_Op& op) {
    return constant(op) || memory(op) || order(op) || unary(op) || binary(op) || jump(op);
  }

  bool constant(const Dwarf_Op& op) {
    if (op.atom >= DW_OP_lit0 && op.atom <= DW_OP_lit31) {
      push(op.atom - DW_OP_lit0);
      return true;
    }
    switch (op.atom) {
      case DW_OP_addr:
      case DW_OP_const1u:
      case DW_OP_const1s:
      case DW_OP_const2u:
      case DW_OP_const2s:
      case DW_OP_const4u:
      case DW_OP_const4s:
      case DW_OP_const8u:
      case DW_OP_const8s:
      case DW_OP_constu:
      case DW_OP_consts:
        push(op.number);  // libdw has extended the sign
        return true;
      case DW_OP_call_frame_cfa:
        push(machine_.frame_address);
        return true;
      default:
        return false;
    }
  }

  bool memory(const Dwarf_Op& op) {
    if (op.atom >= DW_OP_breg0 && op.atom <= DW_OP_breg31) {
      return push_register(op.atom - DW_OP_breg0, op.number);
    }
    if (op.atom == DW_OP_bregx) return push_register(op.number, op.number2);
    if (op.atom != DW_OP_deref && op.atom != DW_OP_deref_size) return false;
    const std::optional<std::uint64_t> value = machine_.stack->read(pop());
    if (!value) return false;
    if (op.atom == DW_OP_deref || op.number >= 8) {
      push(*value);
    } else {
      push(*value & ((std::uint64_t{1} << (op.number * 8)) - 1));
    }
    return true;
  }

  bool push_register(std::uint64_t number, std::uint64_t offset) {
    if (number >= Registers::kCount || !machine_.registers->knows(number)) return false;
    push(machine_.registers->values[number] + offset);
    return true;
  }

  bool order(const Dwarf_Op& op) {
    switch (op.atom) {
      case DW_OP_nop:
      case DW_OP_stack_value:
        return true;
      case DW_OP_dup:
        pick(0);
        return true;
      case DW_OP_over:
        pick(1);
        return true;
      case DW_OP_pick:
        pick(op.number);
        return true;
      case DW_OP_drop:
        pop();
        return true;
      case DW_OP_swap:
        if (size_ >= 2) std::swap(stack_[size_ - 1], stack_[size_ - 2]);
        return size_ >= 2;
      case DW_OP_rot:
        if (size_ >= 3) {
          std::rotate(&stack_[size_ - 3], &stack_[size_ - 1], stack_.data() + size_);
        }
        return size_ >= 3;
      default:
        return false;
    }
  }

  void pick(std::uint64_t depth) {
    if (depth >= size_) {
      failed_ = true;
    } else {
      push(stack_[size_ - 1 - depth]);
    }
  }

  bool unary(const Dwarf_Op& op) {
    switch (op.atom) {
      case DW_OP_plus_uconst:
        push(pop() + op.number);
        return true;
      case DW_OP_neg:
        push(0 - pop());
        return true;
      case DW_OP_not:
        push(~pop());
        return true;
      case DW_OP_abs: {
        const std::uint64_t value = pop();
        push(static_cast<std::int64_t>(value) < 0 ? 0 - value : value);
        return true;
      }
      default:
        return false;
    }
  }

  bool binary(const Dwarf_Op& op) {
    const bool arithmetic = op.atom >= DW_OP_and && op.atom <= DW_OP_xor && op.atom != DW_OP_neg &&
                            op.atom != DW_OP_not && op.atom != DW_OP_plus_uconst;
    const bool comparison = op.atom >= DW_OP_eq && op.atom <= DW_OP_ne;
    if (!arithmetic && !comparison) return false;
    const std::uint64_t right = pop();
    const std::uint64_t left = pop();
    if ((op.atom == DW_OP_div || op.atom == DW_OP_mod) && right == 0) return false;
    push(comparison ? static_cast<std::uint64_t>(compare(op.atom, left, right))
                    : compute(op.atom, left, right));
    return true;
  }

  static bool compare(unsigned atom, std::uint64_t left, std::uint64_t right) {
    const auto a = static_cast<std::int64_t>(left);
    const auto b = static_cast<std::int64_t>(right);
    switch (atom) {
      case DW_OP_eq:
        return a == b;
      case DW_OP_ge:
        return a >= b;
      case DW_OP_gt:
        return a > b;
      case DW_OP_le:
        return a <= b;
      case DW_OP_lt:
        return a < b;
      default:
        return a != b;
    }
  }

  static std::uint64_t compute(unsigned atom, std::uint64_t left, std::uint64_t right) {
    const bool far = right >= 64;
    const auto number = static_cast<std::int64_t>(left);
    switch (atom) {
      case DW_OP_and:
        return left & right;
      case DW_OP_or:
        return left | right;
      case DW_OP_xor:
        return left ^ right;
      case DW_OP_plus:
        return left + right;
      case DW_OP_minus:
        return left - right;
      case DW_OP_mul:
        return left * right;
      case DW_OP_div:  // signed; -1 apart, as the least number has no opposite
        return right == ~std::uint64_t{0}
                   ? 0 - left
                   : static_cast<std::uint64_t>(number / static_cast<std::int64_t>(right));
      case DW_OP_mod:
        return left % right;
      case DW_OP_shl:
        return far ? 0 : left << right;
      case DW_OP_shr:
        return far ? 0 : left >> right;
      default:  // DW_OP_shra
        return static_cast<std::uint64_t>(number >> (far ? 63 : right));
    }
  }

  bool jump(const Dwarf_Op& op) {
    if (op.atom != DW_OP_skip && op.atom != DW_OP_bra) return false;
    if (op.atom == DW_OP_bra && pop() == 0) return true;
    // From behind the operation, which is 3 bytes long.
    const std::uint64_t target = op.offset + 3 + op.number;
    const auto found = std::ranges::find(expression_, target, &Dwarf_Op::offset);
    if (found == expression_.end()) {  // good only right behind the last, of unknown length
      const std::uint64_t behind = target - expression_.back().offset;
      if (behind == 0 || behind > kLongestOperation) return false;
    }
    at_ = static_cast<std::size_t>(found - expression_.begin());
    return true;
  }

  std::span<const Dwarf_Op> expression_;
  const CfiMachine& machine_;
  std::array<std::uint64_t, 64> stack_{};
  std::size_t size_ = 0;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace

std::optional<std::uint64_t> evaluate(std::span<const Dwarf_Op> expression,
                                      const CfiMachine& machine) {
  return Evaluation(expression, machine).run();
}

}  // namespace tidemark
