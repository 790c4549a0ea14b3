#include "lib/symbolize/unwinder.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/hash.h"
#include "lib/symbolize/cfi.h"
#include "lib/symbolize/cfi_expression.h"
#include "lib/symbolize/elf_file.h"
#include "lib/symbolize/mapped_file.h"

namespace tidemark {
namespace {

constexpr std::size_t kKnownBits = 15;
// Nothing is mapped below, whatever a register says.
constexpr std::uint64_t kLowest = 4096;

std::size_t place_of(std::uint64_t address, std::uint64_t mappings_id) {
  return static_cast<std::size_t>(((address + (mappings_id << 40)) * 0x9E3779B97F4A7C15U) >>
                                  (64 - kKnownBits));
}

}  // namespace

// What came of looking for a frame's caller.
enum class Unwinder::Outcome { kCaller, kOutermost, kCut, kUnknown, kNonsense };

struct Unwinder::Module {
  std::string path;
  std::string build_id;
  std::unique_ptr<Cfi> cfi;  // none when there is no file, or not the right one
};

// From a frame to its caller.
struct Unwinder::Step {
  const Thread& thread;
  Registers& registers;

  // By the rules in `known`.
  Outcome by_rules(const Known& known) {
    const CfiRow& row = *known.row;
    if (row.outermost != 0) return Outcome::kOutermost;
    CfiMachine machine{.registers = &registers, .stack = &thread.stack};
    std::uint64_t cfa = 0;
    if (row.cfa.kind == CfiRule::kRegister) {
      if (!registers.knows(row.cfa.from)) return Outcome::kNonsense;
      cfa = registers.values[row.cfa.from] + offset_of(row.cfa);
    } else {
      const std::optional<std::uint64_t> value =
          evaluate(known.cfi->expression(row.cfa.offset), machine);
      if (!value) return Outcome::kNonsense;
      cfa = *value;
    }
    machine.frame_address = cfa;
    Registers before;  // for rules that read registers, which others may have set
    if (row.copies != 0) {
      before = registers;
      machine.registers = &before;
    }
    const std::uint64_t top = registers.values[Registers::kStackPointer];
    registers.known &= ~row.lost;
    for (std::size_t i = 0; i < row.count; ++i) {
      const CfiRule& rule = row.rules[i];
      // gcc does not say in an epilogue that it has popped a register: it is still told to be
      // in its place, which is now below the stack pointer, and not copied.
      if (rule.kind == CfiRule::kAtCfa && cfa + offset_of(rule) < top) continue;
      apply(rule, machine, *known.cfi);
    }
    if (registers.knows(Registers::kInstructionPointer)) return Outcome::kCaller;
    // The return address is not in the copy: behind it, or nowhere near.
    return cfa > thread.stack.start && cfa - thread.stack.start > thread.stack.bytes.size()
               ? Outcome::kCut
               : Outcome::kNonsense;
  }

  // By the frame pointer, when it leads to something mapped.
  Outcome by_frame_pointer() {
    if (!registers.knows(Registers::kFramePointer)) return Outcome::kUnknown;
    const std::uint64_t frame = registers.values[Registers::kFramePointer];
    if (frame == 0) return Outcome::kOutermost;
    const std::optional<std::uint64_t> outer = thread.stack.read(frame);
    const std::optional<std::uint64_t> caller = thread.stack.read(frame + 8);
    if (!outer || !caller || *caller < kLowest) return Outcome::kUnknown;
    if (!thread.mapping_at(*caller - 1)) return Outcome::kUnknown;
    registers.known = 0;
    registers.set(Registers::kFramePointer, *outer);
    registers.set(Registers::kStackPointer, frame + 16);
    registers.set(Registers::kInstructionPointer, *caller);
    return Outcome::kCaller;
  }

  // Whether the caller's registers can be: its stack does not reach below `least`. Only a signal
  // may have come while on another one.
  static Outcome judged(const Registers& caller, std::uint64_t least, bool signal) {
    const std::uint64_t address = caller.values[Registers::kInstructionPointer];
    if (address == 0) return Outcome::kOutermost;
    if (address < kLowest) return Outcome::kNonsense;
    const bool shrank = caller.values[Registers::kStackPointer] >= least;
    return shrank || signal ? Outcome::kCaller : Outcome::kNonsense;
  }

 private:
  static std::uint64_t offset_of(const CfiRule& rule) {
    return static_cast<std::uint64_t>(std::int64_t{rule.offset});
  }

  void apply(const CfiRule& rule, const CfiMachine& machine, const Cfi& cfi) {
    std::optional<std::uint64_t> value;
    switch (rule.kind) {
      case CfiRule::kAtCfa:
        value = thread.stack.read(machine.frame_address + offset_of(rule));
        break;
      case CfiRule::kCfaPlus:
        value = machine.frame_address + offset_of(rule);
        break;
      case CfiRule::kRegister:
        if (machine.registers->knows(rule.from)) {
          value = machine.registers->values[rule.from] + offset_of(rule);
        }
        break;
      case CfiRule::kAtAddress:
        value = evaluate(cfi.expression(rule.offset), machine);
        if (value) value = thread.stack.read(*value);
        break;
      default:
        value = evaluate(cfi.expression(rule.offset), machine);
    }
    if (value) {
      registers.set(rule.number, *value);
    } else {
      registers.forget(rule.number);
    }
  }
};

Unwinder::Unwinder() : Unwinder(Places{.build_cache = default_build_cache()}) {}
Unwinder::Unwinder(Places places)
    : places_(std::move(places)), known_(std::size_t{1} << kKnownBits) {}
Unwinder::~Unwinder() = default;
Unwinder::Unwinder(Unwinder&&) noexcept = default;
Unwinder& Unwinder::operator=(Unwinder&&) noexcept = default;

void Unwinder::open(Module& module) {
  std::string why;
  const MappedPlaces where{.root = places_.root, .build_cache = places_.build_cache};
  std::optional<ElfFile> file = open_mapped(module.path, module.build_id, where, why);
  if (file) {
    module.cfi = std::make_unique<Cfi>(std::move(*file), places_.debug_directories);
  } else if (is_file(module.path) || module.path == "[vdso]") {
    warnings_.push_back(fmt::format("{}: no call frame information: {}", module.path, why));
  }
}

Cfi* Unwinder::module_of(const Mapping& mapping) {
  const std::uint64_t hash = hash_of(mapping.path, hash_of(mapping.build_id));
  const std::uint32_t id = module_ids_.find_or_add(hash, [&](std::uint32_t i) {
    return modules_[i]->path == mapping.path && modules_[i]->build_id == mapping.build_id;
  });
  if (id == modules_.size()) {
    modules_.push_back(std::make_unique<Module>(
        Module{.path = std::string(mapping.path), .build_id = std::string(mapping.build_id)}));
    open(*modules_.back());
  }
  return modules_[id]->cfi.get();
}

const Unwinder::Known& Unwinder::known_at(const Thread& thread, std::uint64_t address) {
  Known& known = known_[place_of(address, thread.mappings_id)];
  if (known.filled && known.address == address && known.mappings_id == thread.mappings_id) {
    return known;
  }
  known = {.address = address, .mappings_id = thread.mappings_id, .filled = true};
  const std::optional<Mapping> mapping = thread.mapping_at(address);
  known.cfi = mapping ? module_of(*mapping) : nullptr;
  if (known.cfi == nullptr) return known;
  const std::optional<std::uint64_t> linked =
      known.cfi->file().address_of(address - mapping->start + mapping->offset);
  if (linked) known.row = known.cfi->row_at(*linked);
  return known;
}

void Unwinder::count(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOutermost:
      ++counts_.whole;
      break;
    case Outcome::kCut:
      ++counts_.cut;
      break;
    case Outcome::kUnknown:
      ++counts_.unknown;
      break;
    default:
      ++counts_.nonsense;
  }
}

void Unwinder::unwind(const Thread& thread, std::vector<std::uint64_t>& addresses) {
  Registers registers = thread.registers;
  Step step{.thread = thread, .registers = registers};
  Outcome outcome = Outcome::kCaller;
  bool exact = true;  // it was not in a call
  for (std::size_t depth = 0; depth < kDeepest && outcome == Outcome::kCaller; ++depth) {
    const std::uint64_t address =
        registers.values[Registers::kInstructionPointer] - (exact ? 0 : 1);
    // Returning takes from the stack, unless the place has done so already, as vfork does.
    const std::uint64_t least = registers.values[Registers::kStackPointer] + (depth == 0 ? 0 : 1);
    addresses.push_back(address);
    const Known& known = known_at(thread, address);
    exact = known.row != nullptr && known.row->signal != 0;
    outcome = known.row == nullptr ? step.by_frame_pointer() : step.by_rules(known);
    if (outcome == Outcome::kCaller) outcome = Step::judged(registers, least, exact);
  }
  count(outcome);
}

}  // namespace tidemark
