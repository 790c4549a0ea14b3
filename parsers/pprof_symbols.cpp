// What google-pprof --raw and jeprof --raw write: names, and behind them a profile
// (checked against gperftools 2.10):
//
//   --- symbol
//   binary=./server
//   0x000056281a473218 grow(int)<000000000000120c>
//   0x000056281a47324d load()--std::vector<int>::push_back(int&&)
//   ---
//   --- profile
//   <a profile, binary or text>
//
// A name may have its function's address behind it; those inlined follow behind
// "--", the innermost one last. The profile is as it came when it was fetched from
// a server: a heap profile of gperftools, tcmalloc or jemalloc, or a CPU profile.
// One read from a file comes as a CPU profile of period 1, without trailer and
// mapped files, its addresses those of the calls already; what it counts, samples
// or bytes, is lost.

#include <fmt/format.h>

#include <array>
#include <map>
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

constexpr std::string_view kStart = "--- symbol";
constexpr std::string_view kBinary = "binary=";

bool recognizes(std::string_view head) {
  return head.starts_with("--- symbol\n") || head.starts_with("--- symbol\r\n");
}

// The functions at an address, outermost first.
using Symbols = std::map<std::uint64_t, std::vector<std::string>>;

// "grow(int)<000000000000120c>" without its address.
std::string_view without_start(std::string_view name) {
  if (!name.ends_with('>')) return name;
  const std::size_t open = name.rfind('<');
  constexpr std::size_t kDigits = 8;
  const bool address = open != std::string_view::npos && open > 0 &&
                       name.size() - open - 2 >= kDigits &&
                       to_hex(name.substr(open + 1, name.size() - open - 2));
  return address ? name.substr(0, open) : name;
}

std::vector<std::string> functions_of(std::string_view text) {
  constexpr std::string_view kInlined = "--";
  std::vector<std::string> functions;
  while (!text.empty()) {
    std::size_t end = text.find(kInlined);
    // operator-- is a name.
    while (end != std::string_view::npos && text.substr(0, end).ends_with("operator")) {
      end = text.find(kInlined, end + kInlined.size());
    }
    const std::string_view name = without_start(text.substr(0, end));
    if (!name.empty()) functions.emplace_back(name);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + kInlined.size());
  }
  return functions;
}

Symbols read_symbols(Lines& lines, std::string& binary) {
  Symbols symbols;
  lines.expect_text(kStart);
  while (lines.next() && lines.line() != "---") {
    const std::string_view line = lines.line();
    if (line.starts_with(kBinary)) {
      binary = line.substr(kBinary.size());
      continue;
    }
    const std::size_t space = std::min(line.find(' '), line.size());
    const auto address = to_hex(line.substr(0, space));
    if (!address || !line.starts_with("0x") || !lines.whole()) {
      lines.fail("'0x<address> <function>' or '---'");
    }
    symbols[*address] = functions_of(line.substr(std::min(space + 1, line.size())));
  }
  if (!lines.next() || !lines.line().starts_with("--- ") || !lines.whole()) {
    lines.fail("'--- profile', '--- heap' or the like");
  }
  return symbols;
}

// One read from a file, in words of 64 bits: whether the header has period 1.
bool is_of_file(std::string_view profile) {
  constexpr std::string_view kHeader(
      "\0\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"
      "\0\0\0\0\0\0\0\0",
      40);
  return profile.starts_with(kHeader);
}

constexpr std::string_view kTrailer("\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);

Recording read_profile(const Input& input) {
  if (is_of_file(input.bytes)) {
    const std::string whole = std::string(input.bytes) + std::string(kTrailer);
    Recording recording = kGperfCpuFormat.parse({.name = input.name, .bytes = whole});
    // A file that is cut swallows the trailer, or has one too many bytes behind it.
    const bool complete = (input.bytes.size() % 8) == 0 &&
                          recording.profiles.front().total()[0] > 0 &&
                          recording.warnings.size() <= 1;
    if (complete && recording.warnings.front().find("mapped files") != std::string::npos) {
      recording.partial = false;
      recording.warnings.clear();
    }
    return recording;
  }
  for (const Format* format : {&kGperfCpuFormat, &kGperfHeapFormat, &kJemallocHeapFormat}) {
    if (format->recognizes(input.bytes.substr(0, 4096))) return format->parse(input);
  }
  throw Error(fmt::format("{}: expected a profile of gperftools or jemalloc, found something else",
                          input.name));
}

// The same profile with the names that are known. The parsers take one off every
// address that a call returns to, which was done already in one read from a file.
class Naming {
 public:
  Naming(const Profile& plain, const Symbols& symbols, bool of_file)
      : plain_(plain), symbols_(symbols), of_file_(of_file), named_(value_types()) {}

  Profile run() {
    std::vector<StackId> stacks(plain_.stacks(), kRoot);
    for (std::uint32_t i = 1; i < plain_.stacks(); ++i) {
      const StackId old{i};
      const StackId caller = stacks[static_cast<std::size_t>(plain_.caller(old))];
      stacks[i] = push(caller, plain_.frame(plain_.leaf(old)));
    }
    const std::size_t width = named_.value_types().size();
    for (std::uint32_t i = 0; i < plain_.stacks(); ++i) {
      const StackId old{i};
      named_.add(stacks[i], plain_.self(old).first(width));
      if (!plain_.sampled()) continue;
      std::vector<double> variances(width);
      for (std::size_t v = 0; v < width; ++v) variances[v] = plain_.variance(old, v);
      named_.add_variance(stacks[i], variances);
    }
    named_.title = of_file_ ? "" : plain_.title;
    named_.default_value = of_file_ ? 0 : plain_.default_value;
    named_.mappings = plain_.mappings;
    return std::move(named_);
  }

 private:
  std::vector<ValueType> value_types() const {
    if (!of_file_) return plain_.value_types();
    return {{.name = "samples", .unit = "count"}};
  }

  StackId push(StackId caller, const Frame& frame) {
    auto found = symbols_.find(frame.address);
    if (found == symbols_.end()) found = symbols_.find(frame.address + 1);
    if (found == symbols_.end() || found->second.empty()) {
      return named_.push(caller, named_.intern(frame));
    }
    for (std::size_t i = 0; i < found->second.size(); ++i) {
      Frame better = frame;
      better.function = found->second[i];
      better.inlined = i > 0;
      caller = named_.push(caller, named_.intern(better));
    }
    return caller;
  }

  const Profile& plain_;
  const Symbols& symbols_;
  bool of_file_;
  Profile named_;
};

Recording parse(const Input& input) {
  Lines lines(input.name, input.bytes);
  std::string binary;
  const Symbols symbols = read_symbols(lines, binary);
  const std::size_t start = lines.offset() + lines.line().size() + 1;
  const std::string_view bytes = input.bytes.substr(std::min(start, input.bytes.size()));
  const std::string name =
      fmt::format("{}, the profile behind line {}", input.name, lines.number());
  Recording recording = read_profile({.name = name, .bytes = bytes});
  for (Profile& profile : recording.profiles) {
    profile = Naming(profile, symbols, is_of_file(bytes)).run();
  }
  recording.producer += ", with symbols";
  if (is_of_file(bytes)) {
    recording.producer = "google-pprof --raw";
    recording.warnings.push_back(
        lines.at("the profile does not say what it counts: samples, or the bytes of a heap"));
  }
  if (!binary.empty()) recording.processes.push_back({.command = binary});
  return recording;
}

}  // namespace

constinit const Format kPprofSymbolsFormat = {
    .name = "pprof-symbols",
    .summary = "google-pprof --raw and jeprof --raw: symbols, then a heap or CPU profile",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
