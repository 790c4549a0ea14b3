#include "lib/symbolize/perf_symbols.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "lib/symbolize/build_id.h"
#include "lib/symbolize/demangle.h"
#include "lib/symbolize/runtime_code.h"
#include "tests/lib/scratch.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kText = 0xFFFFFFFF81000000;

std::string name_at(const SymbolTable& table, std::uint64_t address) {
  const std::size_t found = table.find(address);
  return found == SymbolTable::kNone ? "" : std::string(table.name(found));
}

TEST(SymbolTable, LetsASymbolWithoutSizeReachToTheNext) {
  SymbolTable table;
  table.add({.start = 0x20, .size = 0x10, .name = "sized"});
  table.add({.start = 0x10, .size = 0, .name = "label"});
  table.settle();
  EXPECT_EQ(name_at(table, 0x1F), "label");
  EXPECT_EQ(name_at(table, 0x2F), "sized");
  EXPECT_EQ(name_at(table, 0x30), "");
  EXPECT_EQ(name_at(table, 0xF), "");
}

TEST(SymbolTable, FindsTheFunctionAroundAnotherOne) {
  SymbolTable table;
  table.add({.start = 0x10, .size = 0x30, .name = "outer"});
  table.add({.start = 0x20, .size = 0x8, .name = "inner"});
  table.settle();
  EXPECT_EQ(name_at(table, 0x24), "inner");
  EXPECT_EQ(name_at(table, 0x2C), "outer");
}

TEST(SymbolTable, PrefersTheFunctionAroundALabel) {
  SymbolTable table;
  table.add({.start = 0x10, .size = 0x30, .name = "function"});
  table.add({.start = 0x20, .size = 0, .name = "label"});
  table.add({.start = 0x60, .size = 0x8, .name = "next"});
  table.settle();
  EXPECT_EQ(name_at(table, 0x24), "function");
  EXPECT_EQ(name_at(table, 0x44), "label");
  EXPECT_EQ(table.name(table.starting_at(0x60)), "next");
  EXPECT_EQ(table.starting_at(0x61), SymbolTable::kNone);
}

TEST(SymbolTable, KeepsTheNameThatPerfShows) {
  using Symbol = SymbolTable::Symbol;
  for (const auto& [worse, better] :
       {std::pair<Symbol, Symbol>{{.start = 1, .size = 0, .name = "a"}, {.size = 4, .name = "b"}},
        {{.size = 4, .name = "a", .weak = true}, {.size = 4, .name = "b"}},
        {{.size = 4, .name = "a"}, {.size = 4, .name = "b", .global = true}},
        {{.size = 4, .name = "__a"}, {.size = 4, .name = "_b"}},
        {{.size = 4, .name = "a"}, {.size = 4, .name = "longer"}}}) {
    for (const bool swapped : {false, true}) {
      SymbolTable table;
      for (Symbol symbol : {swapped ? better : worse, swapped ? worse : better}) {
        symbol.start = 0x10;
        table.add(symbol);
      }
      table.settle();
      EXPECT_EQ(name_at(table, 0x10), better.name);
    }
  }
}

TEST(Demangle, LeavesArgumentsOutOfNames) {
  EXPECT_EQ(demangled_name("_ZN2ns1AIiE1fIdEESt6vectorIT_SaIS4_EERKi"), "ns::A<int>::f<double>");
  EXPECT_EQ(demangled_name("main"), "main");
  EXPECT_EQ(demangled_name("_Znonsense"), "_Znonsense");
  EXPECT_EQ(demangled_name("_ZNSt8ios_baseC2Ev@plt"), "std::ios_base::ios_base@plt");
}

TEST(Demangle, KnowsBothSchemesOfRust) {
  EXPECT_EQ(demangled_name("_RNvCs1234_7mycrate3foo"), "mycrate::foo");
  EXPECT_EQ(demangled("_RNvCs1234_7mycrate3foo"), "mycrate::foo");
  EXPECT_EQ(demangled_name("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE"),
            "core::fmt::Formatter::pad");
}

// f<A<c,c>, A<A<c,c>,A<c,c>>, ...>: each argument is twice as long as the one before.
TEST(Demangle, StopsAtATextThatGrowsWithoutBound) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string symbol = "_Z1fI1AIccE";
  for (std::size_t i = 1; i < kDigits.size(); ++i) {
    const std::string last = std::string("S") + kDigits[i] + "_";
    symbol += "S0_I" + last + last + "E";
  }
  symbol += "Evv";
  EXPECT_EQ(demangled_name(symbol.c_str()), symbol);
}

TEST(Kallsyms, FindsFunctionsOfTheKernelAndItsModules) {
  const Kallsyms symbols = Kallsyms::parse(
      "ffffffff81000000 T _text\nffffffff81000010 t start\nffffffff81000010 r constant\n"
      "ffffffffc0a01000 t nf_hook\t[nf_tables]\nbroken\n");
  EXPECT_EQ(symbols.text(), kText);
  EXPECT_EQ(symbols.function_at(kText + 0x14).name, "start");
  EXPECT_EQ(symbols.function_at(0xFFFFFFFFC0A01004).name, "nf_hook");
  EXPECT_EQ(symbols.function_at(0xFFFFFFFFC0A01004).module, "[nf_tables]");
  EXPECT_EQ(symbols.function_at(0x10).name, "");
}

TEST(Kallsyms, IsEmptyWhereTheKernelHidesAddresses) {
  EXPECT_TRUE(Kallsyms::parse("0000000000000000 T _text\n0000000000000000 t start\n").empty());
}

TEST(RuntimeCode, ReadsTheMapThatRuntimesWriteForPerf) {
  RuntimeCode code;
  code.parse_map("100 10 old\n100 10 LazyCompile:~f /x.js:1\nnonsense\n200 0 empty\n");
  EXPECT_EQ(code.function_at(0x10F), "LazyCompile:~f /x.js:1");
  EXPECT_EQ(code.function_at(0x110), "");
}

std::string bytes_of(std::initializer_list<std::uint64_t> values) {
  std::string bytes;
  for (const std::uint64_t value : values) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return bytes;
}

// A record: kind and size in one number, time, what is in it.
std::string jit_record(std::uint64_t kind, const std::string& body) {
  return bytes_of({kind | (16 + body.size()) << 32, 0}) + body;
}

TEST(RuntimeCode, ReadsJitdumpsAndFollowsCodeThatMoves) {
  const std::string header = bytes_of({1ULL << 32 | 0x4A695444, 40, 0, 0, 0});
  const std::string dump =
      header + jit_record(0, bytes_of({0, 0, 0x100, 0x10, 1}) + "f" + std::string(7, '\0')) +
      jit_record(1, bytes_of({0, 0, 0x100, 0x500, 0x10, 1}));
  RuntimeCode code;
  code.parse_jitdump(dump);
  EXPECT_EQ(code.function_at(0x108), "f");
  EXPECT_EQ(code.function_at(0x508), "f");
  for (std::size_t size = 0; size < dump.size(); ++size) {
    RuntimeCode().parse_jitdump(std::string(dump, 0, size));
  }
}

class PerfSymbolsTest : public testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text) {
    std::ofstream(scratch_.path / name) << text;
    return scratch_.path / name;
  }

  Scratch scratch_;
};

TEST_F(PerfSymbolsTest, FollowsTheKernelToWhereItWas) {
  PerfSymbols symbols({.kallsyms = write("kallsyms",
                                         "ffffffff81000000 T _text\n"
                                         "ffffffff81000010 t start\n"
                                         "ffffffff81000020 t next\n")});
  const Mapping kernel{.path = "[kernel.kallsyms]", .build_id = "00", .offset = kText + 0x4000000};
  const std::uint64_t address = kText + 0x4000014;
  const auto frames = symbols.frames_at(
      kernel, {.module = "[kernel.kallsyms]", .address = address, .offset = address});
  EXPECT_THAT(frames, ElementsAre(Frame{.function = "start", .module = "[kernel.kallsyms]"}));
}

TEST_F(PerfSymbolsTest, SaysThatAnotherKernelRan) {
  PerfSymbols symbols({.build_cache = scratch_.path});
  const Mapping kernel{.path = "[kernel.kallsyms]", .build_id = "0badc0de"};
  const Frame place{.module = "[kernel.kallsyms]", .address = kText, .offset = kText};
  EXPECT_EQ(symbols.frames_at(kernel, place).at(0).function, "[[kernel.kallsyms]]");
  EXPECT_THAT(symbols.warnings(), ElementsAre(HasSubstr("another one ran while recording")));
}

TEST_F(PerfSymbolsTest, NamesFunctionsOfAProgramByOffset) {
  PerfSymbols symbols;
  const std::string program = TIDEMARK_BUILD "/tests/programs/leak_three";
  const Mapping module{.path = program, .build_id = build_id_of(program)};
  std::string seen;
  for (std::uint64_t offset = 0; offset < 0x2000; ++offset) {
    const auto frames = symbols.frames_at(module, {.module = program, .offset = offset});
    ASSERT_EQ(frames.size(), 1U);
    if (!seen.ends_with(frames[0].function + " ")) seen += frames[0].function + " ";
  }
  EXPECT_THAT(seen, HasSubstr(" main "));
  EXPECT_THAT(seen, HasSubstr(" malloc@plt "));
  EXPECT_THAT(seen, HasSubstr("[leak_three] "));
}

TEST_F(PerfSymbolsTest, KeepsAddressesWhenAsked) {
  PerfSymbols symbols({.addresses = true});
  EXPECT_THAT(symbols.frames_at({}, {.address = 0x10}),
              ElementsAre(Frame{.function = "[unknown]", .address = 0x10}));
}

TEST_F(PerfSymbolsTest, NamesNoFunctionOfAnotherBuild) {
  PerfSymbols symbols({.build_cache = scratch_.path});
  const std::string program = TIDEMARK_BUILD "/tests/programs/leak_three";
  const Mapping module{.path = program, .build_id = "0badc0de"};
  EXPECT_EQ(symbols.frames_at(module, {.module = program, .offset = 0x1139}).at(0).function,
            "[leak_three]");
  EXPECT_THAT(symbols.warnings(), ElementsAre(HasSubstr("replaced since")));
}

TEST_F(PerfSymbolsTest, LooksForFilesOfAnotherMachineBelowARoot) {
  const std::string program = TIDEMARK_BUILD "/tests/programs/leak_three";
  const Mapping module{.path = "/opt/elsewhere", .build_id = build_id_of(program)};
  fs::create_directories(scratch_.path / "opt");
  fs::copy_file(program, scratch_.path / "opt/elsewhere");
  fs::create_directories(scratch_.path / "tmp");
  write("tmp/perf-12.map", "100 10 compiled\n");
  PerfSymbols symbols({.root = scratch_.path});
  std::string seen;
  for (std::uint64_t offset = 0x1000; offset < 0x2000; ++offset) {
    seen += symbols.frames_at(module, {.module = module.path, .offset = offset})[0].function + " ";
  }
  EXPECT_THAT(seen, HasSubstr(" main "));
  const std::string map = "/tmp/perf-12.map";
  EXPECT_EQ(symbols.frames_at({.path = map}, {.module = map, .offset = 0x104})[0].function,
            "compiled");
  EXPECT_THAT(symbols.warnings(), IsEmpty());
}

TEST_F(PerfSymbolsTest, NamesModulesOfAnotherKernelFromItsKallsymsOnly) {
  constexpr std::uint64_t kAddress = 0xFFFFFFFFC0A01004;
  const Mapping module{.path = "[nf_tables]", .build_id = "0badc0de"};
  const Frame place{.module = "[nf_tables]", .address = kAddress, .offset = kAddress};
  PerfSymbols without;
  EXPECT_EQ(without.frames_at(module, place)[0].function, "[[nf_tables]]");
  PerfSymbols with({.kallsyms = write("kallsyms", "ffffffffc0a01000 t nf_hook\t[nf_tables]\n")});
  EXPECT_EQ(with.frames_at(module, place)[0].function, "nf_hook");
}

TEST_F(PerfSymbolsTest, NeverWaitsForAPipe) {
  const fs::path pipe = scratch_.path / "jit-1.dump";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  PerfSymbols symbols;
  EXPECT_EQ(symbols.frames_at({.path = pipe}, {.module = pipe, .offset = 0x10}).at(0).function,
            "[jit-1.dump]");
}

TEST_F(PerfSymbolsTest, NamesTheFramesOfARecordingThatHasNone) {
  const fs::path map = "/tmp/perf-4194305.map";  // above the highest process id
  std::ofstream(map) << "100 10 compiled\n";
  Profile profile(std::vector<ValueType>{{.name = "cpu-clock", .unit = "nanoseconds"}});
  const StackId root = profile.push(kRoot, profile.intern({.function = "node"}));
  const StackId leaf =
      profile.push(root, profile.intern({.module = map, .address = 0x104, .offset = 0x104}));
  const std::int64_t one[] = {1};
  profile.add(leaf, one);
  profile.timeline = {{.at = 1, .stack = leaf, .value = 1}};
  Recording recording;
  recording.profiles.push_back(profile);
  symbolize_perf(recording);
  fs::remove(map);
  const Profile& named = recording.profiles[0];
  EXPECT_EQ(frames_of(named, named.timeline.at(0).stack).at(0).function, "compiled");
  EXPECT_THAT(recording.warnings, IsEmpty());
}

}  // namespace
}  // namespace tidemark
