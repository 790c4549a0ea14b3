#include "lib/analyze/annotate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tidemark {
namespace {

std::string marked(const Frame& frame, const Annotations& annotations) {
  Profile profile(std::vector<ValueType>{{.name = "n", .unit = "count"}});
  const FrameId id = profile.intern(frame);
  annotate(profile, annotations);
  return profile.frame(id).function;
}

TEST(Annotate, MarksAsStackcollapsePerfDoes) {
  const Annotations all{.kernel = true, .jit = true, .inlined = true};
  const struct {
    const char* module;
    bool inlined;
    Annotations annotations;
    const char* expected;
  } kRows[] = {
      {"[kernel.kallsyms]", false, all, "f_[k]"},
      {"[nf_tables]", false, all, "f_[k]"},
      {"[kernel.kallsyms]", false, {.jit = true}, "f"},
      {"[vdso]", false, all, "f_[k]"},
      {"[unknown]", false, all, "f"},
      {"/tmp/perf-12.map", false, all, "f_[j]"},
      {"/root/.debug/jit/x/jitted-12-3.so", false, all, "f_[j]"},
      {"/tmp/jit-12.dump", false, all, "f_[j]"},
      {"/tmp/perf-12.map", false, {.kernel = true}, "f"},
      {"/bin/server", true, all, "f_[i]"},
      {"[kernel.kallsyms]", true, all, "f_[i]"},
      {"/bin/server", false, all, "f"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(
        marked({.function = "f", .module = row.module, .inlined = row.inlined}, row.annotations),
        row.expected)
        << row.module;
  }
}

TEST(Annotate, TellsThePlacesThatStackcollapsePerfTells) {
  const PlaceAnnotations addrs{.addrs = true};
  const PlaceAnnotations context{.context = true};
  const struct {
    Frame frame;
    PlaceAnnotations annotations;
    const char* expected;
  } kRows[] = {
      {{.function = "[x]", .module = "/x", .address = 0x7010, .offset = 0x10}, addrs, "[x <10>]"},
      {{.function = "[[k]]_[k]", .module = "[k]", .address = 9, .offset = 9},
       addrs,
       "[[k] <9>]_[k]"},
      {{.function = "[unknown]", .address = 0xbeef}, addrs, "[unknown <beef>]"},
      {{.function = "f", .module = "/x", .address = 0x7010, .offset = 0x10}, addrs, "f"},
      {{.function = "[x]", .module = "/x"}, addrs, "[x]"},
      {{.function = "f", .file = "/s/a.c", .line = 4, .address = 1}, context, "f:a.c:4"},
      {{.function = "f_[i]", .file = "a.c", .line = 4, .address = 1}, context, "f_[i]:a.c:4"},
      {{.function = "f", .address = 1}, context, "f"},
      {{.function = "f:a.c:4", .file = "a.c", .line = 4}, context, "f:a.c:4"},
  };
  for (const auto& row : kRows) {
    Profile profile(std::vector<ValueType>{{.name = "n", .unit = "count"}});
    const FrameId id = profile.intern(row.frame);
    annotate_places(profile, row.annotations);
    EXPECT_EQ(profile.frame(id).function, row.expected);
  }
}

TEST(Annotate, LeavesFramesWithoutAFunctionAlone) {
  EXPECT_EQ(marked({.module = "[kernel.kallsyms]", .offset = 5}, {.kernel = true}), "");
}

}  // namespace
}  // namespace tidemark
