#include "lib/symbolize/symbolizer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "lib/symbolize/symbolize.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  std::array<char, 4096> buffer = {};
  for (std::size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe.get())) > 0;) {
    text.append(buffer.data(), n);
  }
  return text;
}

std::string file_name(const std::string& path) { return fs::path(path).filename().string(); }

// "f (a.cpp:3) < main (a.cpp:9)"
std::string text_of(const std::vector<Frame>& frames) {
  std::string text;
  for (const Frame& frame : frames) {
    text += fmt::format("{}{} ({}:{})", text.empty() ? "" : " < ", frame.function,
                        file_name(frame.file), frame.line);
  }
  return text;
}

class SymbolizerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "symbolizer.XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { fs::remove_all(directory_); }

  // A copy of the sample program, changed by `objcopy options`.
  std::string copy(const std::string& name, const std::string& options = "") const {
    const std::string to = (directory_ / name).string();
    EXPECT_EQ(std::system(fmt::format("objcopy {} {} {}", options, SAMPLE, to).c_str()), 0);
    return to;
  }

  // The address of `symbol` in the sample, which is also its offset: the sample is a PIE.
  static std::uint64_t address_of(const std::string& symbol, const char* program = SAMPLE) {
    const std::string hex = output_of(
        fmt::format("nm -C {} | grep ' [TtW] {}' | grep -v cold | head -1", program, symbol));
    return std::stoull(hex, nullptr, 16);
  }

  fs::path directory_;
};

const char* const kTurn = "sample::Widget::turn(int) const";

TEST_F(SymbolizerTest, GivesInlinedCallsInnermostFirst) {
  Symbolizer symbolizer;
  std::vector<std::string> seen;
  const std::uint64_t start = address_of(kTurn);
  for (std::uint64_t at = start; at < start + 16; ++at) {
    seen.push_back(text_of(symbolizer.frames_at(SAMPLE, at)));
  }
  EXPECT_THAT(seen, testing::Contains("sample::innermost(int) (inlined.cpp:12) < int "
                                      "sample::middle<long>(long) (inlined.cpp:17) < "
                                      "sample::Widget::turn(int) const (inlined.cpp:21)"));
  const std::vector<Frame> frames = symbolizer.frames_at(SAMPLE, start);
  EXPECT_FALSE(frames.back().inlined);
  EXPECT_EQ(frames.back().module, SAMPLE);
  EXPECT_EQ(frames.back().offset, start);
  EXPECT_THAT(symbolizer.warnings(), ElementsAre());
}

// Every address of the program's own functions, as addr2line sees it.
void expect_like_addr2line(const std::string& program, std::uint64_t base) {
  std::istringstream symbols(output_of(fmt::format(
      "nm -S --defined-only {} | grep -E ' [TtW] (main|plain_c|_ZN.*sample)'", program)));
  std::string list;
  std::vector<std::uint64_t> addresses;
  std::string start;
  std::string size;
  std::string type;
  std::string name;
  while (symbols >> start >> size >> type >> name) {
    const std::uint64_t from = std::stoull(start, nullptr, 16);
    for (std::uint64_t i = 0; i < std::stoull(size, nullptr, 16); ++i) {
      addresses.push_back(from + i);
      list += fmt::format("{:x}\n", from + i);
    }
  }
  ASSERT_GT(addresses.size(), 200U);
  const fs::path input = fs::path(testing::TempDir()) / fmt::format("addresses.{}", getpid());
  write_file(input, list);
  std::istringstream answer(
      output_of(fmt::format("addr2line -a -i -f -C -e {} < {}", program, input.string())));
  fs::remove(input);

  Symbolizer symbolizer;
  std::string line;
  std::getline(answer, line);
  for (const std::uint64_t address : addresses) {
    std::vector<Frame> theirs;
    while (std::getline(answer, line) && !line.starts_with("0x")) {
      Frame frame{.function = line};
      std::getline(answer, line);
      const std::size_t colon = line.find(':', line.rfind('/') + 1);
      frame.file = line.substr(0, colon);
      frame.line = std::atoll(line.c_str() + colon + 1);
      theirs.push_back(frame);
    }
    std::vector<Frame> ours = symbolizer.frames_at(program, address - base);
    // addr2line calls a lambda "operator()", or like the function around it.
    for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) {
      if (ours[i].function == "sample::collect::{lambda}::operator()") {
        theirs[i].function = ours[i].function;
      }
    }
    ASSERT_EQ(text_of(ours), text_of(theirs)) << fmt::format("{} at {:x}", program, address);
  }
}

TEST_F(SymbolizerTest, AgreesWithAddr2lineOnAPositionIndependentProgram) {
  expect_like_addr2line(SAMPLE, 0);
}

TEST_F(SymbolizerTest, AgreesWithAddr2lineOnAProgramLinkedToAnAddress) {
  expect_like_addr2line(SAMPLE_FIXED, 0x400000);
}

TEST_F(SymbolizerTest, UsesTheDebugLinkBesideTheModule) {
  copy("sample.debug", "--only-keep-debug");
  const std::string stripped =
      copy("stripped", fmt::format("--strip-all --remove-section=.note.gnu.build-id "
                                   "--add-gnu-debuglink={}/sample.debug",
                                   directory_.string()));
  Symbolizer symbolizer({directory_ / "nowhere"});
  EXPECT_EQ(symbolizer.frames_at(stripped, address_of(kTurn)).back().function, kTurn);
  EXPECT_GT(symbolizer.frames_at(stripped, address_of(kTurn)).back().line, 0);
}

TEST_F(SymbolizerTest, RefusesADebugLinkOfAnotherBuild) {
  copy("sample.debug", "--only-keep-debug");
  const std::string stripped =
      copy("stripped",
           fmt::format("--strip-all --add-gnu-debuglink={}/sample.debug", directory_.string()));
  ASSERT_EQ(std::system(fmt::format("objcopy --only-keep-debug {} {}/sample.debug", SAMPLE_FIXED,
                                    directory_.string())
                            .c_str()),
            0);
  Symbolizer symbolizer({directory_ / "nowhere"});
  EXPECT_TRUE(symbolizer.frames_at(stripped, address_of(kTurn)).empty());
  ASSERT_EQ(symbolizer.warnings().size(), 1U);
  EXPECT_THAT(symbolizer.warnings()[0], HasSubstr("sample.debug: belongs to another build of"));
}

std::string build_id_of(const std::string& program) {
  const std::string text = output_of("readelf -n " + program);
  const std::size_t at = text.find("Build ID: ") + 10;
  return text.substr(at, text.find('\n', at) - at);
}

// The file of a program in a container, which is not there under its own path.
TEST_F(SymbolizerTest, LooksBelowTheRootOfTheProgram) {
  fs::create_directories(directory_ / "opt");
  copy("opt/server");
  const std::uint64_t place = address_of(kTurn);
  Symbolizer outside;
  EXPECT_THAT(outside.frames_at("/opt/server", place), ElementsAre());
  Symbolizer symbolizer;
  symbolizer.look_below(directory_);
  const std::vector<Frame> frames = symbolizer.frames_at("/opt/server", place);
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames.back().function, kTurn);
  EXPECT_EQ(frames.back().module, "/opt/server");
  EXPECT_FALSE(symbolizer.frames_at(SAMPLE, place).empty()) << "what is not below it";
}

TEST(ProcessRootOf, IsWhereTheProcessFindsItsFiles) {
  EXPECT_EQ(process_root_of("/proc/4711/root/tmp/heap.1.tmheap"), "/proc/4711/root");
  for (const char* path : {"/proc/4711/rootx/a", "/proc/self/root/a", "/proc/4711/maps", "/tmp/a",
                           "proc/4711/root/a", ""}) {
    EXPECT_EQ(process_root_of(path), "") << path;
  }
}

TEST_F(SymbolizerTest, FindsDebugFilesByBuildId) {
  const std::string stripped = copy("stripped", "--strip-all");
  const std::string id = build_id_of(SAMPLE);
  ASSERT_EQ(id.size(), 40U);
  fs::create_directories(directory_ / ".build-id" / id.substr(0, 2));
  copy(fmt::format(".build-id/{}/{}.debug", id.substr(0, 2), id.substr(2)), "--only-keep-debug");
  Symbolizer symbolizer({directory_});
  EXPECT_EQ(symbolizer.frames_at(stripped, address_of(kTurn)).back().function, kTurn);
}

TEST_F(SymbolizerTest, UsesSymbolsWhereThereIsNoDebugInformation) {
  const std::string bare = copy("bare", "--strip-debug");
  Symbolizer symbolizer({directory_ / "nowhere"});
  const std::vector<Frame> frames =
      symbolizer.frames_at(bare, address_of("sample::collect(int)") + 1);
  EXPECT_EQ(text_of(frames), "sample::collect(int) (:0)");
}

TEST_F(SymbolizerTest, DoesNotNameWhatOnlyLiesBehindASymbol) {
  // Of the text, only plain_c keeps a symbol: a stripped program with one export.
  const std::string stripped = copy("stripped", "--strip-all --keep-symbol=plain_c");
  Symbolizer symbolizer({directory_ / "nowhere"});
  const std::uint64_t plain = address_of("plain_c");
  const std::uint64_t turn = address_of(kTurn);
  const std::uint64_t collect = address_of("sample::collect(int)");
  ASSERT_GT(std::max(turn, collect), plain);  // which one is up to the compiler
  EXPECT_EQ(text_of(symbolizer.frames_at(stripped, plain)), "plain_c (:0)");
  EXPECT_TRUE(symbolizer.frames_at(stripped, turn).empty());
  EXPECT_TRUE(symbolizer.frames_at(stripped, collect).empty());
}

TEST_F(SymbolizerTest, WarnsOfAModuleThatWasReplaced) {
  Symbolizer symbolizer;
  symbolizer.expect(SAMPLE, "0123456789abcdef");
  EXPECT_TRUE(symbolizer.frames_at(SAMPLE, address_of(kTurn)).empty());
  ASSERT_EQ(symbolizer.warnings().size(), 1U);
  EXPECT_THAT(symbolizer.warnings()[0],
              HasSubstr("replaced since: build id 0123456789abcdef was profiled, "));
}

TEST_F(SymbolizerTest, WarnsOnceOfAModuleThatIsGone) {
  Symbolizer symbolizer;
  EXPECT_TRUE(symbolizer.frames_at("/nowhere/lib.so", 16).empty());
  EXPECT_TRUE(symbolizer.frames_at("/nowhere/lib.so", 32).empty());
  EXPECT_THAT(symbolizer.warnings(),
              ElementsAre("/nowhere/lib.so: no symbols: No such file or directory"));
  EXPECT_TRUE(symbolizer.frames_at("[vdso]", 16).empty());
  EXPECT_EQ(symbolizer.warnings().size(), 1U);
}

TEST_F(SymbolizerTest, DoesNotWaitForAPipe) {
  const std::string pipe = (directory_ / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  Symbolizer symbolizer;
  EXPECT_TRUE(symbolizer.frames_at(pipe, 16).empty());
  EXPECT_THAT(symbolizer.warnings(), ElementsAre(pipe + ": no symbols: not a regular file"));
}

TEST_F(SymbolizerTest, SurvivesDamagedFiles) {
  const std::string whole(read_file(SAMPLE).bytes());
  const std::string path = (directory_ / "damaged").string();
  const std::uint64_t place = address_of(kTurn);
  std::uint64_t random = 42;
  for (int round = 0; round < 200; ++round) {
    std::string bytes = whole;
    if (round % 4 == 0) bytes.resize(bytes.size() * static_cast<std::size_t>(round) / 200);
    for (int i = 0; i < 200 && !bytes.empty(); ++i) {
      random = random * 6364136223846793005U + 1442695040888963407U;
      bytes[(random >> 20) % bytes.size()] = static_cast<char>(random >> 56);
    }
    write_file(path, bytes);
    Symbolizer symbolizer(std::vector<fs::path>{});
    for (std::uint64_t i = 0; i < 64; ++i) symbolizer.frames_at(path, place + i * 4);
  }
}

TEST_F(SymbolizerTest, TakesAHundredThousandPlacesInTwoSeconds) {
  const std::string self = fs::read_symlink("/proc/self/exe").string();
  const std::uint64_t start = address_of("main", self.c_str());
  const auto before = std::chrono::steady_clock::now();
  Symbolizer symbolizer;
  std::size_t known = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    known += symbolizer.frames_at(self, start + i).empty() ? 0 : 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
  RecordProperty("ms", static_cast<int>(took.count() * 1000));
  EXPECT_GT(known, 50'000U);
  EXPECT_LT(took.count(), 2.0);
}

Profile sampled_at(std::uint64_t offset, const std::string& module) {
  Profile profile(std::vector<ValueType>{{.name = "samples", .unit = "count"}});
  const FrameId main = profile.intern({.function = "caller"});
  const FrameId bare = profile.intern({.module = module, .address = 0x7000, .offset = offset});
  profile.add(profile.push(profile.push(kRoot, main), bare), std::vector<std::int64_t>{7});
  return profile;
}

// An offset where two calls are inlined.
std::uint64_t inlined_place() {
  Symbolizer symbolizer;
  std::uint64_t at =
      std::stoull(output_of(fmt::format("nm -C {} | grep turn", SAMPLE)), nullptr, 16);
  while (symbolizer.frames_at(SAMPLE, at).size() != 3) ++at;
  return at;
}

TEST(Symbolized, MakesAFrameOfEachInlinedCall) {
  Symbolizer symbolizer;
  const Profile profile = symbolized(sampled_at(inlined_place(), SAMPLE), symbolizer);
  const StackId last{static_cast<std::uint32_t>(profile.stacks() - 1)};
  std::vector<std::string> names;
  for (const Frame& frame : frames_of(profile, last)) names.push_back(frame.function);
  EXPECT_THAT(names, ElementsAre("sample::innermost(int)", "int sample::middle<long>(long)", kTurn,
                                 "caller"));
  EXPECT_THAT(profile.self(last), ElementsAre(7));
}

TEST(Symbolized, PlacesBareAddressesByTheMappings) {
  Profile profile(std::vector<ValueType>{{.name = "samples", .unit = "count"}});
  const std::uint64_t offset = inlined_place();
  profile.mappings = {{.path = SAMPLE, .start = 0x10000, .end = 0x20000, .offset = offset - 8}};
  profile.add(profile.push(kRoot, profile.intern({.address = 0x10008})),
              std::vector<std::int64_t>{1});
  Symbolizer symbolizer;
  EXPECT_EQ(symbolized(profile, symbolizer).frame(FrameId{0}).function, kTurn);
}

TEST(Symbolized, KeepsWhatIsNotKnown) {
  Symbolizer symbolizer;
  const Profile profile = symbolized(sampled_at(0x10, "/nowhere/lib.so"), symbolizer);
  EXPECT_EQ(name_of(profile.frame(FrameId{1})), "lib.so+0x10");
}

TEST(Symbolize, NamesTheFramesOfFindings) {
  std::vector<Finding> findings{
      {.stacks = {
           {.frames = {{.module = SAMPLE, .offset = inlined_place()}, {.function = "caller"}}}}}};
  Symbolizer symbolizer;
  symbolize(findings, symbolizer);
  ASSERT_EQ(findings[0].stacks[0].frames.size(), 4U);
  EXPECT_EQ(findings[0].stacks[0].frames[2].function, kTurn);
  EXPECT_EQ(findings[0].stacks[0].frames[3].function, "caller");
}

}  // namespace
}  // namespace tidemark
