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
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/json_walk.h"
#include "parsers/valgrind_frame.h"

namespace tidemark {
namespace {

constexpr std::int64_t kVersion = 2;

std::string_view skip_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

bool recognizes(std::string_view head) {
  head = skip_blanks(head);
  if (!head.starts_with('{')) return false;
  return skip_blanks(head.substr(1)).starts_with("\"dhatFileVersion\"");
}

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

// Fills a Document from what the file holds.
class Reader {
 public:
  using Kind = JsonEvent::Kind;

  Reader(const JsonWalk& walk, Document& document) : walk_(walk), document_(document) {}

  void operator()(const JsonEvent& event) {
    if (event.path == "pps[]") {
      if (event.kind == Kind::kOpen) point_ = {.first_frame = document_.frames.size()};
      if (event.kind == Kind::kClose) end_point();
    } else if (event.kind == Kind::kWhole) {
      number(event);
    } else if (event.kind == Kind::kText) {
      text(event);
    } else if (event.kind == Kind::kFraction) {
      if (is_frame(event) || target(event.path) != nullptr) fail(event, event.text);
    } else if (event.kind == Kind::kTruth && event.path == "bkacc") {
      document_.accesses = event.whole != 0;
    }
  }

 private:
  static bool is_frame(const JsonEvent& event) { return event.path == "pps[].fs[]"; }

  void end_point() {
    point_.frames = document_.frames.size() - point_.first_frame;
    document_.points.push_back(point_);
  }

  void text(const JsonEvent& event) {
    if (is_frame(event) || target(event.path) != nullptr) fail(event, quoted(event.text));
    if (event.path == "mode") document_.mode = event.text;
    if (event.path == "cmd") document_.command = event.text;
    if (event.path == "bsu") document_.units = event.text;
    if (event.path == "ftbl[]") document_.table.push_back(valgrind_frame(event.text));
  }

  // Where the number at `path` goes; null when nowhere.
  std::int64_t* target(std::string_view path) {
    constexpr std::string_view kPoint = "pps[].";
    if (path.starts_with(kPoint)) {
      const auto column = std::ranges::find(kKeys, path.substr(kPoint.size()), &Column::key);
      if (column == kKeys.end()) return nullptr;
      const auto index = static_cast<std::size_t>(column - kKeys.begin());
      document_.columns_seen[index] = true;
      return &point_.values[index];
    }
    if (path == "dhatFileVersion") return &document_.version;
    if (path == "pid") return &document_.pid;
    if (path == "te") return &document_.end;
    return nullptr;
  }

  void number(const JsonEvent& event) {
    const std::int64_t value = event.whole;
    if (is_frame(event)) {
      if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) {
        fail(event, fmt::to_string(value));
      }
      document_.frames.push_back(static_cast<std::uint32_t>(value));
      return;
    }
    std::int64_t* const to = target(event.path);
    if (to == nullptr) return;
    if (value < 0) fail(event, fmt::to_string(value));
    *to = value;
    if (event.path == "dhatFileVersion" && value != kVersion) {
      throw Error(walk_.here(fmt::format(
          "this is DHAT's file version {}; version {} is the one read here", value, kVersion)));
    }
  }

  [[noreturn]] void fail(const JsonEvent& event, std::string_view found) const {
    std::string_view key = event.path.substr(event.path.rfind('.') + 1);
    if (key.ends_with("[]")) key.remove_suffix(2);
    throw Error(walk_.here(fmt::format(
        "expected a whole number from 0 to 2^63 - 1 for {}, found {}", quoted(key), found)));
  }

  const JsonWalk& walk_;
  Document& document_;
  Point point_;
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
  JsonWalk walk(input);
  Reader reader(walk, document);
  const bool whole = walk.read([&](const JsonEvent& event) { reader(event); });
  if (document.version == 0 || (document.points.empty() && !whole)) {
    throw Error(walk.here(whole ? "expected \"dhatFileVersion\", found the end of the file"
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
    throw Error(walk.here(fmt::format("the frame table ends at {}, and {} frames are beyond it",
                                      document.table.size(), builder.missing())));
  }
  if (!whole) {
    recording.lacks(walk.here(fmt::format(
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
