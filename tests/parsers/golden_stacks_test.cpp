// Each sample of the formats that list stacks, as recorded from the program that
// writes it, and all that we read in it: beside it, with .expected behind its name.
// After a change that is meant: TIDEMARK_UPDATE=1 ctest -R GoldenStacks, and read
// the diff.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "parsers/formats.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

// "main (a.c:3) < f [inlined]" with the outermost frame first.
std::string text_of(const Profile& profile, StackId stack) {
  std::string text;
  const std::vector<Frame> frames = frames_of(profile, stack);
  for (std::size_t i = frames.size(); i > 0; --i) {
    const Frame& frame = frames[i - 1];
    text += text.empty() ? "" : "; ";
    text += printable(name_of(frame));
    if (!frame.file.empty()) text += fmt::format(" ({}:{})", printable(frame.file), frame.line);
    if (!frame.module.empty()) text += fmt::format(" in {}", printable(frame.module));
    if (frame.inlined) text += " [inlined]";
  }
  return text;
}

std::string text_of(const Profile& profile) {
  std::string text = fmt::format("{}:", printable(profile.title));
  for (const ValueType& type : profile.value_types()) {
    const bool shown = &type == &profile.value_types()[profile.default_value];
    text += fmt::format(" {}{}/{}", shown ? "*" : "", type.name, type.unit);
  }
  std::set<std::string> lines;
  for (std::uint32_t i = 0; i < profile.stacks(); ++i) {
    const auto self = profile.self(StackId{i});
    if (std::ranges::all_of(self, [](std::int64_t value) { return value == 0; })) continue;
    lines.insert(fmt::format("{} {}", text_of(profile, StackId{i}), fmt::join(self, " ")));
  }
  return fmt::format("{}\n{}\n", text, fmt::join(lines, "\n"));
}

std::string text_of(const Recording& recording) {
  std::string text = recording.producer + (recording.partial ? ", partial\n" : "\n");
  for (const std::string& warning : recording.warnings) {
    text += "warning: " + warning.substr(warning.rfind("/") + 1) + "\n";
  }
  for (const Profile& profile : recording.profiles) text += "\n" + text_of(profile);
  return text;
}

class GoldenStacks : public testing::TestWithParam<const char*> {};

TEST_P(GoldenStacks, AreWhatIsKept) {
  int samples = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(TIDEMARK_TEST_DATA) / GetParam())) {
    const std::string path = entry.path();
    if (path.ends_with(".expected")) continue;
    ++samples;
    const std::string text = text_of(parse(read_file(path)));
    if (std::getenv("TIDEMARK_UPDATE") != nullptr) write_file(path + ".expected", text);
    EXPECT_EQ(read_file(path + ".expected").bytes(), text) << path;
  }
  EXPECT_GT(samples, 0);
}

INSTANTIATE_TEST_SUITE_P(Samples, GoldenStacks,
                         testing::Values("bpftrace", "gdb", "eu-stack", "dtrace", "go-goroutines",
                                         "go-pprof", "pprof-raw", "pprof-symbols", "jstack",
                                         "py-spy", "cpuprofile", "speedscope", "macos-sample",
                                         "perf-data", "tidemark-heap"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tidemark
