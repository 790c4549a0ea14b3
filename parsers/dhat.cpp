// The JSON that `valgrind --tool=dhat` writes: "dhatFileVersion" 2, checked
// against 3.19, in the modes heap, copy and ad-hoc.
//
//   {"dhatFileVersion":2
//   ,"mode":"heap","verb":"Allocated"
//   ,"bklt":true,"bkacc":true           has lifetimes, has accesses
//   ,"bu":"unit","bsu":"units","bksu":"events"        ad-hoc: what is counted
//   ,"tu":"instrs","Mtu":"Minstr"
//   ,"cmd":"./server","pid":12875
//   ,"te":8249954,"tg":8219357          the end; when most was in use
//   ,"pps":
//    [{"tb":72704,"tbk":1               bytes and blocks in all,
//     ,"tl":6327763                     the sum of the blocks' lifetimes,
//     ,"mb":72704,"mbk":1               the most this place ever had,
//     ,"gb":72704,"gbk":1               what it had at tg,
//     ,"eb":0,"ebk":0                   and at the end; bytes
//     ,"rb":0,"wb":16                   read and written
//     ,"acc":[-100,0]                   accesses for each offset: not kept
//     ,"fs":[1,2,3]                     frames, innermost first
//     }
//    ]
//   ,"ftbl":["[root]","0x48417B4: malloc (in /lib/x.so)","0x10926E: f (a.c:7)"]
//   }
//
// The text is read as a stream, and nothing of it is kept but the numbers. The
// frame table comes last: a file that is cut before its end gives every whole
// place, with numbers for the frames whose names are lost.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/valgrind_frame.h"

namespace tidemark {
namespace {

constexpr std::int64_t kVersion = 2;
constexpr std::size_t kMaxDepth = 16;

std::string_view skip_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

bool recognizes(std::string_view head) {
  head = skip_blanks(head);
  if (!head.starts_with('{')) return false;
  return skip_blanks(head.substr(1)).starts_with("\"dhatFileVersion\"");
}

// Walks the text and tells others how far it is.
class Place {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Place(const char* at, const char** last) : at_(at), last_(last) {}
  reference operator*() const { return *at_; }
  Place& operator++() {
    *last_ = ++at_;
    return *this;
  }
  friend bool operator!=(const Place& a, const Place& b) { return a.at_ != b.at_; }

 private:
  const char* at_;
  const char** last_;
};

// One of a place's numbers: its key, and what a Profile calls it.
struct Column {
  std::string_view key;
  std::string_view name;
  std::string_view unit;
};

constexpr std::size_t kColumns = 9;
constexpr std::array<Column, kColumns> kKeys = {{{"tb", "alloc_space", "bytes"},
                                                 {"tbk", "alloc_objects", "count"},
                                                 {"gb", "peak_space", "bytes"},
                                                 {"gbk", "peak_objects", "count"},
                                                 {"eb", "inuse_space", "bytes"},
                                                 {"ebk", "inuse_objects", "count"},
                                                 {"rb", "read_space", "bytes"},
                                                 {"wb", "written_space", "bytes"},
                                                 {"tl", "lifetime", "instructions"}}};

// A program point: a stack with its numbers.
struct Point {
  std::array<std::int64_t, kColumns> values{};
  std::size_t first_frame = 0;  // in Document::frames
  std::size_t frames = 0;
};

// What the file holds, as numbers.
struct Document {
  std::int64_t version = 0;
  std::int64_t pid = 0;
  std::int64_t end = 0;
  std::string mode;
  std::string command;
  std::string units;
  bool accesses = false;
  std::vector<Point> points;
  std::vector<std::uint32_t> frames;  // of all points
  std::vector<Frame> table;
  std::vector<bool> columns_seen = std::vector<bool>(kColumns);
};

// Fills a Document while nlohmann/json reads. Levels: 1 the file's object, 2
// the lists in it, 3 a place, 4 a place's lists.
class Reader {
 public:
  Reader(const Input& input, Document& document)
      : input_(input), document_(document), at_(input.bytes.data()) {}

  // False when the text ends early.
  bool read() {
    const char* const end = input_.bytes.data() + input_.bytes.size();
    nlohmann::json::sax_parse(Place(at_, &at_), Place(end, &at_), this);
    return !cut_;
  }

  std::string here(std::string_view message) const {
    const std::string_view before(input_.bytes.data(),
                                  static_cast<std::size_t>(at_ - input_.bytes.data()));
    return fmt::format("{}:{}: {}", input_.name, 1 + std::ranges::count(before, '\n'), message);
  }

  // What nlohmann/json calls.
  static bool null() { return true; }
  bool boolean(bool value) {
    if (level_ == 1 && key_ == "bkacc") document_.accesses = value;
    return true;
  }
  bool number_integer(nlohmann::json::number_integer_t value) {
    if (wanted()) fail(fmt::to_string(value));
    return true;
  }
  bool number_unsigned(nlohmann::json::number_unsigned_t value) {
    if (!wanted()) return true;
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    if (value > static_cast<std::uint64_t>(kMost)) fail(fmt::to_string(value));
    number(static_cast<std::int64_t>(value));
    return true;
  }
  bool number_float(nlohmann::json::number_float_t /*value*/, const std::string& text) {
    if (wanted()) fail(text);
    return true;
  }
  bool string(std::string& value) {
    if (wanted()) fail(tidemark::quoted(value));
    if (level_ == 1 && key_ == "mode") document_.mode = value;
    if (level_ == 1 && key_ == "cmd") document_.command = value;
    if (level_ == 1 && key_ == "bsu") document_.units = value;
    if (level_ == 2 && key_ == "ftbl") document_.table.push_back(valgrind_frame(value));
    return true;
  }
  static bool binary(nlohmann::json::binary_t& /*value*/) { return true; }
  bool start_object(std::size_t /*size*/) {
    open();
    if (in_point()) point_ = {.first_frame = document_.frames.size()};
    return true;
  }
  bool key(std::string& name) {
    if (level_ == 1) key_ = name;
    if (in_point()) point_key_ = name;
    return true;
  }
  bool end_object() {
    if (in_point()) {
      point_.frames = document_.frames.size() - point_.first_frame;
      document_.points.push_back(point_);
    }
    --level_;
    return true;
  }
  bool start_array(std::size_t /*size*/) {
    open();
    return true;
  }
  bool end_array() {
    --level_;
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& token,
                   const nlohmann::json::exception& problem) {
    cut_ = at_ == input_.bytes.data() + input_.bytes.size();
    if (cut_) return false;
    // "[json.exception.parse_error.101] parse error at line 1, column 2: <what>"
    const std::string_view what = problem.what();
    const std::size_t colon = what.find(": ");
    throw Error(
        here(fmt::format("expected the JSON of DHAT, found {} ({})", tidemark::quoted(token),
                         printable(what.substr(colon == std::string_view::npos ? 0 : colon + 2)))));
  }

 private:
  bool in_point() const { return level_ == 3 && key_ == "pps"; }
  bool in_frames() const { return level_ == 4 && key_ == "pps" && point_key_ == "fs"; }

  void open() {
    if (++level_ > kMaxDepth) {
      throw Error(here(fmt::format("expected at most {} levels of JSON", kMaxDepth)));
    }
  }

  // Where the number that comes goes; null when nowhere.
  std::int64_t* target() {
    if (level_ == 1 && key_ == "dhatFileVersion") return &document_.version;
    if (level_ == 1 && key_ == "pid") return &document_.pid;
    if (level_ == 1 && key_ == "te") return &document_.end;
    if (!in_point()) return nullptr;
    const auto column = std::ranges::find(kKeys, point_key_, &Column::key);
    if (column == kKeys.end()) return nullptr;
    const auto index = static_cast<std::size_t>(column - kKeys.begin());
    document_.columns_seen[index] = true;
    return &point_.values[index];
  }

  bool wanted() { return in_frames() || target() != nullptr; }

  void number(std::int64_t value) {
    if (in_frames()) {
      if (value > std::numeric_limits<std::uint32_t>::max()) fail(fmt::to_string(value));
      document_.frames.push_back(static_cast<std::uint32_t>(value));
    } else {
      *target() = value;
    }
    if (level_ == 1 && key_ == "dhatFileVersion" && value != kVersion) {
      throw Error(here(fmt::format(
          "this is DHAT's file version {}; version {} is the one read here", value, kVersion)));
    }
  }

  [[noreturn]] void fail(std::string_view found) const {
    throw Error(here(fmt::format("expected a whole number from 0 to 2^63 - 1 for {}, found {}",
                                 tidemark::quoted(level_ == 1 ? key_ : point_key_), found)));
  }

  Input input_;
  Document& document_;
  const char* at_;
  std::size_t level_ = 0;
  std::string key_;        // the file's object's
  std::string point_key_;  // the program point's
  Point point_;
  bool cut_ = false;
};

std::vector<std::size_t> columns_of(const Document& document) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < kColumns; ++i) {
    const bool access = kKeys[i].key == "rb" || kKeys[i].key == "wb";
    if (document.columns_seen[i] && (!access || document.accesses)) columns.push_back(i);
  }
  return columns;
}

ValueType value_type(const Document& document, const Column& column) {
  const bool space = column.key == "tb";
  if (document.mode == "copy") {
    return space ? ValueType{"copied_space", "bytes"} : ValueType{"copies", "count"};
  }
  if (document.mode == "ad-hoc") {
    const std::string unit = document.units.empty() ? "units" : document.units;
    return space ? ValueType{unit, unit} : ValueType{"events", "count"};
  }
  return {.name = std::string(column.name), .unit = std::string(column.unit)};
}

class Builder {
 public:
  Builder(const Document& document, std::string_view name)
      : document_(document), name_(name), columns_(columns_of(document)), profile_(types()) {}

  Profile build() {
    std::vector<std::int64_t> values(columns_.size());
    for (const Point& point : document_.points) {
      StackId stack = kRoot;
      for (std::size_t i = point.frames; i > 0; --i) {
        stack = profile_.push(stack, frame(document_.frames[point.first_frame + i - 1]));
      }
      std::ranges::transform(columns_, values.begin(),
                             [&](std::size_t i) { return point.values[i]; });
      try {
        profile_.add(stack, values);
      } catch (const Error& error) {
        throw Error(fmt::format("{}: the program points' values: {}", name_, error.what()));
      }
    }
    profile_.title = document_.mode == "heap" ? "allocations" : document_.mode + " events";
    profile_.pid = document_.pid;
    profile_.at = document_.end;
    profile_.at_unit = "instructions";
    return std::move(profile_);
  }

  // How often a frame was named that the table does not have.
  std::size_t missing() const { return missing_; }

 private:
  std::vector<ValueType> types() const {
    std::vector<ValueType> types;
    types.reserve(columns_.size());
    for (const std::size_t i : columns_) types.push_back(value_type(document_, kKeys[i]));
    return types;
  }

  FrameId frame(std::uint32_t number) {
    if (number < document_.table.size()) return profile_.intern(document_.table[number]);
    ++missing_;
    return profile_.intern({.function = fmt::format("[frame {}]", number)});
  }

  const Document& document_;
  std::string_view name_;
  std::vector<std::size_t> columns_;
  Profile profile_;
  std::size_t missing_ = 0;
};

Recording parse(const Input& input) {
  Document document;
  Reader reader(input, document);
  const bool whole = reader.read();
  if (document.version == 0 || (document.points.empty() && !whole)) {
    throw Error(reader.here(whole ? "expected \"dhatFileVersion\", found the end of the file"
                                  : "the file ends before the first program point is whole"));
  }
  Recording recording{.producer = "dhat"};
  recording.processes.push_back(
      {.pid = document.pid, .command = document.command, .finished = whole});
  if (document.points.empty()) {
    recording.warnings.push_back(
        fmt::format("{}: holds no program point: nothing happened", input.name));
    return recording;
  }
  Builder builder(document, input.name);
  recording.profiles.push_back(builder.build());
  if (whole && builder.missing() > 0) {
    throw Error(reader.here(fmt::format("the frame table ends at {}, and {} frames are beyond it",
                                        document.table.size(), builder.missing())));
  }
  if (!whole) {
    recording.partial = true;
    recording.warnings.push_back(reader.here(fmt::format(
        "the file ends early; {} program points before it are whole, {} of their frames have no "
        "name",
        document.points.size(), builder.missing())));
  }
  return recording;
}

}  // namespace

constinit const Format kDhatFormat = {
    .name = "dhat",
    .summary = "valgrind --tool=dhat: what was allocated, copied or marked, and how it was used",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
