// The profiles that Go's runtime/pprof writes as text, debug=1 (checked against
// Go 1.19): goroutine, threadcreate and a program's own, heap and allocs, block and
// mutex.
//
//   goroutine profile: total 5
//   3 @ 0x437c96 0x40619b 0x462441
//   # labels: {"job":"a"}
//   #	0x4b627a	main.wait+0x1a	/work/main.go:22
//
//   heap profile: 10: 1197912 [95: 1386328] @ heap/8192
//   1: 8192 [1: 8192] @ 0x4a83dc 0x4afbe6
//   #	0x4a83db	runtime/pprof.(*profMap).lookup+0xdb	/usr/lib/go/map.go:61
//
//   --- mutex:
//   cycles/second=2596148045
//   sampling period=1
//   520835614 1 @ 0x4b65cc 0x4b65b3
//
// The lines with '#' name the calls, without the runtime's innermost ones; a stack
// without them is of bare addresses. heap/N was sampled every N/2 bytes, and is
// scaled as pprof does. What Go says of memory behind "# runtime.MemStats" is not
// read.

#include "parsers/go_pprof.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/numbers.h"
#include "parsers/address_stacks.h"
#include "parsers/all_formats.h"
#include "parsers/heap_counts.h"
#include "parsers/text_stacks.h"

namespace tidemark {
namespace {

constexpr std::string_view kHeap = "heap profile: ";
constexpr std::string_view kTotal = " profile: total ";
constexpr std::string_view kBlock = "--- contention:";
constexpr std::string_view kMutex = "--- mutex:";
constexpr std::string_view kCycles = "cycles/second=";
constexpr std::string_view kPeriod = "sampling period=";

enum class Kind : std::uint8_t { kMemory, kCount, kContention };

// The name in "goroutine profile: total 5"; empty when the line is none such.
std::string_view counted_name(std::string_view line) {
  const std::size_t at = line.find(kTotal);
  if (at == std::string_view::npos || !is_number(line.substr(at + kTotal.size()))) return {};
  const std::string_view name = line.substr(0, at);
  return name.find(' ') == std::string_view::npos ? name : std::string_view();
}

bool recognizes(std::string_view head) {
  const std::string_view line = head.substr(0, head.find_first_of("\r\n"));
  if (line == kBlock || line == kMutex) return head.find(kCycles) != std::string_view::npos;
  return is_go_heap(head) || !counted_name(line).empty();
}

class Parser {
 public:
  explicit Parser(const Input& input)
      : kind_(kind_of(input.bytes)), stacks_(input, value_types(kind_, input.bytes)) {}

  Recording parse() {
    Lines& lines = stacks_.lines();
    read_header();
    while (lines.next() && !lines.line().starts_with("# runtime.MemStats")) {
      read_line(lines.line());
    }
    if (waiting_ && lines.whole()) add();
    if (waiting_) stacks_.drop();
    if (stacks_.added() == 0 && lines.whole() && total_ == 0) {
      stacks_.recording().warnings.push_back(lines.at("the profile holds no stacks"));
      stacks_.add(values_);
    }
    return stacks_.finish("Go pprof",
                          kind_ == Kind::kMemory
                              ? "'<objects>: <bytes> [<objects>: <bytes>] @ <addresses>'"
                              : "'<number> @ <addresses>'");
  }

 private:
  static Kind kind_of(std::string_view bytes) {
    if (bytes.starts_with(kHeap)) return Kind::kMemory;
    return bytes.starts_with("--- ") ? Kind::kContention : Kind::kCount;
  }

  static std::vector<ValueType> value_types(Kind kind, std::string_view bytes) {
    if (kind == Kind::kMemory) return heap_value_types();
    if (kind == Kind::kContention) {
      return {{.name = "contentions", .unit = "count"}, {.name = "delay", .unit = "nanoseconds"}};
    }
    const std::string_view name = counted_name(bytes.substr(0, bytes.find_first_of("\r\n")));
    return {{.name = name.empty() ? "samples" : std::string(name), .unit = "count"}};
  }

  void read_header() {
    Lines& lines = stacks_.lines();
    if (!lines.next()) lines.fail("'<name> profile: total <number>'");
    const std::string_view line = lines.line();
    Profile& profile = stacks_.profile();
    values_.assign(profile.value_types().size(), 0);
    profile.default_value = kind_ == Kind::kCount ? 0 : 1;
    if (kind_ == Kind::kMemory) {
      read_heap_header(line.substr(kHeap.size()));
    } else if (kind_ == Kind::kContention) {
      profile.title = line == kMutex ? "waiting for mutexes" : "blocking";
      if (line != kMutex && line != kBlock) lines.fail("'--- contention:' or '--- mutex:'");
      cycles_ = lines.expect_number(kCycles);
      if (cycles_ < 1) lines.fail("'cycles/second=<number above 0>'");
    } else {
      profile.title = counted_name(line);
      if (profile.title.empty()) lines.fail("'<name> profile: total <number>'");
      total_ = to_number(line.substr(line.rfind(' ') + 1)).value_or(0);
    }
  }

  void read_heap_header(std::string_view text) {
    const auto counts = take_heap_counts(text);
    const std::size_t slash = text.find('/');
    const auto rate = to_number(slash == std::string_view::npos ? "" : text.substr(slash + 1));
    if (!counts || !text.starts_with(" @ heap/") || !rate || *rate < 0) {
      stacks_.lines().fail("'heap profile: <objects>: <bytes> [<objects>: <bytes>] @ heap/<rate>'");
    }
    total_ = (*counts)[2];
    rate_ = *rate / 2;
    stacks_.profile().title = "heap";
  }

  void read_line(std::string_view line) {
    Lines& lines = stacks_.lines();
    if (line.starts_with("#\t")) {
      if (lines.whole() || waiting_) add_frame(line.substr(2));
    } else if (line.empty()) {
      if (waiting_) add();
    } else if (line.starts_with(kPeriod)) {
      period_ = to_number(line.substr(kPeriod.size())).value_or(0);
      if (period_ < 1) lines.fail("'sampling period=<number above 0>'");
    } else if (!line.starts_with('#')) {
      begin(line);
    }
  }

  void begin(std::string_view line) {
    if (waiting_) add();
    if (!stacks_.lines().whole() && stacks_.added() > 0) return;  // TextStacks tells of the cut
    read_counts(line);
    waiting_ = true;
  }

  void read_counts(std::string_view line) {
    if (kind_ == Kind::kMemory) {
      const auto counts = take_heap_counts(line);
      if (!counts || (*counts)[0] < 0 || (*counts)[2] < 0 || !take_calls(line)) {
        stacks_.lines().fail("'<objects>: <bytes> [<objects>: <bytes>] @ <addresses>'");
      }
      heap_ = *counts;
      return;
    }
    const auto first = to_number(take_word(line));
    const auto second = kind_ == Kind::kCount ? first : to_number(take_word(line));
    if (!first || !second || *first < 0 || *second < 0 || !take_calls(line)) {
      stacks_.lines().fail(kind_ == Kind::kCount ? "'<number> @ <addresses>'"
                                                 : "'<cycles> <number> @ <addresses>'");
    }
    values_[0] = *second;
    if (kind_ == Kind::kContention) values_[1] = *first;
  }

  bool take_calls(std::string_view text) {
    text = without_leading_blanks(text);
    return text.starts_with('@') && read_calls(text.substr(1), calls_);
  }

  // "0x4b627a\tmain.wait+0x1a\t\t/work/main.go:22"
  void add_frame(std::string_view text) {
    Frame frame{.address = to_hex(take_word(text)).value_or(0)};
    const std::size_t tab = std::min(text.find('\t'), text.size());
    frame.function = without_offset(without_blanks(text.substr(0, tab)));
    set_place(without_blanks(text.substr(tab)), frame);
    if (frame.address == 0 && frame.function.empty()) frame.function = "[unknown]";
    stacks_.frame(std::move(frame));
  }

  void add() {
    if (stacks_.depth() == 0) {
      for (const std::uint64_t call : calls_) stacks_.frame(Frame{.address = call});
    }
    if (stacks_.depth() == 0) stacks_.frame("[no stack]");
    waiting_ = false;
    try {
      if (kind_ == Kind::kMemory) {
        add_heap();
        return;
      }
      if (kind_ == Kind::kContention) {
        values_[0] = checked_multiply(values_[0], period_);
        values_[1] = nanoseconds(checked_multiply(values_[1], period_));
      }
    } catch (const Error& error) {
      throw Error(stacks_.lines().at(error.what()));
    }
    stacks_.add(values_);
  }

  void add_heap() {
    if (rate_ <= 1) {
      stacks_.add(heap_);
      return;
    }
    const HeapEstimate whole = estimate(heap_, rate_);
    stacks_.add(whole.values, whole.variances);
  }

  std::int64_t nanoseconds(std::int64_t cycles) const {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t seconds = cycles / cycles_;
    const auto rest = static_cast<double>(cycles % cycles_) / static_cast<double>(cycles_);
    return checked_add(checked_multiply(seconds, kSecond), static_cast<std::int64_t>(rest * 1e9));
  }

  Kind kind_;
  TextStacks stacks_;
  std::vector<std::int64_t> values_;
  HeapCounts heap_{};
  std::vector<std::uint64_t> calls_;
  std::int64_t total_ = 0;
  std::int64_t rate_ = 0;
  std::int64_t cycles_ = 1;
  std::int64_t period_ = 1;
  bool waiting_ = false;  // a stack was begun, and is not added yet
};

}  // namespace

bool is_go_heap(std::string_view head) {
  if (!head.starts_with(kHeap)) return false;
  const std::string_view line = head.substr(0, head.find('\n'));
  return line.find("] @ heap/") != std::string_view::npos &&
         head.find("\n#") != std::string_view::npos;
}

constinit const Format kGoPprofFormat = {
    .name = "go-pprof",
    .summary = "Go's profiles as text (debug=1): goroutine, heap, allocs, block, mutex, ...",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
