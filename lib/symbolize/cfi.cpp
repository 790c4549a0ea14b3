#include "lib/symbolize/cfi.h"

#include <dwarf.h>
#include <gelf.h>

#include <cstdlib>
#include <cstring>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

#include "lib/base/hash.h"
#include "lib/symbolize/debug_file.h"

namespace tidemark {
namespace {

// Functions have a handful of expressions, files some thousand; a damaged one
// has a new one at each address.
constexpr std::size_t kMostExpressions = 1 << 20;

std::optional<std::int32_t> small(std::uint64_t offset) {
  const auto number = static_cast<std::int64_t>(offset);
  if (number < std::numeric_limits<std::int32_t>::min() ||
      number > std::numeric_limits<std::int32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::int32_t>(number);
}

// The register of a lone "register + offset".
std::optional<std::uint64_t> base_register(const Dwarf_Op& op) {
  if (op.atom == DW_OP_bregx) return op.number;
  if (op.atom >= DW_OP_breg0 && op.atom <= DW_OP_breg31) return op.atom - DW_OP_breg0;
  return std::nullopt;
}

std::uint64_t base_offset(const Dwarf_Op& op) {
  return op.atom == DW_OP_bregx ? op.number2 : op.number;
}

// The rule of "in that register".
std::optional<CfiRule> register_rule(std::span<const Dwarf_Op> ops) {
  std::uint64_t from = Registers::kCount;
  if (ops.size() == 1 && ops[0].atom == DW_OP_regx) from = ops[0].number;
  if (ops.size() == 1 && ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31) {
    from = ops[0].atom - DW_OP_reg0;
  }
  if (from >= Registers::kCount) return std::nullopt;
  return CfiRule{.kind = CfiRule::kRegister, .from = static_cast<std::uint16_t>(from)};
}

// The rule of "CFA", "CFA + offset", and of either as a value.
std::optional<CfiRule> cfa_rule(std::span<const Dwarf_Op> ops) {
  const bool is_value = ops.back().atom == DW_OP_stack_value;
  if (is_value) ops = ops.first(ops.size() - 1);
  if (ops.empty() || ops.size() > 2 || ops[0].atom != DW_OP_call_frame_cfa) return std::nullopt;
  if (ops.size() == 2 && ops[1].atom != DW_OP_plus_uconst) return std::nullopt;
  const std::optional<std::int32_t> offset = small(ops.size() == 2 ? ops[1].number : 0);
  if (!offset) return std::nullopt;
  return CfiRule{.kind = is_value ? CfiRule::kCfaPlus : CfiRule::kAtCfa, .offset = *offset};
}

}  // namespace

void Cfi::FrameCloser::operator()(Dwarf_Frame* frame) const {
  std::free(frame);  // NOLINT(cppcoreguidelines-no-malloc): libdw hands out malloc's memory
}

Cfi::Cfi(ElfFile file, std::vector<std::filesystem::path> directories)
    : file_(std::move(file)), directories_(std::move(directories)) {
  GElf_Ehdr header;
  usable_ = gelf_getehdr(file_.get(), &header) != nullptr && header.e_machine == EM_X86_64 &&
            header.e_ident[EI_CLASS] == ELFCLASS64;
  if (usable_) eh_frame_.reset(dwarf_getcfi_elf(file_.get()));
}

Dwarf_CFI* Cfi::debug_frame() {
  if (tried_debug_frame_) return debug_frame_;
  tried_debug_frame_ = true;
  const bool own = file_.has_section(".debug_frame") || file_.has_section(".zdebug_frame");
  std::vector<std::string> ignored;  // whoever wants symbols is told of them
  if (!own) debug_ = find_debug_file(file_, directories_, ignored);
  if (!own && !debug_) return nullptr;
  dwarf_.reset(dwarf_begin_elf(own ? file_.get() : debug_->get(), DWARF_C_READ, nullptr));
  if (dwarf_ != nullptr) debug_frame_ = dwarf_getcfi(dwarf_.get());
  return debug_frame_;
}

Cfi::FramePtr Cfi::frame_at(std::uint64_t address) {
  Dwarf_Frame* frame = nullptr;
  if (eh_frame_ != nullptr && dwarf_cfi_addrframe(eh_frame_.get(), address, &frame) == 0) {
    return FramePtr(frame);
  }
  Dwarf_CFI* const other = debug_frame();
  if (other != nullptr && dwarf_cfi_addrframe(other, address, &frame) == 0) return FramePtr(frame);
  return nullptr;
}

const CfiRow* Cfi::row_at(std::uint64_t address) {
  if (!usable_) return nullptr;
  const auto above = ranges_.upper_bound(address);
  if (above != ranges_.begin()) {
    const Range& range = std::prev(above)->second;
    if (address < range.end) return range.row;
  }
  Range range;
  if (const FramePtr frame = frame_at(address)) range = range_of(frame.get());
  if (range.end <= address) range.end = address + 1;
  return ranges_.insert_or_assign(address, range).first->second.row;
}

// The start that libdw 0.188 tells is wrong behind DW_CFA_restore_state: that of the state
// that was remembered. So a range starts where we first asked.
Cfi::Range Cfi::range_of(Dwarf_Frame* frame) {
  Range range;
  bool signal = false;
  Dwarf_Addr ignored = 0;
  const int ra = dwarf_frame_info(frame, &ignored, &range.end, &signal);
  CfiRow row{.signal = signal ? std::uint8_t{1} : std::uint8_t{0}};
  if (ra != static_cast<int>(Registers::kInstructionPointer) || !set_cfa(frame, row)) return range;
  for (std::uint8_t number = 0; number < Registers::kCount; ++number) {
    if (!add_rule(frame, number, row)) return range;
  }
  row.outermost = static_cast<std::uint8_t>(row.lost >> Registers::kInstructionPointer & 1U);
  range.row = shared(row);
  return range;
}

bool Cfi::set_cfa(Dwarf_Frame* frame, CfiRow& row) {
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  if (dwarf_frame_cfa(frame, &ops, &count) != 0 || count == 0) return false;
  if (count == 1) {
    const std::optional<std::uint64_t> from = base_register(ops[0]);
    const std::optional<std::int32_t> offset = small(base_offset(ops[0]));
    if (from && *from < Registers::kCount && offset) {
      row.cfa = {
          .kind = CfiRule::kRegister, .from = static_cast<std::uint16_t>(*from), .offset = *offset};
      return true;
    }
  }
  const std::optional<std::int32_t> expression = keep({ops, count});
  if (!expression) return false;
  row.cfa = {.kind = CfiRule::kExpression, .offset = *expression};
  return true;
}

bool Cfi::add_rule(Dwarf_Frame* frame, std::uint8_t number, CfiRow& row) {
  Dwarf_Op buffer[3];
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  if (dwarf_frame_register(frame, number, buffer, &ops, &count) != 0) return false;
  if (count == 0) {
    // Where the file says nothing, the calling convention counts, but libdw 0.188 takes rax (0)
    // for rbx (3), which is the one that every callee keeps.
    const bool lost = number == 0 || (number != 3 && ops != nullptr);
    row.lost |= (lost ? 1U : 0U) << number;
    return true;
  }
  std::optional<CfiRule> rule = cfa_rule({ops, count});
  if (!rule) rule = register_rule({ops, count});
  if (!rule) rule = expression_rule({ops, count});
  if (!rule) return false;
  if (rule->kind != CfiRule::kAtCfa && rule->kind != CfiRule::kCfaPlus) row.copies = 1;
  rule->number = number;
  row.rules[row.count++] = *rule;
  return true;
}

std::optional<CfiRule> Cfi::expression_rule(std::span<const Dwarf_Op> ops) {
  const std::optional<std::int32_t> expression = keep(ops);
  if (!expression) return std::nullopt;
  const bool is_value = ops.back().atom == DW_OP_stack_value;
  return CfiRule{.kind = is_value ? CfiRule::kExpression : CfiRule::kAtAddress,
                 .offset = *expression};
}

std::optional<std::int32_t> Cfi::keep(std::span<const Dwarf_Op> ops) {
  if (expressions_.size() >= kMostExpressions) return std::nullopt;
  expressions_.emplace_back(ops.begin(), ops.end());
  return static_cast<std::int32_t>(expressions_.size() - 1);
}

const CfiRow* Cfi::shared(const CfiRow& row) {
  const std::string_view bytes(reinterpret_cast<const char*>(&row), sizeof row);
  const std::uint32_t id = row_ids_.find_or_add(hash_of(bytes), [&](std::uint32_t i) {
    return std::memcmp(&rows_[i], &row, sizeof row) == 0;
  });
  if (id == rows_.size()) rows_.push_back(row);
  return &rows_[id];
}

}  // namespace tidemark
