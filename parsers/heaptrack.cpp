// What heaptrack writes, interpreted (checked against 1.4, file version 3). One
// command a line, numbers in hexadecimal; texts, instructions, traces and
// allocations are numbered from 1, 1, 1 and 0 in the order in which they come:
//
//   v 10400 3                 heaptrack 1.4.0, file version 3
//   X ./prog --option         the command; newlines in it are not escaped
//   I 1000 5e298f             page size and pages of the machine
//   s 4 main                  a text of 4 bytes; without its length up to version 2
//   i 7f12 1 2 3 c 4 5 1a     an instruction: address, module, then function, file and
//                             line, innermost inlined one first; what is not known is left out
//   t 1 0                     a trace: an instruction and the trace of its caller, 0: none
//   a 64 1                    an allocation of 100 bytes, with its trace
//   + 0    - 0                that allocation happened; it was freed
//   c a    R 1c0              10 ms have passed; pages of resident memory
//   A                         attached: what came before does not count
//   # strings: 23             comments; these at the end show that the file is whole
//
// The totals equal those of heaptrack_print. What a stack held at the peak is
// taken without a second pass: a new peak only raises a number, and a site notes
// what it held before its first change after that.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kNewestFileVersion = 3;

bool recognizes(std::string_view head) {
  Lines lines("head", head);
  if (!head.starts_with("v ") || !lines.next() || !lines.whole()) return false;
  const std::string_view numbers = lines.line().substr(2);
  const std::size_t space = numbers.find(' ');
  if (space == std::string_view::npos) return false;
  const auto version = to_hex(numbers.substr(0, space));
  return version && *version >= 0x10000 && to_hex(numbers.substr(space + 1)).has_value();
}

// Reads commands from front to back; it knows its line.
class Commands {
 public:
  explicit Commands(const Input& input)
      : name_(input.name),
        at_(input.bytes.data()),
        end_(at_ + whole_lines(input.bytes)),
        cut_(whole_lines(input.bytes) != input.bytes.size()) {}

  // Moves to the next line's command; false at the end.
  bool next(char& command) {
    if (at_ == end_) return false;
    start_ = at_;
    ++line_;
    command = *at_;
    if (*at_ != '\n') ++at_;
    return true;
  }

  // Moves behind the current line.
  void finish() {
    while (*at_ != '\n') ++at_;
    ++at_;
  }

  // The next number of the line; false when there is none.
  bool number(std::uint64_t& value) {
    if (*at_ != ' ') return false;
    const char* const first = at_ + 1;
    const char* digit = first;
    std::uint64_t found = 0;
    for (;; ++digit) {
      const auto c = static_cast<unsigned char>(*digit);
      const unsigned decimal = c - unsigned{'0'};
      const unsigned letter = c - unsigned{'a'};
      if (decimal >= 10 && letter >= 6) break;
      found = found << 4 | (decimal < 10 ? decimal : letter + 10);
    }
    constexpr std::ptrdiff_t kMostDigits = 16;
    if (digit == first || digit - first > kMostDigits || (*digit != ' ' && *digit != '\n')) {
      fail("hexadecimal numbers");
    }
    at_ = digit;
    value = found;
    return true;
  }

  std::uint64_t expect_number(std::string_view what) {
    std::uint64_t value = 0;
    if (!number(value)) fail(what);
    return value;
  }

  // The line's rest behind a space.
  std::string_view text() {
    if (*at_ == ' ') ++at_;
    const auto* const stop =
        static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
    const std::string_view found(at_, static_cast<std::size_t>(stop - at_));
    at_ = stop;
    return found;
  }

  // The command line behind 'X'. heaptrack 1.4 writes newlines in arguments as
  // they are; the command 'I' always follows.
  std::string_view debuggee() {
    constexpr std::size_t kLongest = 1 << 20;
    const std::string_view rest(at_, std::min(static_cast<std::size_t>(end_ - at_), kLongest));
    for (std::size_t stop = rest.find("\nI "); stop != std::string_view::npos;
         stop = rest.find("\nI ", stop + 1)) {
      const std::string_view line = rest.substr(stop + 3, rest.find('\n', stop + 1) - stop - 3);
      const std::size_t space = line.find(' ');
      if (space == std::string_view::npos || !to_hex(line.substr(0, space)) ||
          !to_hex(line.substr(space + 1))) {
        continue;
      }
      const std::string_view found = rest.substr(0, stop).substr(stop == 0 ? 0 : 1);
      line_ += std::ranges::count(found, '\n');
      at_ += stop;
      return found;
    }
    return text();
  }

  // A text with its length before it; it may hold newlines. One that goes
  // beyond the file ends it there.
  std::string_view sized_text() {
    const std::uint64_t length = expect_number("'s <length> <text>'");
    if (*at_ == ' ') ++at_;
    if (length >= static_cast<std::uint64_t>(end_ - at_)) {
      cut_ = true;
      at_ = end_ - 1;  // the last newline
      return "";
    }
    const std::string_view found(at_, length);
    line_ += std::ranges::count(found, '\n');
    at_ += length;
    if (*at_ != '\n') fail("the end of the line behind a text");
    return found;
  }

  // Whether the file ended inside a command, which is left out.
  bool cut() const { return cut_; }

  [[noreturn]] void fail(std::string_view expected) const {
    if (start_ == end_) {
      throw Error(
          fmt::format("{}:{}: expected {}, found the end of the file", name_, line_ + 1, expected));
    }
    const auto* const stop = std::find(start_, end_, '\n');
    throw Error(fmt::format("{}:{}: expected {}, found {}", name_, line_, expected,
                            quoted({start_, static_cast<std::size_t>(stop - start_)})));
  }

  std::string at(std::string_view message) const {
    return fmt::format("{}:{}: {}", name_, line_, message);
  }

 private:
  static std::size_t whole_lines(std::string_view bytes) {
    const std::size_t last = bytes.rfind('\n');
    return last == std::string_view::npos ? 0 : last + 1;
  }

  std::string_view name_;
  const char* at_;
  const char* end_;  // behind a newline, or the start of an empty file
  bool cut_;
  const char* start_ = at_;
  std::int64_t line_ = 0;
};

// A stack that allocates.
struct Site {
  std::uint32_t trace = 0;        // 0: the stack is not known
  std::uint32_t peak_number = 0;  // the peak for which at_peak is right
  std::int64_t held = 0;          // bytes
  std::int64_t at_peak = 0;       // bytes
  std::int64_t temporary = 0;
};

// What a stack allocates with one size. Counting by size keeps what an event
// touches small: one of these and its site.
struct Allocation {
  std::int64_t size = 0;
  std::int64_t allocated = 0;  // how often
  std::int64_t freed = 0;
  std::uint32_t site = 0;
};

class Parser {
 public:
  explicit Parser(const Input& input)
      : input_(input),
        commands_(input),
        profile_({{.name = "alloc_objects", .unit = "count"},
                  {.name = "alloc_space", .unit = "bytes"},
                  {.name = "temporary_objects", .unit = "count"},
                  {.name = "peak_space", .unit = "bytes"},
                  {.name = "leaked_objects", .unit = "count"},
                  {.name = "leaked_space", .unit = "bytes"}}) {}

  Recording parse() {
    char command = 0;
    if (!commands_.next(command) || command != 'v') commands_.fail("'v <version> <file version>'");
    read_version();
    commands_.finish();
    try {
      while (commands_.next(command)) {
        use(command);
        commands_.finish();
      }
      if (events_ == 0 && texts_.empty()) commands_.fail("allocations after this line");
      add_sites();
    } catch (const Overflow& problem) {
      throw Error(commands_.at(problem.what));
    }
    finish();
    return std::move(recording_);
  }

 private:
  struct Overflow {
    const char* what;
  };
  struct Instruction {
    std::size_t first = 0;  // in frames_, innermost first
    std::size_t count = 0;
    bool fresh = false;  // no instruction before it has its outermost frame
  };
  struct Trace {
    std::uint32_t instruction = 0;
    std::uint32_t caller = 0;  // the number of its trace
  };
  static constexpr std::uint32_t kNoSite = 0xFFFFFFFF;

  static void add(std::int64_t& sum, std::int64_t value) {
    if (__builtin_add_overflow(sum, value, &sum)) throw Overflow{"a sum does not fit 64 bits"};
  }

  void read_version() {
    const std::uint64_t version = commands_.expect_number("'v <version> <file version>'");
    file_version_ = commands_.expect_number("'v <version> <file version>'");
    recording_.producer = "heaptrack";
    recording_.producer_version =
        fmt::format("{}.{}.{}", version >> 16, version >> 8 & 0xFF, version & 0xFF);
    if (file_version_ < 1 || file_version_ > kNewestFileVersion) {
      throw Error(commands_.at(
          fmt::format("file version {} of heaptrack {}; versions 1 to {} are "
                      "known",
                      file_version_, recording_.producer_version, kNewestFileVersion)));
    }
  }

  // NOLINTNEXTLINE(readability-function-cognitive-complexity): a table of commands
  void use(char command) {
    switch (command) {
      case '+':
        return allocate();
      case '-':
        return free();
      case 's':
        texts_.push_back(file_version_ >= 3 ? commands_.sized_text() : commands_.text());
        return;
      case 'i':
        return add_instruction();
      case 't':
        return add_trace();
      case 'a':
        return add_allocation();
      case 'c':
        return pass_time();
      case 'R':
        rss_.push_back({.at = now_, .value = pages_in_bytes()});
        return;
      case 'X':
        recording_.processes.push_back({.command = std::string(commands_.debuggee())});
        return;
      case 'I':
        page_size_ = commands_.expect_number("'I <page size> <pages>'");
        return;
      case 'A':
        held_ = 0;
        peak_ = 0;
        return;
      case '#':
        whole_ = whole_ || commands_.text().starts_with("strings:");
        return;
      case 'S':  // a suppression that the program brings along: we suppress nothing
      case '\n':
        return;
      case 'x':
      case 'm':
        throw Error(commands_.at("this is heaptrack's raw data, without symbols"),
                    "interpret it with /usr/lib/heaptrack/libexec/heaptrack_interpret, or record "
                    "without --raw");
      default:
        commands_.fail("a command of heaptrack");
    }
  }

  Allocation& named_allocation() {
    const std::uint64_t index = commands_.expect_number("the number of an allocation");
    if (index >= allocations_.size()) {
      commands_.fail(fmt::format("an allocation below {}", allocations_.size()));
    }
    last_named_ = index;
    return allocations_[index];
  }

  // Notes what `site` held at the last peak, before it changes.
  void before_change(Site& site) const {
    if (site.peak_number == peak_number_) return;
    site.peak_number = peak_number_;
    site.at_peak = site.held;
  }

  void allocate() {
    Allocation& allocation = named_allocation();
    Site& site = sites_[allocation.site];
    before_change(site);
    ++allocation.allocated;
    add(site.held, allocation.size);
    add(held_, allocation.size);
    last_allocated_ = last_named_;
    ++events_;
    if (held_ <= peak_) return;
    peak_ = held_;
    ++peak_number_;
  }

  // Temporary is what is freed next after it was allocated. heaptrack_print 1.4
  // keeps 0 for "nothing is next", which is also the first allocation: when that
  // is freed right after another free, it counts as temporary; so it does here.
  void free() {
    Allocation& allocation = named_allocation();
    Site& site = sites_[allocation.site];
    before_change(site);
    ++allocation.freed;
    add(site.held, -allocation.size);
    add(held_, -allocation.size);
    if (last_allocated_ == last_named_) ++site.temporary;
    last_allocated_ = 0;
    ++events_;
  }

  std::string text(std::uint64_t number) const {
    if (number > texts_.size()) commands_.fail(fmt::format("a text up to {}", texts_.size()));
    return number == 0 ? "" : std::string(texts_[number - 1]);
  }

  void add_instruction() {
    Frame frame{.address = commands_.expect_number("'i <address> <module> ...'")};
    frame.module = text(commands_.expect_number("'i <address> <module> ...'"));
    Instruction instruction{.first = frames_.size()};
    Frame next = frame;
    bool more = read_place(next);
    do {
      const std::size_t known = profile_.frames();
      Frame outer = frame;
      const bool last = !more || !read_place(outer);
      next.inlined = !last;
      frames_.push_back(profile_.intern(next));
      instruction.fresh = profile_.frames() > known;
      next = std::move(outer);
      more = !last;
    } while (more);
    instruction.count = frames_.size() - instruction.first;
    instructions_.push_back(instruction);
  }

  // Function, file and line; false at the end of the line.
  bool read_place(Frame& frame) {
    std::uint64_t function = 0;
    if (!commands_.number(function)) return false;
    frame.function = text(function);
    std::uint64_t file = 0;
    std::uint64_t line = 0;
    // A function without a file is written without file and line.
    if (commands_.number(file) && commands_.number(line)) {
      frame.file = text(file);
      frame.line = static_cast<std::int64_t>(line);
    }
    return true;
  }

  void add_trace() {
    const std::uint64_t number = commands_.expect_number("'t <instruction> <caller>'");
    const std::uint64_t caller = commands_.expect_number("'t <instruction> <caller>'");
    if (number == 0 || number > instructions_.size()) {
      commands_.fail(fmt::format("an instruction from 1 to {}", instructions_.size()));
    }
    if (caller > traces_.size()) commands_.fail(fmt::format("a trace up to {}", traces_.size()));
    // A short line can name an instruction of a million inlined calls, over and over.
    constexpr std::size_t kMostPerByte = 32;
    pushed_ += instructions_[number - 1].count;
    if (pushed_ / kMostPerByte > input_.bytes.size()) {
      commands_.fail("at most 32 frames a byte of the file");
    }
    traces_.push_back({.instruction = static_cast<std::uint32_t>(number - 1),
                       .caller = static_cast<std::uint32_t>(caller)});
  }

  void add_allocation() {
    const std::uint64_t size = commands_.expect_number("'a <size> <trace>'");
    const std::uint64_t trace = commands_.expect_number("'a <size> <trace>'");
    constexpr std::uint64_t kMost = 0x7FFFFFFFFFFFFFFF;
    if (size > kMost) commands_.fail("a size below 2^63");
    if (trace > traces_.size()) commands_.fail(fmt::format("a trace up to {}", traces_.size()));
    if (trace >= site_of_trace_.size()) site_of_trace_.resize(traces_.size() + 1, kNoSite);
    std::uint32_t& site = site_of_trace_[trace];
    if (site == kNoSite) {
      site = static_cast<std::uint32_t>(sites_.size());
      sites_.push_back({.trace = static_cast<std::uint32_t>(trace), .peak_number = peak_number_});
    }
    allocations_.push_back({.size = static_cast<std::int64_t>(size), .site = site});
  }

  void pass_time() {
    const std::uint64_t now = commands_.expect_number("'c <milliseconds>'");
    constexpr std::uint64_t kMost = 0x7FFFFFFFFFFFFFFF / 1'000'000;  // in nanoseconds
    if (now > kMost || static_cast<std::int64_t>(now) < now_) {
      commands_.fail(fmt::format("a time in ms from {:x}", now_));
    }
    now_ = static_cast<std::int64_t>(now);
    heap_.push_back({.at = now_, .value = held_});
  }

  std::int64_t pages_in_bytes() {
    const std::uint64_t pages = commands_.expect_number("'R <pages>'");
    std::int64_t bytes = 0;
    if (__builtin_mul_overflow(pages, page_size_, &bytes)) {
      throw Overflow{"resident memory beyond 2^63 bytes"};
    }
    return bytes;
  }

  // The stacks of all traces, by number; that of 0 knows nothing. heaptrack
  // writes each trace once, so what it adds is new, and needs no look-up.
  std::vector<StackId> stacks() {
    std::vector<StackId> stacks{kRoot};
    stacks.reserve(traces_.size() + 1);
    profile_.reserve(pushed_ + 2);
    for (const Trace& trace : traces_) {
      const Instruction& instruction = instructions_[trace.instruction];
      StackId stack = stacks[trace.caller];
      for (std::size_t i = instruction.count; i-- > 0;) {
        const FrameId next = frames_[instruction.first + i];
        stack = instruction.fresh ? profile_.append(stack, next) : profile_.push(stack, next);
      }
      stacks.push_back(stack);
    }
    return stacks;
  }

  void add_sites() {
    std::vector<StackId> stack_of = stacks();
    for (Site& site : sites_) {
      before_change(site);
      if (site.trace == 0) stack_of[0] = profile_.push(kRoot, profile_.intern({}));
      profile_.add(stack_of[site.trace],
                   std::array<std::int64_t, 6>{0, 0, site.temporary, site.at_peak, 0, site.held});
    }
    for (const Allocation& allocation : allocations_) {
      std::int64_t bytes = 0;
      if (__builtin_mul_overflow(allocation.allocated, allocation.size, &bytes)) {
        throw Overflow{"all bytes ever allocated do not fit 64 bits"};
      }
      profile_.add(stack_of[sites_[allocation.site].trace],
                   std::array<std::int64_t, 6>{allocation.allocated, bytes, 0, 0,
                                               allocation.allocated - allocation.freed, 0});
    }
  }

  void finish() {
    profile_.title = "heap, from start to end";
    profile_.default_value = profile_.value_types().size() - 1;
    profile_.at = now_;
    profile_.at_unit = "ms";
    profile_.duration_ns = now_ * 1'000'000;
    recording_.profiles.push_back(std::move(profile_));
    if (heap_.empty() || heap_.back().value != held_) {
      heap_.push_back({.at = now_, .value = held_});
    }
    recording_.series.push_back(
        {.name = "heap", .unit = "bytes", .at_unit = "ms", .points = std::move(heap_)});
    recording_.series.push_back(
        {.name = "rss", .unit = "bytes", .at_unit = "ms", .points = std::move(rss_)});
    if (whole_ && !commands_.cut()) return;
    recording_.partial = true;
    if (!recording_.processes.empty()) recording_.processes.front().finished = false;
    recording_.warnings.push_back(commands_.at(
        fmt::format("the file ends here, before its end mark; {} allocations and frees before it "
                    "are whole",
                    events_)));
  }

  const Input& input_;
  Commands commands_;
  Recording recording_;
  Profile profile_;
  std::uint64_t file_version_ = 0;
  std::uint64_t page_size_ = 4096;
  bool whole_ = false;

  std::vector<std::string_view> texts_;
  std::vector<Instruction> instructions_;
  std::vector<FrameId> frames_;
  std::vector<Trace> traces_;
  std::vector<std::uint32_t> site_of_trace_;
  std::vector<Allocation> allocations_;
  std::vector<Site> sites_;
  std::size_t pushed_ = 0;

  std::uint64_t last_named_ = 0;
  std::uint64_t last_allocated_ = 0;
  std::uint32_t peak_number_ = 0;
  std::int64_t events_ = 0;
  std::int64_t held_ = 0;  // bytes
  std::int64_t peak_ = 0;  // bytes
  std::int64_t now_ = 0;   // ms
  std::vector<Point> heap_;
  std::vector<Point> rss_;
};

Recording parse(const Input& input) { return Parser(input).parse(); }

}  // namespace

constinit const Format kHeaptrackFormat = {
    .name = "heaptrack",
    .summary = "heaptrack's data, interpreted, compressed or not",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
