#pragma once

#include <elfutils/libdw.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "lib/base/id_table.h"
#include "lib/symbolize/elf_file.h"
#include "lib/symbolize/stack_copy.h"

namespace tidemark {

// How a frame's caller gets one of its registers back. The CFA is the canonical
// frame address: the stack pointer before the call.
struct CfiRule {
  enum Kind : std::uint8_t {
    kAtCfa,       // saved at CFA + offset
    kCfaPlus,     // is CFA + offset
    kRegister,    // is the register `from` + offset
    kAtAddress,   // saved where expression `offset` says
    kExpression,  // is what expression `offset` says
  };
  std::uint8_t kind = kAtCfa;
  std::uint8_t number = 0;  // the register that is got back
  std::uint16_t from = 0;
  std::int32_t offset = 0;
};

// The rules that hold in a range of addresses; registers without a rule, but for
// the lost ones, keep their values.
struct CfiRow {
  std::uint8_t count = 0;      // of rules
  std::uint8_t copies = 0;     // some rule reads registers
  std::uint8_t signal = 0;     // the caller was interrupted, and made no call
  std::uint8_t outermost = 0;  // there is no caller
  std::uint32_t lost = 0;      // a bit for each register
  CfiRule cfa;                 // kRegister or kExpression
  std::array<CfiRule, Registers::kCount> rules{};
};
static_assert(std::has_unique_object_representations_v<CfiRow>);

// The call frame information of an x86-64 executable or library: .eh_frame, and
// where that says nothing, .debug_frame of the file or of its separate debug file
// in `directories`. Rows are made when first asked for, and kept.
class Cfi {
 public:
  Cfi(ElfFile file, std::vector<std::filesystem::path> directories);

  // The rules at `address` (as the linker gave it), which are there as long as
  // this is; nullptr when nothing is known, or nothing that can be used.
  const CfiRow* row_at(std::uint64_t address);

  // The expression of a rule.
  std::span<const Dwarf_Op> expression(std::int32_t number) const {
    return expressions_[static_cast<std::size_t>(number)];
  }

  const ElfFile& file() const { return file_; }

 private:
  struct CfiCloser {
    void operator()(Dwarf_CFI* cfi) const { dwarf_cfi_end(cfi); }
  };
  struct DwarfCloser {
    void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
  };
  struct FrameCloser {
    void operator()(Dwarf_Frame* frame) const;
  };
  using FramePtr = std::unique_ptr<Dwarf_Frame, FrameCloser>;
  struct Range {
    std::uint64_t end = 0;
    const CfiRow* row = nullptr;
  };

  FramePtr frame_at(std::uint64_t address);
  Dwarf_CFI* debug_frame();
  Range range_of(Dwarf_Frame* frame);
  bool set_cfa(Dwarf_Frame* frame, CfiRow& row);
  bool add_rule(Dwarf_Frame* frame, std::uint8_t number, CfiRow& row);
  std::optional<CfiRule> expression_rule(std::span<const Dwarf_Op> ops);
  std::optional<std::int32_t> keep(std::span<const Dwarf_Op> ops);
  const CfiRow* shared(const CfiRow& row);

  // The members' order matters: what comes later points into what comes before.
  ElfFile file_;
  std::vector<std::filesystem::path> directories_;
  bool usable_ = false;  // of a machine whose registers we know
  bool tried_debug_frame_ = false;
  std::optional<ElfFile> debug_;
  std::unique_ptr<Dwarf, DwarfCloser> dwarf_;
  Dwarf_CFI* debug_frame_ = nullptr;  // belongs to dwarf_
  std::unique_ptr<Dwarf_CFI, CfiCloser> eh_frame_;

  std::map<std::uint64_t, Range> ranges_;  // by a first address; they may reach into the next
  std::deque<CfiRow> rows_;
  IdTable row_ids_;
  std::deque<std::vector<Dwarf_Op>> expressions_;
};

}  // namespace tidemark
