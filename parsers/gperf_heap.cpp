// The heap profiles of gperftools and tcmalloc in text (checked against
// gperftools 2.10). One line a stack, innermost address first, in use and ever
// allocated; then what was mapped:
//
//   heap profile:    124:    34316 [   194:    95036] @ heapprofile
//      100:    25600 [   100:    25600] @ 0x55659585e2ac 0x55659585e33f
//        3:      300 [     3:      300] @ 0x55659585e186 0x55659585e32b
//
//   MAPPED_LIBRARIES:
//   55659585e000-55659585f000 r-xp 00001000 00:00 10954619    /tmp/prog
//
// The word behind the header's @ says how the numbers came about:
//
//   heapprofile     every allocation (HEAPPROFILE=)
//   heap_v2/524288  one byte in 524288 was sampled (TCMALLOC_SAMPLE_PARAMETER=)
//   heapz_v2/N      the same, by http
//   heap/N, heapz/N the same by older ones; the rate is N/2
//   growth[z]       every time that the heap's address space grew
//
// gperftools 2.10 quirks: objects are counted in 32 bits with a sign, so that
// those beyond 2^31 come out negative; and the file is made in a buffer of 1 MiB,
// into which the smallest stacks do not fit, so the header holds more than the lines.

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/address_stacks.h"
#include "parsers/all_formats.h"
#include "parsers/go_pprof.h"
#include "parsers/heap_counts.h"
#include "parsers/proc_maps.h"
#include "parsers/stack_batch.h"

namespace tidemark {
namespace {

constexpr std::string_view kStart = "heap profile:";
constexpr std::string_view kRecord = "'<objects>: <bytes> [<objects>: <bytes>] @ <addresses>'";

bool recognizes(std::string_view head) { return head.starts_with(kStart) && !is_go_heap(head); }

struct Header {
  HeapCounts counts{};
  std::string_view kind;
  std::int64_t rate = 0;  // bytes to a sample on average; 0: exact
};

// What is to be added to a stack.
struct Record {
  HeapCounts counts{};
  std::int64_t line = 0;
};

class Parser {
 public:
  explicit Parser(const Input& input)
      : input_(input),
        lines_(input.name, input.bytes),
        header_(read_header()),
        profile_(value_types()),
        frames_(profile_),
        batch_(profile_) {}

  Recording parse() {
    while (lines_.next() && add_line()) {
      if (batch_.full()) add_records();
    }
    add_records();
    const ProcMaps maps(lines_);
    if (found_ == 0 && (cut_ || maps.empty())) lines_.fail(kRecord);
    frames_.locate(maps);
    warn(maps);
    profile_.title = is_growth() ? "growth of the heap's address space" : "heap";
    profile_.default_value = kInUseSpace;
    recording_.producer = producer();
    recording_.profiles.push_back(std::move(profile_));
    return std::move(recording_);
  }

 private:
  Header read_header() {
    constexpr std::string_view kExpected =
        "'heap profile: <objects>: <bytes> [<objects>: <bytes>] @ <kind>'";
    Header header;
    std::string_view text = lines_.expect_text(kStart);
    const auto counts = take_heap_counts(text);
    if (!counts || !lines_.whole()) lines_.fail(kExpected);
    header.counts = *counts;
    const std::size_t at = text.find_first_not_of(' ');
    if (at == std::string_view::npos) return header;  // before 2008: exact
    if (!text.substr(at).starts_with("@ ")) lines_.fail(kExpected);
    text.remove_prefix(at + 2);
    const std::size_t slash = text.find('/');
    header.kind = text.substr(0, slash);
    if (slash != std::string_view::npos) {
      const auto rate = to_number(text.substr(slash + 1));
      if (!rate || *rate < 0) lines_.fail("a sampling rate behind '/'");
      header.rate = *rate;
    }
    return with_rate_of_kind(header);
  }

  Header with_rate_of_kind(Header header) {
    if (header.kind == "heapprofile" || header.kind == "growth" || header.kind == "growthz") {
      header.rate = 0;
      return header;
    }
    if (header.kind == "heap" || header.kind == "heapz") {
      header.rate /= 2;
    } else if (header.kind != "heap_v2" && header.kind != "heapz_v2") {
      lines_.fail("'@ heapprofile', '@ heap_v2/<rate>', '@ heap/<rate>' or '@ growth'");
    }
    if (header.rate == 0) {
      recording_.warnings.push_back(
          lines_.at("sampled at a rate that is not given: the numbers are of the samples only"));
    }
    return header;
  }

  bool is_growth() const { return header_.kind.starts_with("growth"); }

  std::vector<ValueType> value_types() const {
    if (!is_growth()) return heap_value_types();
    return {{.name = "objects", .unit = "count"}, {.name = "space", .unit = "bytes"}};
  }

  std::string producer() const {
    if (is_growth()) return "tcmalloc growth profile";
    return header_.kind.starts_with("heap_") || header_.kind.starts_with("heapz") ||
                   header_.kind == "heap"
               ? "tcmalloc heap sampler"
               : "gperftools heap profiler";
  }

  // False when the records end with this line.
  bool add_line() {
    std::string_view text = lines_.line();
    if (text.starts_with("MAPPED_LIBRARIES:") || text.starts_with("--- Memory map:")) return false;
    if (text.empty()) return true;
    if (!lines_.whole()) {
      cut_ = true;
      warn_partial("the file ends inside this line; it is left out");
      return true;
    }
    auto counts = take_heap_counts(text);
    if (!counts || !text.starts_with(" @") || !read_calls(text.substr(2), calls_)) {
      lines_.fail(kRecord);
    }
    if (header_.rate <= 1) {
      unwrap((*counts)[0]);
      unwrap((*counts)[2]);
    } else if ((*counts)[0] < 0 || (*counts)[2] < 0) {
      lines_.fail("numbers of samples that are not negative");
    }
    try {
      in_use_ = checked_add(in_use_, (*counts)[kInUseSpace]);
    } catch (const Error& error) {
      throw Error(lines_.at(error.what()));
    }
    ++found_;
    if (calls_.empty()) batch_.call(profile_.intern({}));
    for (std::size_t i = calls_.size(); i-- > 0;) batch_.call(frames_.frame(calls_[i]));
    batch_.end();
    records_.push_back({.counts = *counts, .line = lines_.number()});
    return true;
  }

  // Adds the numbers of the records that are in the batch.
  void add_records() {
    const std::vector<StackId> stacks = batch_.take();
    for (std::size_t i = 0; i < stacks.size(); ++i) {
      try {
        add(stacks[i], records_[i].counts);
      } catch (const Error& error) {
        throw Error(fmt::format("{}:{}: {}", input_.name, records_[i].line, error.what()));
      }
    }
    records_.clear();
    forget(input_, lines_.offset());
  }

  void add(StackId stack, const HeapCounts& counts) {
    const std::size_t width = profile_.value_types().size();
    if (header_.rate <= 1) {
      profile_.add(stack, std::span(counts).first(width));
      return;
    }
    const HeapEstimate whole = estimate(counts, header_.rate);
    profile_.add(stack, std::span(whole.values).first(width));
    profile_.add_variance(stack, std::span(whole.variances).first(width));
  }

  // Undoes the overflow of a 32-bit count.
  void unwrap(std::int64_t& objects) {
    constexpr std::int64_t kRange = std::int64_t{1} << 32;
    if (objects >= 0) return;
    if (objects < -kRange / 2) lines_.fail("a number of objects that fits 32 bits");
    objects += kRange;
    if (!wrapped_.empty()) return;
    wrapped_ = lines_.at(
        "gperftools counts objects in 32 bits, which was not enough: numbers of objects here may "
        "be too low by multiples of 4294967296; bytes are right");
  }

  void warn(const ProcMaps& maps) {
    if (!wrapped_.empty()) recording_.warnings.push_back(wrapped_);
    maps.report(recording_,
                lines_.at("the file ends without MAPPED_LIBRARIES: modules are not known"));
    if (in_use_ < header_.counts[kInUseSpace]) {
      warn_partial(
          fmt::format("stacks are missing: the header says {} bytes in use, the {} records hold {} "
                      "(gperftools leaves out what does not fit its buffer of 1 MiB)",
                      header_.counts[kInUseSpace], found_, in_use_));
    }
  }

  void warn_partial(std::string_view message) { recording_.lacks(lines_.at(message)); }

  const Input& input_;
  Lines lines_;
  Recording recording_;
  Header header_;
  Profile profile_;
  AddressStacks frames_;
  StackBatch batch_;
  std::vector<Record> records_;  // of the stacks in the batch
  std::vector<std::uint64_t> calls_;
  std::string wrapped_;
  std::int64_t found_ = 0;
  std::int64_t in_use_ = 0;
  bool cut_ = false;
};

}  // namespace

constinit const Format kGperfHeapFormat = {
    .name = "gperf-heap",
    .summary = "heap profile of gperftools or tcmalloc, in text, exact or sampled; or its growth",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
