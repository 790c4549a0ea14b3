#include "agent/cfi.h"

#include <cstring>

namespace tidemark::agent {
namespace {

constexpr std::uint8_t kPcRelativeInt = 0x1b;     // DW_EH_PE_pcrel | sdata4
constexpr std::uint8_t kTableRelativeInt = 0x3b;  // DW_EH_PE_datarel | sdata4

// Reads forward through bytes; past the end everything is 0 and `bad`.
struct Reader {
  const std::uint8_t* at;
  const std::uint8_t* end;
  bool bad = false;

  template <class T>
  T take() {
    T value{};
    if (static_cast<std::uint64_t>(end - at) < sizeof value) {
      bad = true;
      at = end;
      return value;
    }
    std::memcpy(&value, at, sizeof value);
    at += sizeof value;
    return value;
  }

  std::uint64_t unsigned_leb() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = take<std::uint8_t>();
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    bad = true;
    return value;
  }

  std::int64_t signed_leb() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = take<std::uint8_t>();
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte >= 0x80) continue;
      if ((byte & 0x40U) != 0 && shift + 7 < 64) value |= ~std::uint64_t{0} << (shift + 7);
      return static_cast<std::int64_t>(value);
    }
    bad = true;
    return 0;
  }

  Reader part(std::uint64_t size) {
    const auto left = static_cast<std::uint64_t>(end - at);
    if (size > left) bad = true;
    const Reader inside{at, at + (size > left ? left : size)};
    at = inside.end;
    return inside;
  }
};

// A DWARF register number as one of ours; kRegisters for the others.
Register register_of(std::uint64_t number) {
  switch (number) {
    case 3:
      return kRbx;
    case 6:
      return kRbp;
    case 7:
      return kRsp;
    case 12:
      return kR12;
    case 13:
      return kR13;
    case 14:
      return kR14;
    case 15:
      return kR15;
    case 16:
      return kRip;
    default:
      return kRegisters;
  }
}

// The description of a function, and of the entry that it shares with others.
struct Function {
  Reader common{};  // instructions
  Reader own{};
  std::uint64_t start = 0;
  std::uint64_t code_align = 1;
  std::int64_t data_align = 1;
  bool signal = false;
};

const std::uint8_t* pointer_to(std::uint64_t address) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): tables hold addresses.
  return reinterpret_cast<const std::uint8_t*>(address);
}

std::uint64_t address_of(const std::uint8_t* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}

// A binary search in the table of .eh_frame_hdr, which has pairs of (start of a function, its
// description), both relative to the table.
const std::uint8_t* find_description(const CodeRange& code, std::uint64_t address) {
  const std::uint8_t* table = code.unwind_table;
  if (table[0] != 1 || table[1] != kPcRelativeInt || table[2] != 0x03 ||
      table[3] != kTableRelativeInt)
    return nullptr;
  std::uint32_t count = 0;
  std::memcpy(&count, table + 8, sizeof count);
  const std::uint8_t* pairs = table + 12;
  const std::int64_t wanted =
      static_cast<std::int64_t>(address) - static_cast<std::int64_t>(address_of(table));
  std::uint32_t low = 0;
  std::uint32_t high = count;
  std::int32_t pair[2] = {};
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    std::memcpy(pair, pairs + std::uint64_t{middle} * sizeof pair, sizeof pair);
    if (pair[0] <= wanted)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == 0) return nullptr;
  std::memcpy(pair, pairs + std::uint64_t{low - 1} * sizeof pair, sizeof pair);
  return table + pair[1];
}

bool skip_pointer(Reader& reader, std::uint8_t encoding) {
  switch (encoding & 0x0fU) {
    case 0x00:
    case 0x04:
    case 0x0c:
      reader.take<std::uint64_t>();
      return true;
    case 0x03:
    case 0x0b:
      reader.take<std::uint32_t>();
      return true;
    case 0x02:
    case 0x0a:
      reader.take<std::uint16_t>();
      return true;
    case 0x01:
      reader.unsigned_leb();
      return true;
    case 0x09:
      reader.signed_leb();
      return true;
    default:
      return false;
  }
}

// What the letters behind the "z" stand for. All compilers write the starts of functions as
// kPcRelativeInt.
bool read_augmentation(const std::uint8_t* letters, Reader more, Function& function) {
  std::uint8_t encoding = 0;
  for (; *letters != 0; ++letters) {
    if (*letters == 'R') encoding = more.take<std::uint8_t>();
    if (*letters == 'L') more.take<std::uint8_t>();
    if (*letters == 'P' && !skip_pointer(more, more.take<std::uint8_t>())) return false;
    if (*letters == 'S') function.signal = true;
  }
  return encoding == kPcRelativeInt;
}

bool read_common(const std::uint8_t* at, std::uint64_t module_end, Function& function,
                 bool& augmented) {
  Reader reader{at, pointer_to(module_end)};
  Reader entry = reader.part(reader.take<std::uint32_t>());
  if (reader.bad || entry.take<std::uint32_t>() != 0) return false;
  const auto version = entry.take<std::uint8_t>();
  const std::uint8_t* letters = entry.at;
  while (entry.take<std::uint8_t>() != 0) {
  }
  function.code_align = entry.unsigned_leb();
  function.data_align = entry.signed_leb();
  const std::uint64_t return_register =
      version == 1 ? entry.take<std::uint8_t>() : entry.unsigned_leb();
  if (entry.bad || return_register != 16) return false;
  augmented = *letters == 'z';
  if (!augmented || !read_augmentation(letters + 1, entry.part(entry.unsigned_leb()), function))
    return false;
  function.common = entry;
  return !entry.bad;
}

bool read_description(const CodeRange& code, std::uint64_t address, Function& function) {
  const std::uint8_t* at = find_description(code, address);
  if (at == nullptr || address_of(at) >= code.end) return false;
  Reader reader{at, pointer_to(code.end)};
  Reader entry = reader.part(reader.take<std::uint32_t>());
  const std::uint8_t* common = entry.at;
  common -= entry.take<std::uint32_t>();
  if (reader.bad || entry.bad || common == entry.at) return false;
  bool augmented = false;
  if (!read_common(common, code.end, function, augmented)) return false;
  const std::uint64_t here = address_of(entry.at);
  function.start = here + static_cast<std::uint64_t>(std::int64_t{entry.take<std::int32_t>()});
  const auto size = entry.take<std::uint32_t>();
  if (augmented) entry.part(entry.unsigned_leb());
  function.own = entry;
  return !entry.bad && function.start <= address && address - function.start < size;
}

std::int32_t small(std::int64_t offset, bool& bad) {
  if (offset != static_cast<std::int32_t>(offset)) bad = true;
  return static_cast<std::int32_t>(offset);
}

constexpr std::uint8_t kDeref = 0x06;
constexpr std::uint8_t kRegisterPlus = 0x70;  // DW_OP_breg0

// An expression "register + offset", with or without a load at its end.
Rule read_address(Reader expression, bool& loads, bool& bad) {
  Rule rule{Kept::kAtRegister, kRegisters, 0};
  const auto operation = expression.take<std::uint8_t>();
  if (operation >= kRegisterPlus && operation < kRegisterPlus + 32) {
    rule.base = register_of(operation - kRegisterPlus);
    rule.offset = small(expression.signed_leb(), bad);
  }
  loads = expression.at < expression.end && *expression.at == kDeref;
  if (loads) expression.take<std::uint8_t>();
  if (rule.base == kRegisters || expression.bad || expression.at != expression.end) bad = true;
  return rule;
}

// The linker's description of a procedure linkage table: rsp + 8, and 8 more from a given
// byte of each 16 on: breg7 8, breg16 0, lit15, and, litN, ge, lit3, shl, plus.
bool read_linkage_table(Reader expression, std::uint64_t address, Rule& rule) {
  const std::uint8_t* code = expression.at;
  if (expression.end - code != 11) return false;
  constexpr std::uint8_t kHead[] = {0x77, 8, 0x80, 0, 0x3f, 0x1a};
  constexpr std::uint8_t kTail[] = {0x2a, 0x33, 0x24, 0x22};
  if (std::memcmp(code, kHead, 6) != 0 || std::memcmp(code + 7, kTail, 4) != 0) return false;
  const std::uint64_t from = std::uint64_t{code[6]} - 0x30;
  rule = {Kept::kSame, kRsp, (address & 15U) >= from ? 16 : 8};
  return true;
}

// Runs the instructions of a description up to an address.
class Program {
 public:
  Program(const Function& function, std::uint64_t address)
      : function_(function), address_(address), location_(function.start) {}

  bool run(FrameRules& rules) {
    execute(function_.common);
    initial_ = state_;
    if (!bad_) execute(function_.own);
    rules = state_;
    rules.signal = function_.signal;
    const Rule& back = state_.registers[kRip];
    rules.outermost = back.kept == Kept::kLost;
    return !bad_ && state_.frame.base != kRegisters;
  }

 private:
  static constexpr int kRemembered = 8;

  static FrameRules nothing() {
    FrameRules rules{};
    rules.frame = {Kept::kSame, kRegisters, 0};
    return rules;
  }

  void execute(Reader reader) {
    while (reader.at < reader.end && !bad_ && location_ <= address_) {
      const auto byte = reader.take<std::uint8_t>();
      const std::uint8_t low = byte & 0x3fU;
      switch (byte & 0xc0U) {
        case 0x40:
          advance(low);
          break;
        case 0x80:
          keep_at_frame(low, static_cast<std::int64_t>(reader.unsigned_leb()));
          break;
        case 0xc0:
          restore(low);
          break;
        default:
          if (!move(low, reader)) change(low, reader);
      }
      if (reader.bad) bad_ = true;
    }
  }

  // The instructions that go forward, or remember.
  bool move(std::uint8_t operation, Reader& reader) {
    switch (operation) {
      case 0x00:
        return true;
      case 0x02:
        advance(reader.take<std::uint8_t>());
        return true;
      case 0x03:
        advance(reader.take<std::uint16_t>());
        return true;
      case 0x04:
        advance(reader.take<std::uint32_t>());
        return true;
      case 0x0a:
        remember();
        return true;
      case 0x0b:
        recall();
        return true;
      case 0x2e:
        reader.unsigned_leb();
        return true;  // DW_CFA_GNU_args_size
      default:
        return false;
    }
  }

  void change(std::uint8_t operation, Reader& reader) {
    switch (operation) {
      case 0x0c:
      case 0x12:
        define_frame(operation, reader);
        break;
      case 0x0d:
        state_.frame = {Kept::kSame, register_of(reader.unsigned_leb()), state_.frame.offset};
        break;
      case 0x0e:
        state_.frame.offset = small(static_cast<std::int64_t>(reader.unsigned_leb()), bad_);
        break;
      case 0x13:
        state_.frame.offset = small(reader.signed_leb() * function_.data_align, bad_);
        break;
      case 0x0f:
        frame_expression(reader.part(reader.unsigned_leb()));
        break;
      default:
        change_register(operation, reader);
    }
  }

  void change_register(std::uint8_t operation, Reader& reader) {
    const std::uint64_t number = reader.unsigned_leb();
    switch (operation) {
      case 0x05:
        keep_at_frame(number, static_cast<std::int64_t>(reader.unsigned_leb()));
        break;
      case 0x11:
        keep_at_frame(number, reader.signed_leb());
        break;
      case 0x06:
        restore(number);
        break;
      case 0x07:
        set(number, {Kept::kLost, kRsp, 0});
        break;
      case 0x08:
        set(number, {Kept::kSame, kRsp, 0});
        break;
      case 0x09:  // in another register, which is not followed
      case 0x14:
        reader.unsigned_leb();
        set(number, {Kept::kLost, kRsp, 0});
        break;
      case 0x15:
        reader.signed_leb();
        set(number, {Kept::kLost, kRsp, 0});
        break;
      case 0x10:
        register_expression(number, reader.part(reader.unsigned_leb()));
        break;
      case 0x16:
        reader.part(reader.unsigned_leb());
        set(number, {Kept::kLost, kRsp, 0});
        break;
      default:
        bad_ = true;
    }
  }

  void advance(std::uint64_t units) { location_ += units * function_.code_align; }

  void set(std::uint64_t number, Rule rule) {
    const Register which = register_of(number);
    if (which < kRsp) state_.registers[which] = rule;
  }

  void keep_at_frame(std::uint64_t number, std::int64_t units) {
    bool bad = false;
    const Rule rule{Kept::kAtFrame, kRsp, small(units * function_.data_align, bad)};
    set(number, rule);
    bad_ |= bad;
  }

  void restore(std::uint64_t number) {
    const Register which = register_of(number);
    if (which < kRsp) state_.registers[which] = initial_.registers[which];
  }

  void define_frame(std::uint8_t operation, Reader& reader) {
    const Register base = register_of(reader.unsigned_leb());
    const std::int64_t offset = operation == 0x0c ? static_cast<std::int64_t>(reader.unsigned_leb())
                                                  : reader.signed_leb() * function_.data_align;
    state_.frame = {Kept::kSame, base, small(offset, bad_)};
  }

  void frame_expression(const Reader& expression) {
    if (read_linkage_table(expression, address_, state_.frame)) return;
    bool loads = false;
    bool bad = false;
    state_.frame = read_address(expression, loads, bad);
    if (!loads) state_.frame.kept = Kept::kSame;
    if (bad) state_.frame.base = kRegisters;  // may be defined again before the address
  }

  void register_expression(std::uint64_t number, const Reader& expression) {
    bool loads = false;
    bool bad = false;
    Rule rule = read_address(expression, loads, bad);
    if (bad || loads) rule = {Kept::kLost, kRsp, 0};
    set(number, rule);
  }

  void remember() {
    if (remembered_ == kRemembered)
      bad_ = true;
    else
      stack_[remembered_++] = state_;
  }

  void recall() {
    if (remembered_ == 0)
      bad_ = true;
    else
      state_ = stack_[--remembered_];
  }

  const Function& function_;
  std::uint64_t address_;
  std::uint64_t location_;
  FrameRules state_ = nothing();
  FrameRules initial_ = nothing();
  FrameRules stack_[kRemembered];
  int remembered_ = 0;
  bool bad_ = false;
};

}  // namespace

bool read_frame_rules(const CodeRange& code, std::uint64_t address, FrameRules& rules) {
  Function function;
  return code.unwind_table != nullptr && read_description(code, address, function) &&
         Program(function, address).run(rules);
}

}  // namespace tidemark::agent
