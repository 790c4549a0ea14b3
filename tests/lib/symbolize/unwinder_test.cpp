#include "lib/symbolize/unwinder.h"

#include <dwarf.h>
#include <gelf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "lib/symbolize/build_id.h"
#include "lib/symbolize/cfi.h"
#include "lib/symbolize/cfi_expression.h"
#include "lib/symbolize/mapped_file.h"
#include "tests/lib/symbolize/stepped_program.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Addresses = std::vector<std::uint64_t>;

// `mappings` must stay alive.
std::function<std::optional<Mapping>(std::uint64_t)> among(const std::vector<Mapping>& mappings) {
  return [&mappings](std::uint64_t address) -> std::optional<Mapping> {
    for (const Mapping& mapping : mappings) {
      if (address >= mapping.start && address < mapping.end) return mapping;
    }
    return std::nullopt;
  };
}

Unwinder::Thread thread_of(SteppedProgram& program) {
  const StackCopy stack = program.stack();
  return {.registers = program.registers(),
          .stack = stack,
          .mapping_at = among(program.mappings()),
          .mappings_id = program.mappings_id()};
}

// Runs `path` to its end, from the dynamic linker's first instruction on, and
// holds what is unwound at each of its instructions against the calls made.
void expect_the_calls_made(const std::string& path) {
  SteppedProgram program(path);
  Unwinder unwinder;
  std::int64_t steps = 0;
  std::int64_t wrong = 0;
  Addresses found;
  do {
    found.clear();
    const std::int64_t unknown = unwinder.counts().unknown;
    unwinder.unwind(thread_of(program), found);
    ++steps;
    // _init and _fini, from crti.o, have no call frame information.
    if (unwinder.counts().unknown == unknown && found != program.calls()) ++wrong;
  } while (program.step());
  EXPECT_EQ(program.exit_status(), 0);
  EXPECT_GT(steps, 20'000);
  // longjmp is in two places at once for some 5 instructions, and vfork takes its return address
  // off the stack for as many; both are called once.
  EXPECT_LE(wrong, 30);
  EXPECT_EQ(unwinder.counts().nonsense, 0);
  EXPECT_LE(unwinder.counts().unknown, 100);
  EXPECT_THAT(unwinder.warnings(), IsEmpty());
}

TEST(Unwinder, KnowsTheCallsAtEachInstruction) { expect_the_calls_made(UNWOUND); }

TEST(Unwinder, ReadsADebuggersFrameInformationWhereThereIsNoOther) {
  expect_the_calls_made(UNWOUND_DEBUG_FRAME);
}

// A moment of the program, kept: the deepest one within its first steps.
struct Moment {
  Registers registers;
  std::string bytes;
  std::vector<Mapping> mappings;
  Addresses calls;

  Unwinder::Thread thread() const {
    return {.registers = registers,
            .stack = {.bytes = bytes, .start = registers.values[Registers::kStackPointer]},
            .mapping_at = among(mappings),
            .mappings_id = 1};
  }
};

Moment deep_moment() {
  SteppedProgram program(UNWOUND);
  Moment moment;
  for (int i = 0; i < 20'000 && program.step(); ++i) {
    if (program.calls().size() <= moment.calls.size()) continue;
    moment = {.registers = program.registers(),
              .bytes = std::string(program.stack().bytes),
              .mappings = program.mappings(),
              .calls = program.calls()};
  }
  return moment;
}

Addresses unwound(Unwinder& unwinder, const Unwinder::Thread& thread) {
  Addresses addresses;
  unwinder.unwind(thread, addresses);
  return addresses;
}

TEST(Unwinder, GivesTheInnerCallsOfAStackThatWasNotCopiedWhole) {
  Moment moment = deep_moment();
  ASSERT_GT(moment.calls.size(), 5U);
  moment.bytes.resize(200);
  Unwinder unwinder;
  const Addresses addresses = unwound(unwinder, moment.thread());
  ASSERT_LT(addresses.size(), moment.calls.size());
  EXPECT_TRUE(std::equal(addresses.begin(), addresses.end(), moment.calls.begin()));
  EXPECT_EQ(unwinder.counts().cut, 1);
  EXPECT_EQ(unwinder.counts().whole, 0);
}

TEST(Unwinder, DoesNotBelieveAFileThatWasReplaced) {
  Moment moment = deep_moment();
  for (Mapping& mapping : moment.mappings) mapping.build_id = "0123456789abcdef";
  Unwinder unwinder(Unwinder::Places{});
  EXPECT_THAT(unwound(unwinder, moment.thread()), ElementsAre(moment.calls[0]));
  EXPECT_EQ(unwinder.counts().unknown, 1);
  EXPECT_THAT(unwinder.warnings(),
              ElementsAre(HasSubstr("replaced since: build id 0123456789abcdef was profiled")));
}

TEST(Unwinder, FindsAFileOfTheSameBuildInPerfsCache) {
  Moment moment = deep_moment();
  namespace fs = std::filesystem;
  const fs::path cache = fs::path(testing::TempDir()) / ("build-cache." + std::to_string(getpid()));
  for (Mapping& mapping : moment.mappings) {
    if (!is_file(mapping.path)) continue;
    mapping.build_id = build_id_of(mapping.path);
    const fs::path entry =
        cache / ".build-id" / mapping.build_id.substr(0, 2) / mapping.build_id.substr(2);
    fs::create_directories(entry);
    fs::copy_file(mapping.path, entry / "elf");
    mapping.path = "/gone" + mapping.path + " (deleted)";
  }
  Unwinder unwinder({.build_cache = cache});
  EXPECT_EQ(unwound(unwinder, moment.thread()), moment.calls);
  fs::remove_all(cache);
}

// A thread in code made at run time, on a stack of `words` from address 0x1000.
Unwinder::Thread in_made_code(const std::vector<std::uint64_t>& words, std::uint64_t frame,
                              const std::vector<Mapping>& mappings) {
  Unwinder::Thread thread{
      .stack = {.bytes = {reinterpret_cast<const char*>(words.data()), words.size() * 8},
                .start = 0x1000},
      .mapping_at = among(mappings)};
  thread.registers.set(Registers::kInstructionPointer, 0x500010);
  thread.registers.set(Registers::kStackPointer, 0x1000);
  thread.registers.set(Registers::kFramePointer, frame);
  return thread;
}

const std::vector<Mapping> kMadeCode = {{.path = "//anon", .start = 0x500000, .end = 0x501000}};

TEST(Unwinder, FollowsFramePointersThroughCodeMadeAtRunTime) {
  Unwinder unwinder;
  const std::vector<std::uint64_t> words = {0, 0x1020, 0x500021, 0, 0, 0x500031};
  EXPECT_THAT(unwound(unwinder, in_made_code(words, 0x1008, kMadeCode)),
              ElementsAre(0x500010, 0x500020, 0x500030));
  EXPECT_EQ(unwinder.counts().whole, 1);
}

TEST(Unwinder, DoesNotFollowAFramePointerToNowhere) {
  const std::vector<std::uint64_t> words = {0, 0x1018, 0x700021, 0};
  Unwinder unwinder;
  EXPECT_THAT(unwound(unwinder, in_made_code(words, 0x1008, kMadeCode)), ElementsAre(0x500010));
  EXPECT_EQ(unwinder.counts().unknown, 1);
}

TEST(Unwinder, EndsOnAStackThatLeadsBackIntoItself) {
  const std::vector<std::uint64_t> words = {0, 0x1008, 0x500021, 0};
  Unwinder unwinder;
  EXPECT_THAT(unwound(unwinder, in_made_code(words, 0x1008, kMadeCode)),
              ElementsAre(0x500010, 0x500020));
  EXPECT_EQ(unwinder.counts().nonsense, 1);
}

TEST(Unwinder, CopesWithAnyRegistersAndStack) {
  const Moment moment = deep_moment();
  std::mt19937_64 random(7);
  Unwinder unwinder;
  for (int i = 0; i < 20'000; ++i) {
    Moment broken = moment;
    // Mostly plausible: near what was there, at the edges of the address space, or anything.
    const auto spoil = [&](std::uint64_t& value) {
      switch (random() % 4) {
        case 0:
          value += random() % 256 - 128;
          break;
        case 1:
          value = std::uint64_t{0} - random() % 64;
          break;
        case 2:
          value = moment.calls[random() % moment.calls.size()] + random() % 16;
          break;
        default:
          value = random();
      }
    };
    spoil(broken.registers.values[random() % Registers::kCount]);
    broken.registers.known = static_cast<std::uint32_t>(random() | random());
    broken.bytes.resize(random() % 3 == 0 ? random() % broken.bytes.size() : broken.bytes.size());
    for (int k = 0; k < 4 && broken.bytes.size() >= 8; ++k) {
      std::uint64_t word = 0;
      char* const at = &broken.bytes[random() % (broken.bytes.size() - 7)];
      std::memcpy(&word, at, 8);
      spoil(word);
      std::memcpy(at, &word, 8);
    }
    Unwinder::Thread thread = broken.thread();
    if (random() % 4 == 0) spoil(thread.stack.start);
    ASSERT_LE(unwound(unwinder, thread).size(), Unwinder::kDeepest);
  }
  const Unwinder::Counts& counts = unwinder.counts();
  EXPECT_EQ(counts.whole + counts.cut + counts.unknown + counts.nonsense, 20'000);
}

// Where a section of an ELF file is in it, and its address.
GElf_Shdr section_of(const ElfFile& file, std::string_view name) {
  std::size_t names = 0;
  elf_getshdrstrndx(file.get(), &names);
  GElf_Shdr header{};
  for (Elf_Scn* section = elf_nextscn(file.get(), nullptr); section != nullptr;
       section = elf_nextscn(file.get(), section)) {
    gelf_getshdr(section, &header);
    if (elf_strptr(file.get(), names, header.sh_name) == name) return header;
  }
  ADD_FAILURE() << "no section " << name;
  return {};
}

TEST(Cfi, CopesWithDamagedFrameInformation) {
  const File program = read_file(UNWOUND);
  const std::string bytes(program.bytes());
  const std::optional<ElfFile> whole = ElfFile::of_bytes("whole", bytes);
  ASSERT_TRUE(whole.has_value());
  const GElf_Shdr code = section_of(*whole, ".text");
  const GElf_Shdr sections[] = {section_of(*whole, ".eh_frame"),
                                section_of(*whole, ".eh_frame_hdr")};
  std::mt19937_64 random(11);
  std::int64_t rows = 0;
  std::int64_t missing = 0;
  for (int i = 0; i < 500; ++i) {
    std::string damaged = bytes;
    for (int k = 0; k < 3; ++k) {
      const GElf_Shdr& place = sections[random() % 2];
      damaged[place.sh_offset + random() % place.sh_size] = static_cast<char>(random());
    }
    Cfi cfi(ElfFile::of_bytes("damaged", damaged).value(), {});
    for (int k = 0; k < 40; ++k) {
      const CfiRow* const row = cfi.row_at(code.sh_addr + random() % code.sh_size);
      ++(row == nullptr ? missing : rows);
    }
  }
  EXPECT_GT(rows, missing);
  EXPECT_GT(missing, 0);
}

TEST(OpenMapped, TakesTheVdsoOnlyOfTheRunningKernel) {
  const std::optional<ElfFile> vdso = running_vdso();
  if (!vdso) return;  // a kernel without one
  std::string why;
  EXPECT_TRUE(open_mapped("[vdso]", vdso->build_id(), {}, why).has_value());
  EXPECT_FALSE(open_mapped("[vdso]", "", {}, why).has_value());
  EXPECT_FALSE(open_mapped("[vdso]", "0123", {}, why).has_value());
}

TEST(OpenMapped, TakesADeletedFileOnlyOfAKnownBuild) {
  const std::string deleted = std::string(UNWOUND) + " (deleted)";
  std::string why;
  EXPECT_FALSE(open_mapped(deleted, "", {}, why).has_value());
  EXPECT_TRUE(open_mapped(deleted, build_id_of(UNWOUND), {}, why).has_value());
}

// The value of an expression where register 7 is 0x1000, 16 is 0x400012, the frame
// address 0x2000, and the stack at 0x1000 holds 42.
std::optional<std::uint64_t> value_of(const std::vector<Dwarf_Op>& expression) {
  Registers registers;
  registers.set(7, 0x1000);
  registers.set(16, 0x400012);
  const std::uint64_t word = 42;
  const StackCopy stack{.bytes = {reinterpret_cast<const char*>(&word), 8}, .start = 0x1000};
  return evaluate(expression, {.registers = &registers, .stack = &stack, .frame_address = 0x2000});
}

Dwarf_Op op(std::uint8_t atom, std::uint64_t number = 0, std::uint64_t offset = 0) {
  return {.atom = atom, .number = number, .number2 = 0, .offset = offset};
}

TEST(CfiExpression, FindsTheFrameOfAPltStub) {
  // rsp + 8 + ((rip & 15) >= 11) * 8: the stub has pushed its index by then.
  std::vector<Dwarf_Op> plt = {op(DW_OP_breg7, 8), op(DW_OP_breg16), op(DW_OP_lit15),
                               op(DW_OP_and),      op(DW_OP_lit11),  op(DW_OP_ge),
                               op(DW_OP_lit3),     op(DW_OP_shl),    op(DW_OP_plus)};
  EXPECT_EQ(value_of(plt), 0x1008U);
  plt[4] = op(DW_OP_lit2);
  EXPECT_EQ(value_of(plt), 0x1010U);
}

TEST(CfiExpression, Computes) {
  struct Row {
    std::vector<Dwarf_Op> expression;
    std::optional<std::uint64_t> value;
  };
  const std::uint64_t minus_six = std::uint64_t{0} - 6;
  const std::vector<Row> rows = {
      {{op(DW_OP_breg7), op(DW_OP_deref)}, 42},
      {{op(DW_OP_breg7), op(DW_OP_deref_size, 1)}, 42},
      {{op(DW_OP_breg7, 1), op(DW_OP_deref)}, std::nullopt},  // outside of the stack
      {{op(DW_OP_breg3)}, std::nullopt},                      // an unknown register
      {{op(DW_OP_call_frame_cfa), op(DW_OP_plus_uconst, 8)}, 0x2008},
      {{op(DW_OP_lit7), op(DW_OP_lit2), op(DW_OP_minus)}, 5},
      {{op(DW_OP_lit7), op(DW_OP_lit0), op(DW_OP_div)}, std::nullopt},
      {{op(DW_OP_const1s, minus_six), op(DW_OP_lit2), op(DW_OP_div)}, std::uint64_t{0} - 3},
      {{op(DW_OP_const1s, minus_six), op(DW_OP_lit1), op(DW_OP_shra)}, std::uint64_t{0} - 3},
      {{op(DW_OP_const1s, minus_six), op(DW_OP_lit1), op(DW_OP_lt)}, 1},
      {{op(DW_OP_lit1), op(DW_OP_lit2), op(DW_OP_lit3), op(DW_OP_rot), op(DW_OP_drop)}, 1},
      {{op(DW_OP_lit1), op(DW_OP_lit2), op(DW_OP_over), op(DW_OP_swap)}, 2},
      {{op(DW_OP_plus)}, std::nullopt},
      {{}, std::nullopt},
      {{op(DW_OP_piece)}, std::nullopt},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(value_of(rows[i].expression), rows[i].value) << "row " << i;
  }
}

TEST(CfiExpression, JumpsAndEndsWhereItWouldNever) {
  const std::uint64_t back = std::uint64_t{0} - 3;
  // 0: lit1; 1: bra +1 to 5; 4: lit9; 5: lit7
  EXPECT_EQ(value_of({op(DW_OP_lit1, 0, 0), op(DW_OP_bra, 1, 1), op(DW_OP_lit9, 0, 4),
                      op(DW_OP_lit7, 0, 5)}),
            7U);
  EXPECT_EQ(value_of({op(DW_OP_skip, back, 0)}), std::nullopt);
  EXPECT_EQ(value_of({op(DW_OP_lit1, 0, 0), op(DW_OP_skip, 0, 1)}), 1U);
  EXPECT_EQ(value_of({op(DW_OP_lit1, 0, 0), op(DW_OP_skip, 100, 1)}), std::nullopt);
  EXPECT_EQ(value_of({op(DW_OP_lit1, 0, 0), op(DW_OP_skip, back - 100, 1)}), std::nullopt);
}

}  // namespace
}  // namespace tidemark
