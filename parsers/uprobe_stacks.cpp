// What `memprof attach --rung uprobes` saw of a process's allocations in a short look
// (docs/formats/uprobes.md, version 1):
//
//   tidemark-uprobes 1
//   pid 4711
//   window_us 33125        how long the probes sampled
//   calls 18231            of the allocator's functions meanwhile
//   samples 1402           of them with a stack
//   lost 3                 samples that found no room
//   12 4800 3 1200 @ 0x55d0c0a01234 0x55d0c0a04321
//   MAPPED_LIBRARIES:
//   55d0c0a00000-55d0c0a10000: /usr/bin/redis-server (@1000) 5a8f3c0e
//
// A stack's line has the estimates of its calls and bytes, then their standard errors, then return
// addresses, innermost first; the list of mapped files is that of proc_maps.h.

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/address_stacks.h"
#include "parsers/all_formats.h"
#include "parsers/proc_maps.h"

namespace tidemark {
namespace {

constexpr std::string_view kStart = "tidemark-uprobes ";
constexpr std::string_view kStackLine = "'<calls> <bytes> <error> <error> @ <addresses>'";
constexpr std::int64_t kVersion = 1;

bool recognizes(std::string_view head) { return head.starts_with(kStart); }

class Parser {
 public:
  explicit Parser(const Input& input)
      : lines_(input.name, input.bytes),
        profile_(
            {{.name = "alloc_objects", .unit = "count"}, {.name = "alloc_space", .unit = "bytes"}}),
        stacks_(profile_) {}

  Recording parse() {
    if (const std::int64_t version = lines_.expect_number(kStart); version != kVersion) {
      throw Error(lines_.at(
          fmt::format("version {} of this format; this tool knows version {}", version, kVersion)));
    }
    profile_.pid = lines_.expect_number("pid ");
    profile_.duration_ns = checked_multiply(lines_.expect_number("window_us "), 1000);
    lines_.expect_number("calls ");
    lines_.expect_number("samples ");
    const std::int64_t lost = lines_.expect_number("lost ");
    if (lost > 0)
      recording_.warnings.push_back(lines_.at(fmt::format("{} samples were lost", lost)));
    bool ended = false;
    while (!ended && lines_.next()) {
      ended = lines_.line() == "MAPPED_LIBRARIES:";
      if (!ended) add_stack();
    }
    if (!ended) lines_.fail("'MAPPED_LIBRARIES:'");
    const ProcMaps maps(lines_);
    stacks_.locate(maps);
    maps.report(recording_, lines_.at("the file ends before its mappings: modules are not known"));
    profile_.title = "allocations";
    profile_.default_value = 1;
    recording_.producer = "tidemark uprobes";
    recording_.processes.push_back({.pid = profile_.pid});
    recording_.profiles.push_back(std::move(profile_));
    return std::move(recording_);
  }

 private:
  void add_stack() {
    std::string_view text = lines_.line();
    std::array<std::int64_t, 4> numbers{};
    for (std::int64_t& number : numbers) {
      const std::size_t blank = text.find(' ');
      const auto read = to_number(text.substr(0, blank));
      if (blank == std::string_view::npos || !read || *read < 0) lines_.fail(kStackLine);
      number = *read;
      text.remove_prefix(blank + 1);
    }
    if (!text.starts_with("@ ") || !read_calls(text.substr(2), calls_)) lines_.fail(kStackLine);
    const auto square = [](std::int64_t error) {
      return static_cast<double>(error) * static_cast<double>(error);
    };
    const std::array<double, 2> variances = {square(numbers[2]), square(numbers[3])};
    try {
      const StackId stack = stacks_.find(calls_);
      profile_.add(stack, std::array<std::int64_t, 2>{numbers[0], numbers[1]});
      profile_.add_variance(stack, variances);
    } catch (const Error& error) {
      throw Error(lines_.at(error.what()));
    }
  }

  Lines lines_;
  Recording recording_;
  Profile profile_;
  AddressStacks stacks_;
  std::vector<std::uint64_t> calls_;
};

}  // namespace

constinit const Format kUprobesFormat = {
    .name = "tidemark-uprobes",
    .summary = "allocations that memprof attach --rung uprobes saw",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
