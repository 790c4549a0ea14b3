// What `go tool pprof -raw` and `pprof -raw` print of a profile.proto (checked
// against Go 1.19; columns are of 2023 and later):
//
//   PeriodType: cpu nanoseconds
//   Period: 10000000
//   Duration: 615.3
//   Samples:
//   samples/count cpu/nanoseconds[dflt]
//            22  220000000: 1 2 3
//                   bytes:[416]
//   Locations
//        1: 0x454333 M=1 runtime.nanotime /usr/lib/go/time.go:19:0 s=0
//                inlined.into /usr/lib/go/time.go:7:0 s=0(system.name)
//   Mappings
//   1: 0x400000/0x4b7000/0x0 /work/prog 5a8f3c0e [FN]
//
// A sample names its locations, innermost first; the functions of a location are
// innermost first as well. Labels are not kept.

#include <fmt/format.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/text_stacks.h"

namespace tidemark {
namespace {

constexpr std::string_view kSamples = "Samples:";
constexpr std::string_view kLocations = "Locations";
constexpr std::string_view kMappings = "Mappings";
constexpr std::string_view kDefault = "[dflt]";

bool recognizes(std::string_view head) {
  const bool starts = head.starts_with("PeriodType: ") || head.starts_with("Comment: ") ||
                      head.starts_with("Doc: ") || head.starts_with("Period: ") ||
                      head.starts_with("Time: ") || head.starts_with("Duration: ") ||
                      head.starts_with("Samples:\n");
  return starts &&
         (head.starts_with(kSamples) || head.find("\nSamples:") != std::string_view::npos);
}

// "samples/count cpu/nanoseconds[dflt]"
std::vector<ValueType> value_types(std::string_view line, std::size_t& default_value) {
  std::vector<ValueType> types;
  default_value = 0;
  bool chosen = false;
  while (!line.empty()) {
    std::string_view word = take_word(line);
    if (word.empty()) break;
    if (word.ends_with(kDefault)) {
      word.remove_suffix(kDefault.size());
      default_value = types.size();
      chosen = true;
    }
    const std::size_t slash = word.find('/');
    if (slash == std::string_view::npos) return {};
    types.push_back(
        {.name = std::string(word.substr(0, slash)), .unit = std::string(word.substr(slash + 1))});
  }
  // pprof shows the last one, unless the profile says otherwise.
  if (!chosen && !types.empty()) default_value = types.size() - 1;
  return types;
}

struct Location {
  std::uint64_t address = 0;
  std::uint64_t mapping = 0;
  std::vector<Frame> frames;  // innermost first
};

class Parser {
 public:
  explicit Parser(const Input& input) : lines_(input.name, input.bytes) {}

  Recording parse() {
    read_header();
    while (lines_.next() && lines_.line() != kLocations) read_sample();
    if (ends_.empty()) lines_.fail("'<value>...: <location>...'");
    while (lines_.next() && lines_.line() != kMappings) read_location();
    while (lines_.next()) read_mapping();
    if (!lines_.whole()) recording_.lacks(lines_.at("the file ends inside this line"));
    Profile profile = build();
    if (missing_ > 0) {
      recording_.lacks(lines_.at(
          fmt::format("the file ends, and {} of the samples' locations are not in it", missing_)));
    }
    recording_.producer = "pprof -raw";
    recording_.profiles.push_back(std::move(profile));
    return std::move(recording_);
  }

 private:
  void read_header() {
    constexpr std::string_view kDuration = "Duration: ";
    while (lines_.next() && lines_.line() != kSamples) {
      if (!lines_.line().starts_with(kDuration)) continue;
      const std::string_view text = lines_.line().substr(kDuration.size());
      const double seconds = to_double(text.substr(0, text.find_first_of(" ,"))).value_or(0);
      constexpr double kMost = 9e9;
      if (seconds > 0 && seconds < kMost) duration_ns_ = static_cast<std::int64_t>(seconds * 1e9);
    }
    constexpr std::string_view kTypes = "'<type>/<unit>...' below 'Samples:'";
    if (!lines_.next()) lines_.fail(kTypes);
    types_ = value_types(lines_.line(), default_value_);
    if (types_.empty()) lines_.fail(kTypes);
  }

  void read_sample() {
    std::string_view text = without_blanks(lines_.line());
    const std::size_t colon = text.find(':');
    if (text.empty() || (colon != std::string_view::npos && text.substr(colon).starts_with(":["))) {
      return;  // a label
    }
    const std::size_t before = ids_.size();
    const bool right = colon != std::string_view::npos && take_values(text.substr(0, colon)) &&
                       take_ids(text.substr(colon + 1));
    if (right && lines_.whole()) {
      ends_.push_back(ids_.size());
      return;
    }
    if (lines_.whole()) lines_.fail("'<value>...: <location>...'");
    values_.resize(ends_.size() * types_.size());
    ids_.resize(before);
  }

  // One number for each type.
  bool take_values(std::string_view text) {
    for (std::size_t i = 0; i < types_.size(); ++i) {
      const auto value = to_number(take_word(text));
      if (!value) return false;
      values_.push_back(*value);
    }
    return text.empty();
  }

  bool take_ids(std::string_view text) {
    while (!without_leading_blanks(text).empty()) {
      const auto id = to_unsigned(take_word(text));
      if (!id) return false;
      ids_.push_back(*id);
    }
    return true;
  }

  // "     1: 0x454333 M=1 [F] main.f /work/a.go:19:2 s=0(system name)"
  void read_location() {
    std::string_view text = lines_.line();
    constexpr std::string_view kMore = "             ";
    if (!text.starts_with(kMore) && !begin_location(text)) {
      if (!lines_.whole()) return;
      lines_.fail("'<number>: 0x<address> [M=<mapping>] [<function> <file>:<line>]'");
    }
    text = without_blanks(text);
    if (text.empty() || text == "??") return;
    if (location_ == nullptr) lines_.fail("a location's number before its functions");
    location_->frames.push_back(read_function(text));
  }

  // Takes what comes before a location's first function off `text`.
  bool begin_location(std::string_view& text) {
    std::string_view id = take_word(text);
    if (!id.ends_with(':')) return false;
    id.remove_suffix(1);
    const auto number = to_unsigned(id);
    const auto address = to_hex(take_word(text));
    if (!number || !address) return false;
    location_ = &locations_[*number];
    *location_ = {.address = *address};
    if (text.starts_with("M=")) {
      location_->mapping = to_unsigned(take_word(text).substr(2)).value_or(0);
    }
    if (text.starts_with("[F]")) take_word(text);
    return true;
  }

  static Frame read_function(std::string_view text) {
    Frame frame;
    const std::size_t start = text.rfind(" s=");
    if (start != std::string_view::npos) text = text.substr(0, start);
    // A file may hold blanks, but hardly before its first '/'; functions do.
    const std::size_t absolute = text.find(" /");
    const std::size_t space = absolute == std::string_view::npos ? text.rfind(' ') : absolute;
    frame.function = text.substr(0, space);
    if (space != std::string_view::npos) set_place(text.substr(space + 1), frame);
    return frame;
  }

  // "1: 0x400000/0x4b7000/0x0 /work/prog 5a8f3c0e [FN]"
  void read_mapping() {
    std::string_view text = lines_.line();
    if (text.empty()) return;
    std::string_view id = take_word(text);
    if (id.ends_with(':')) id.remove_suffix(1);
    const auto number = to_unsigned(id);
    const std::string_view range = take_word(text);
    const std::size_t first = range.find('/');
    const std::size_t second = range.rfind('/');
    if (!number || first == second) {
      if (!lines_.whole()) return;
      lines_.fail("'<number>: 0x<start>/0x<limit>/0x<offset> <file>'");
    }
    Mapping mapping{.path = std::string(take_word(text))};
    mapping.start = to_hex(range.substr(0, first)).value_or(0);
    mapping.end = to_hex(range.substr(first + 1, second - first - 1)).value_or(0);
    mapping.offset = to_hex(range.substr(second + 1)).value_or(0);
    const std::string_view build_id = take_word(text);
    if (!build_id.starts_with('[')) mapping.build_id = build_id;
    mappings_[*number] = mapping;
    in_order_.push_back(std::move(mapping));
  }

  Profile build() {
    Profile profile(types_);
    profile.default_value = default_value_;
    profile.duration_ns = duration_ns_;
    profile.mappings = in_order_;
    std::size_t from = 0;
    for (std::size_t i = 0; i < ends_.size(); ++i) {
      StackId stack = kRoot;
      for (std::size_t at = ends_[i]; at > from; --at) stack = push(profile, stack, ids_[at - 1]);
      from = ends_[i];
      try {
        profile.add(stack, std::span(values_).subspan(i * types_.size(), types_.size()));
      } catch (const Error& error) {
        throw Error(lines_.at(fmt::format("the samples above: {}", error.what())));
      }
    }
    return profile;
  }

  StackId push(Profile& profile, StackId stack, std::uint64_t id) {
    const auto found = locations_.find(id);
    if (found == locations_.end()) {
      ++missing_;
      return profile.push(stack, profile.intern({.function = fmt::format("[location {}]", id)}));
    }
    const Location& location = found->second;
    Frame bare{.address = location.address};
    if (const auto mapping = mappings_.find(location.mapping); mapping != mappings_.end()) {
      bare.module = mapping->second.path;
      bare.offset = location.address - mapping->second.start + mapping->second.offset;
    }
    if (location.frames.empty()) return profile.push(stack, profile.intern(bare));
    for (std::size_t i = location.frames.size(); i > 0; --i) {
      Frame frame = location.frames[i - 1];
      frame.module = bare.module;
      frame.address = bare.address;
      frame.offset = bare.offset;
      frame.inlined = i < location.frames.size();
      stack = profile.push(stack, profile.intern(frame));
    }
    return stack;
  }

  Lines lines_;
  Recording recording_;
  std::vector<ValueType> types_;
  std::size_t default_value_ = 0;
  std::int64_t duration_ns_ = 0;
  std::vector<std::int64_t> values_;  // of all samples
  std::vector<std::uint64_t> ids_;    // of all samples' locations
  std::vector<std::size_t> ends_;     // by sample: where in ids_ it ends
  std::unordered_map<std::uint64_t, Location> locations_;
  Location* location_ = nullptr;
  std::unordered_map<std::uint64_t, Mapping> mappings_;
  std::vector<Mapping> in_order_;
  std::int64_t missing_ = 0;
};

}  // namespace

constinit const Format kPprofRawFormat = {
    .name = "pprof-raw",
    .summary = "the text of pprof -raw",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
