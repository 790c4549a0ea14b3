// The CPU profiles of gperftools (CPUPROFILE=; checked against 2.10). Words of
// 32 or 64 bits, in the order of bytes of the machine that wrote them:
//
//   0 3 0 10000 0            header: 3 more words, version 0, period in µs, padding
//   39 3 0x..f9 0x..14 0x..84  39 samples of a stack of 3 addresses, innermost first
//   ...                      a stack may come again; its samples add up
//   0 1 0                    trailer
//   55659585e000-55659585f000 r-xp ...   /proc/self/maps, in text
//
// The innermost address is where the program was; the others are return
// addresses, from which one is taken away, as pprof does. The profiler may find
// the innermost address twice, in the signal's context and by unwinding: it is
// kept once, as in pprof.
//
// Specification: https://gperftools.github.io/gperftools/cpuprofile-fileformat.html

#include <fmt/format.h>

#include <array>
#include <bit>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/address_stacks.h"
#include "parsers/all_formats.h"
#include "parsers/proc_maps.h"

namespace tidemark {
namespace {

// How a machine writes a word.
struct Words {
  std::size_t size = 0;
  std::endian order = std::endian::little;
};

constexpr std::array<Words, 4> kKinds = {{{.size = 8, .order = std::endian::little},
                                          {.size = 4, .order = std::endian::little},
                                          {.size = 8, .order = std::endian::big},
                                          {.size = 4, .order = std::endian::big}}};

std::uint64_t take_word(Bytes& bytes, Words words, std::string_view what) {
  return words.size == 8 ? bytes.u64(what) : bytes.u32(what);
}

// The kind of words with which `head` starts a profile. A header of one kind is
// none of another: its second word is neither 0 nor large.
std::optional<Words> words_of(std::string_view head) {
  constexpr std::size_t kHeader = 5;
  constexpr std::uint64_t kMostWords = 1000;
  for (const Words words : kKinds) {
    if (head.size() < kHeader * words.size) continue;
    Bytes bytes("head", head, words.order);
    const std::uint64_t zero = take_word(bytes, words, "zero");
    const std::uint64_t more = take_word(bytes, words, "header words");
    const std::uint64_t version = take_word(bytes, words, "version");
    const std::uint64_t period = take_word(bytes, words, "period");
    if (zero == 0 && more >= 3 && more <= kMostWords && version == 0 && period > 0 &&
        period <= 0xFFFFFFFF) {
      return words;
    }
  }
  return std::nullopt;
}

bool recognizes(std::string_view head) { return words_of(head).has_value(); }

class Parser {
 public:
  explicit Parser(const Input& input)
      : input_(input),
        bytes_(input.name, input.bytes),
        profile_({{.name = "samples", .unit = "count"}, {.name = "cpu", .unit = "nanoseconds"}}),
        stacks_(profile_) {}

  Recording parse() {
    read_header();
    while (add_record()) {
    }
    locate();
    profile_.title = "CPU time";
    profile_.default_value = 1;
    recording_.producer = "gperftools CPU profiler";
    recording_.profiles.push_back(std::move(profile_));
    return std::move(recording_);
  }

 private:
  std::uint64_t word(std::string_view what) { return take_word(bytes_, words_, what); }

  void read_header() {
    const auto words = words_of(input_.bytes);
    if (!words) bytes_.fail("the header of a gperftools CPU profile", "something else");
    words_ = *words;
    bytes_.order(words_.order);
    word("zero");
    const std::uint64_t more = word("header words");
    word("version");
    constexpr std::int64_t kNanoseconds = 1000;
    period_ns_ = static_cast<std::int64_t>(word("period")) * kNanoseconds;
    for (std::uint64_t i = 2; i < more; ++i) word("padding");
  }

  // False after the trailer, or where the file is cut.
  bool add_record() {
    const std::size_t start = bytes_.offset();
    if (bytes_.left() < 2 * words_.size) return stop(start);
    const std::uint64_t samples = word("samples");
    const std::uint64_t depth = word("depth");
    if (depth > bytes_.left() / words_.size) {
      constexpr std::uint64_t kDeepest = 1 << 16;
      if (depth > kDeepest)
        bytes_.fail("a stack of at most 65536 addresses", fmt::to_string(depth));
      return stop(start);
    }
    read_stack(depth);
    if (samples == 0 && depth == 1 && stack_[0] == 0) return false;
    constexpr std::uint64_t kMost = 0x7FFFFFFFFFFFFFFF;
    if (depth == 0 || samples > kMost) {
      bytes_.fail("a number of samples and a stack",
                  fmt::format("{} samples of {} addresses", samples, depth));
    }
    const auto count = static_cast<std::int64_t>(samples);
    try {
      profile_.add(stacks_.find(stack_), std::array{count, checked_multiply(count, period_ns_)});
    } catch (const Error& error) {
      throw Error(bytes_.at(error.what()));
    }
    ++records_;
    return true;
  }

  void read_stack(std::uint64_t depth) {
    stack_.clear();
    for (std::uint64_t i = 0; i < depth; ++i) {
      const std::uint64_t address = word("address");
      if (i == 1 && address == stack_[0]) continue;
      stack_.push_back(i == 0 ? address : call_before(address));
    }
  }

  bool stop(std::size_t start) {
    bytes_.seek(start, "record");
    if (records_ == 0) bytes_.fail("a sample", "the end of the file");
    recording_.lacks(bytes_.at(fmt::format(
        "the file ends here, inside its samples; {} records before it are whole", records_)));
    cut_ = true;
    return false;
  }

  void locate() {
    if (cut_) return;
    if (records_ == 0) {
      recording_.warnings.push_back(
          bytes_.at("the profile holds no samples: the program used hardly any CPU time"));
    }
    Lines lines(input_.name, input_.bytes.substr(bytes_.offset()));
    const ProcMaps maps(lines);
    stacks_.locate(maps);
    if (!maps.empty() && maps.damage().empty()) return;
    recording_.lacks(bytes_.at(maps.empty()
                                   ? "the list of mapped files is missing: modules are not known"
                                   : "the list of mapped files is damaged: " + maps.damage()));
  }

  const Input& input_;
  Bytes bytes_;
  Words words_;
  Recording recording_;
  Profile profile_;
  AddressStacks stacks_;
  std::vector<std::uint64_t> stack_;
  std::int64_t period_ns_ = 0;
  std::int64_t records_ = 0;
  bool cut_ = false;
};

}  // namespace

constinit const Format kGperfCpuFormat = {
    .name = "gperf-cpu",
    .summary = "CPU profile of gperftools (CPUPROFILE=), binary",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
