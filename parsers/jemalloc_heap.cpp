// The heap profiles of jemalloc (checked against 5.3.0). First the sampling rate
// and the totals, then each stack, innermost address first, with what it holds,
// for all threads and for each; then what was mapped:
//
//   heap_v2/524288
//     t*: 139: 7499 [1283: 72035]
//     t0: 139: 7499 [1283: 72035]
//   @ 0x7fc14c0a2630 0x7fc14c0a2d21 0x55c1810cd931
//     t*: 0: 0 [1: 48]
//     t0: 0: 0 [1: 48]
//
//   MAPPED_LIBRARIES:
//   55c1810cb000-55c1811e2000 r-xp 0005f000 fe:00 10977301    /usr/bin/redis-check-rdb
//
// The numbers after '[' are 0 unless opt.prof_accum is set. jemalloc 5.3 makes
// up the counts of a stack so that scaling by the mean size is right even when
// sizes differ. The lines of single threads are not kept.

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/address_stacks.h"
#include "parsers/all_formats.h"
#include "parsers/heap_counts.h"
#include "parsers/proc_maps.h"

namespace tidemark {
namespace {

constexpr std::string_view kStart = "heap_v2/";
constexpr std::string_view kAllThreads = "  t*:";
constexpr std::string_view kTotals = "'  t*: <objects>: <bytes> [<objects>: <bytes>]'";

bool recognizes(std::string_view head) { return head.starts_with(kStart); }

class Parser {
 public:
  explicit Parser(const Input& input)
      : lines_(input.name, input.bytes), profile_(heap_value_types()), stacks_(profile_) {}

  Recording parse() {
    rate_ = lines_.expect_number(kStart);
    if (!lines_.whole() || rate_ < 1) lines_.fail("'heap_v2/<rate>'");
    if (!lines_.next() || !lines_.whole() || !lines_.line().starts_with(kAllThreads)) {
      lines_.fail(kTotals);
    }
    const std::int64_t in_use = counts()[0];
    while (lines_.next() && add_line()) {
    }
    const ProcMaps maps(lines_);
    if (records_ == 0 && (in_use != 0 || cut_ || maps.empty())) {
      lines_.fail("'@ <addresses>' and its numbers");
    }
    stacks_.locate(maps);
    warn(maps);
    profile_.title = "heap";
    profile_.default_value = kInUseSpace;
    recording_.producer = "jemalloc";
    recording_.profiles.push_back(std::move(profile_));
    return std::move(recording_);
  }

 private:
  // False when the records end with this line.
  bool add_line() {
    const std::string_view line = lines_.line();
    if (line.starts_with("MAPPED_LIBRARIES:")) return false;
    if (line.empty()) return true;
    if (!lines_.whole()) {
      cut_ = true;
      warn_partial("the file ends inside this line; it is left out");
    } else if (line.starts_with('@')) {
      if (!read_calls(line.substr(1), calls_)) lines_.fail("'@ <addresses>'");
      expect_stack(false);
      waiting_ = true;
    } else if (line.starts_with(kAllThreads)) {
      expect_stack(true);
      waiting_ = false;
      const HeapCounts sampled = counts();
      try {
        add(sampled);
      } catch (const Error& error) {
        throw Error(lines_.at(error.what()));
      }
    } else if (!line.starts_with("  t")) {
      lines_.fail("'@ <addresses>' or " + std::string(kTotals));
    }
    return true;
  }

  // Whether a stack is waiting for its numbers must be as the line needs it.
  void expect_stack(bool waiting) const {
    if (waiting_ != waiting) lines_.fail(waiting ? "'@ <addresses>' before it" : kTotals);
  }

  HeapCounts counts() const {
    std::string_view text = lines_.line().substr(kAllThreads.size());
    const auto found = take_heap_counts(text);
    if (!found || (*found)[0] < 0 || (*found)[2] < 0) lines_.fail(kTotals);
    return *found;
  }

  void add(const HeapCounts& sampled) {
    ++records_;
    const HeapEstimate whole = estimate(sampled, rate_);
    const StackId stack = stacks_.find(calls_);
    profile_.add(stack, whole.values);
    profile_.add_variance(stack, whole.variances);
  }

  void warn(const ProcMaps& maps) {
    if (waiting_ && !cut_) warn_partial("the file ends after a stack, before its numbers");
    maps.report(recording_,
                lines_.at("the file ends before its MAPPED_LIBRARIES: modules are not known"));
  }

  void warn_partial(std::string_view message) { recording_.lacks(lines_.at(message)); }

  Lines lines_;
  Recording recording_;
  Profile profile_;
  AddressStacks stacks_;
  std::vector<std::uint64_t> calls_;
  std::int64_t rate_ = 0;
  std::int64_t records_ = 0;
  bool waiting_ = false;  // a stack was read, its numbers were not
  bool cut_ = false;
};

}  // namespace

constinit const Format kJemallocHeapFormat = {
    .name = "jemalloc-heap",
    .summary = "heap profile of jemalloc (MALLOC_CONF=prof:true), sampled",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
