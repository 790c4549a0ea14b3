// The text that `valgrind --tool=massif` writes (checked against 3.19):
//
//   desc: --time-unit=B
//   cmd: ./server --port 80
//   time_unit: B                      i (instructions), ms or B (bytes)
//   #-----------
//   snapshot=0
//   #-----------
//   time=0
//   mem_heap_B=6442450944
//   mem_heap_extra_B=24240
//   mem_stacks_B=0
//   heap_tree=empty                   empty, detailed or peak
//   #-----------
//   snapshot=1
//   ...
//   heap_tree=detailed
//   n2: 300 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.
//    n1: 200 0x10918E: f (file.c:12)
//     n0: 200 0x1097D6: main (file.c:30)
//    n0: 100 in 3 places, all below massif's threshold (1.00%)
//
// A tree starts at the allocation and grows towards main: `n2` has two callers,
// one more space each, and the callers' bytes add up to its own. We turn it
// round, since a Profile's stacks start at main: the bytes of each end of the
// tree, and what a node has beyond its callers, go to the stack from there up
// to the allocation. The top line is no frame. "below massif's threshold" stays
// as the outermost frame, for callers that massif left out.
//
// The trees of one file are much alike. A line is compared with the one that
// followed the same line in the tree before; only a line that differs is looked
// up by its bytes, and only a line never seen there is parsed. All profiles of
// a file share their frames.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/id_table.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/valgrind_frame.h"

namespace tidemark {
namespace {

constexpr std::string_view kRule = "#-----------";
constexpr std::string_view kCommand = "cmd: ";
constexpr std::string_view kUnit = "time_unit: ";
constexpr std::string_view kTree = "heap_tree=";
constexpr std::uint32_t kNone = 0xFFFFFFFF;

bool recognizes(std::string_view head) {
  if (!head.starts_with("desc:")) return false;
  // A very long description or command leaves no room for the rest.
  if (head.find('\n') == std::string_view::npos) return true;
  return head.find("\ncmd:") != std::string_view::npos;
}

enum class Tree : std::uint8_t { kEmpty, kDetailed, kPeak };

// The bytes that one stack of Trees::all() holds.
struct Held {
  StackId stack;
  std::int64_t bytes;
};

struct Snapshot {
  std::int64_t number = 0;
  std::int64_t time = 0;
  std::int64_t heap = 0;
  std::int64_t extra = 0;
  std::int64_t stacks = 0;
  std::int64_t total = 0;
  Tree tree = Tree::kEmpty;
  std::vector<Held> held;
};

// Every place in a tree that was seen in the file, with its stack turned round.
class Trees {
 public:
  explicit Trees(Profile& all) : all_(all) {}

  // The place that `text` names, reached from the line `parent` (kNone for a
  // top line). REQUIRES: the bytes of `text` stay alive.
  std::uint32_t find(std::uint32_t parent, std::string_view text) {
    const std::uint32_t guess = last_ == kNone ? 0 : places_[last_].next;
    if (guess < places_.size() && places_[guess].parent == parent && places_[guess].text == text) {
      return last_ = guess;
    }
    const std::uint32_t found = look_up(parent, text);
    if (last_ != kNone) places_[last_].next = found;
    return last_ = found;
  }

  // From the outermost caller, which is `place`, up to the allocation.
  StackId stack_of(std::uint32_t place) {
    if (places_[place].stack != kRoot) return places_[place].stack;
    StackId stack = kRoot;
    std::uint32_t at = place;
    do {
      stack = all_.push(stack, frames_[places_[at].name]);
      at = places_[at].parent;
    } while (at != kNone && places_[at].parent != kNone);
    return places_[place].stack = stack;
  }

 private:
  struct Place {
    std::uint32_t parent;
    std::uint32_t name;  // index of frames_
    std::uint32_t next;  // the place that came after this one last time
    StackId stack = kRoot;
    std::string_view text;
  };

  std::uint32_t look_up(std::uint32_t parent, std::string_view text) {
    const std::uint32_t name = names_.find_or_add(
        hash_of(text), [&](std::uint32_t other) { return texts_[other] == text; });
    if (name == texts_.size()) {
      texts_.push_back(text);
      frames_.push_back(all_.intern(valgrind_frame(text)));
    }
    const std::array<std::uint32_t, 2> key = {parent, name};
    const std::uint64_t hash = hash_of({reinterpret_cast<const char*>(key.data()), sizeof key});
    const std::uint32_t place = place_ids_.find_or_add(hash, [&](std::uint32_t other) {
      return places_[other].parent == parent && places_[other].name == name;
    });
    if (place == places_.size()) {
      places_.push_back({.parent = parent, .name = name, .next = kNone, .text = text});
    }
    return place;
  }

  Profile& all_;
  std::vector<Place> places_;
  IdTable place_ids_;
  std::vector<std::string_view> texts_;
  std::vector<FrameId> frames_;  // of texts_
  IdTable names_;
  std::uint32_t last_ = kNone;
};

// Makes a Profile of its own from some stacks of `all`.
class Cutter {
 public:
  explicit Cutter(const Profile& all) : all_(all), seen_(all.stacks()), here_(all.stacks()) {}

  Profile cut(std::span<const Held> held) {
    ++round_;
    seen_[0] = round_;
    wanted_.clear();
    for (const Held& one : held) {
      const std::size_t before = wanted_.size();
      for (StackId at = one.stack; seen_[index(at)] != round_; at = all_.caller(at)) {
        seen_[index(at)] = round_;
        wanted_.push_back(at);
      }
      std::ranges::reverse(wanted_.begin() + static_cast<std::ptrdiff_t>(before), wanted_.end());
    }
    Profile profile = Profile::sharing_frames(all_);
    profile.reserve(wanted_.size() + 1);
    for (const StackId stack : wanted_) {
      here_[index(stack)] = profile.append(here_[index(all_.caller(stack))], all_.leaf(stack));
    }
    for (const Held& one : held) profile.add(here_[index(one.stack)], {&one.bytes, 1});
    return profile;
  }

 private:
  static std::size_t index(StackId stack) { return static_cast<std::size_t>(stack); }

  const Profile& all_;
  std::vector<std::uint32_t> seen_;  // in which round
  std::vector<StackId> here_;        // the stack's id in the profile being made
  std::vector<StackId> wanted_;      // callers first
  std::uint32_t round_ = 0;
};

struct Column {
  std::string_view name;
  std::int64_t Snapshot::*value;
};
constexpr std::array<Column, 4> kColumns = {{{"heap", &Snapshot::heap},
                                             {"heap extra", &Snapshot::extra},
                                             {"stacks", &Snapshot::stacks},
                                             {"total", &Snapshot::total}}};

class Parser {
 public:
  explicit Parser(const Input& input)
      : input_(input),
        lines_(input.name, input.bytes),
        all_(std::vector<ValueType>{{.name = "inuse_space", .unit = "bytes"}}),
        trees_(all_) {}

  Recording parse();

 private:
  // Moves to the next line; false when there is none or it was cut off.
  bool next() { return lines_.next() && lines_.whole(); }

  bool read_header();
  bool read_unit();
  bool read_snapshot(Snapshot& snapshot);
  bool read_sizes(Snapshot& snapshot);
  bool read_number(std::string_view prefix, std::int64_t& number);
  bool read_tree(Snapshot& snapshot);
  bool read_node(Snapshot& snapshot);
  std::int64_t take_number(std::string_view& text) const;
  void close_nodes(Snapshot& snapshot);

  void note_cut(Recording& recording) const;
  void note_peak(Recording& recording) const;
  std::size_t peak() const;
  void add_series(Recording& recording) const;
  void add_profiles(Recording& recording) const;

  // A node of the tree being read whose callers are not all read yet.
  struct Open {
    std::uint32_t place;
    std::int64_t rest;      // its bytes less those of the callers read
    std::int64_t expected;  // callers still to come
  };

  Input input_;
  Lines lines_;
  Profile all_;
  Trees trees_;
  std::string command_;
  std::string at_unit_;
  bool pages_ = false;
  std::vector<Snapshot> snapshots_;
  std::vector<Open> open_;
};

bool Parser::read_header() {
  if (!next()) return false;
  if (!lines_.line().starts_with("desc:")) lines_.fail("'desc: <options>'");
  pages_ = lines_.line().find("--pages-as-heap=yes") != std::string_view::npos;
  do {
    if (!next()) return false;
  } while (lines_.line().starts_with("desc:"));
  if (!lines_.line().starts_with(kCommand)) lines_.fail("'cmd: <command>'");
  command_ = lines_.line().substr(kCommand.size());
  return read_unit();
}

// A command may hold newlines: the unit comes somewhere below it.
bool Parser::read_unit() {
  while (next()) {
    if (lines_.line() == kRule) lines_.fail("'time_unit: <unit>'");
    if (lines_.line().starts_with(kUnit)) {
      at_unit_ = lines_.line().substr(kUnit.size());
      if (at_unit_ == "i") at_unit_ = "instructions";
      if (at_unit_ == "B") at_unit_ = "bytes";
      return true;
    }
    command_.append("\n").append(lines_.line());
  }
  return false;
}

bool Parser::read_number(std::string_view prefix, std::int64_t& number) {
  if (!next()) return false;
  lines_.again();
  number = lines_.expect_number(prefix);
  if (number < 0) lines_.fail("a number from 0 on");
  return true;
}

bool Parser::read_snapshot(Snapshot& snapshot) {
  if (lines_.line() != kRule) lines_.fail(fmt::format("'{}'", kRule));
  if (!read_number("snapshot=", snapshot.number)) return false;
  if (!next()) return false;
  if (lines_.line() != kRule) lines_.fail(fmt::format("'{}'", kRule));
  if (!read_number("time=", snapshot.time)) return false;
  if (!snapshots_.empty() && snapshot.time < snapshots_.back().time) {
    lines_.fail("a time that is not before the last snapshot's");
  }
  if (!read_sizes(snapshot) || !next()) return false;
  const std::string_view line = lines_.line();
  const std::string_view kind = line.starts_with(kTree) ? line.substr(kTree.size()) : "";
  if (kind == "detailed") {
    snapshot.tree = Tree::kDetailed;
  } else if (kind == "peak") {
    snapshot.tree = Tree::kPeak;
  } else if (kind != "empty") {
    lines_.fail("'heap_tree=empty', 'heap_tree=detailed' or 'heap_tree=peak'");
  }
  return true;
}

bool Parser::read_sizes(Snapshot& snapshot) {
  if (!read_number("mem_heap_B=", snapshot.heap) ||
      !read_number("mem_heap_extra_B=", snapshot.extra) ||
      !read_number("mem_stacks_B=", snapshot.stacks)) {
    return false;
  }
  if (__builtin_add_overflow(snapshot.heap, snapshot.extra, &snapshot.total) ||
      __builtin_add_overflow(snapshot.total, snapshot.stacks, &snapshot.total)) {
    lines_.fail("sizes whose sum is below 2^63");
  }
  return true;
}

// Takes digits off the front of `text`.
std::int64_t Parser::take_number(std::string_view& text) const {
  std::int64_t number = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    if (__builtin_mul_overflow(number, 10, &number) ||
        __builtin_add_overflow(number, text[digits] - '0', &number)) {
      lines_.fail("numbers below 2^63");
    }
  }
  if (digits == 0) lines_.fail("'n<callers>: <bytes> <frame>'");
  text.remove_prefix(digits);
  return number;
}

// Reads one line of a tree: as many spaces as nodes are open, then the node.
bool Parser::read_node(Snapshot& snapshot) {
  if (!next()) return false;
  std::string_view text = lines_.line();
  const std::size_t indent = std::min(text.find_first_not_of(' '), text.size());
  if (indent != open_.size()) {
    lines_.fail(fmt::format("a node of the heap tree after {} spaces", open_.size()));
  }
  text.remove_prefix(indent);
  if (!text.starts_with('n')) lines_.fail("'n<callers>: <bytes> <frame>'");
  text.remove_prefix(1);
  const std::int64_t callers = take_number(text);
  if (!text.starts_with(": ")) lines_.fail("'n<callers>: <bytes> <frame>'");
  text.remove_prefix(2);
  const std::int64_t bytes = take_number(text);
  if (!text.starts_with(' ')) lines_.fail("'n<callers>: <bytes> <frame>'");
  text.remove_prefix(1);
  const std::uint32_t place = trees_.find(open_.empty() ? kNone : open_.back().place, text);
  if (!open_.empty()) {
    open_.back().rest -= bytes;
    --open_.back().expected;
    if (open_.back().rest < 0) lines_.fail("callers whose bytes add up to their callee's at most");
  }
  open_.push_back({.place = place, .rest = bytes, .expected = callers});
  close_nodes(snapshot);
  return true;
}

// Ends the innermost nodes whose callers have all been read. What no caller
// accounts for is held by the stack that ends here.
void Parser::close_nodes(Snapshot& snapshot) {
  while (!open_.empty() && open_.back().expected == 0) {
    const Open& node = open_.back();
    if (node.rest > 0) {
      snapshot.held.push_back({.stack = trees_.stack_of(node.place), .bytes = node.rest});
    }
    open_.pop_back();
  }
}

bool Parser::read_tree(Snapshot& snapshot) {
  do {
    if (!read_node(snapshot)) return false;
  } while (!open_.empty());
  return true;
}

void Parser::note_cut(Recording& recording) const {
  recording.partial = true;
  recording.warnings.push_back(
      lines_.at(fmt::format("the file ends inside a snapshot; {} before it {} whole",
                            snapshots_.size(), snapshots_.size() == 1 ? "is" : "are")));
}

Recording Parser::parse() {
  if (!read_header()) {
    throw Error(lines_.at("the file ends before the first snapshot of massif"));
  }
  Recording recording{.producer = "massif"};
  bool whole = true;
  while (whole && lines_.next()) {
    Snapshot snapshot;
    whole = lines_.whole() && read_snapshot(snapshot);
    if (!whole) break;
    if (snapshot.tree != Tree::kEmpty) whole = read_tree(snapshot);
    if (!whole) {  // its sizes are whole, its tree is not
      snapshot.tree = Tree::kEmpty;
      snapshot.held.clear();
    }
    snapshots_.push_back(std::move(snapshot));
  }
  if (snapshots_.empty()) {
    throw Error(lines_.at("the file ends before the first snapshot is whole"));
  }
  if (!whole) note_cut(recording);
  recording.processes.push_back({.command = command_, .finished = whole});
  add_series(recording);
  note_peak(recording);
  add_profiles(recording);
  return recording;
}

// The snapshot with the largest total; the marked one among equals.
std::size_t Parser::peak() const {
  std::size_t best = 0;
  for (std::size_t i = 1; i < snapshots_.size(); ++i) {
    const bool larger = snapshots_[i].total > snapshots_[best].total;
    const bool marked =
        snapshots_[i].total == snapshots_[best].total && snapshots_[i].tree == Tree::kPeak;
    if (larger || marked) best = i;
  }
  return best;
}

// massif looks for the peak when memory is freed, and then only to 1 %: its
// mark may be too low, or missing when nothing was freed after the peak.
void Parser::note_peak(Recording& recording) const {
  const Snapshot& largest = snapshots_[peak()];
  if (largest.tree == Tree::kPeak || largest.total == 0) return;
  const auto marked = std::ranges::find(snapshots_, Tree::kPeak, &Snapshot::tree);
  const std::string what = marked == snapshots_.end()
                               ? "massif marks no snapshot as the peak"
                               : fmt::format("massif marks snapshot {} as the peak, with {} bytes",
                                             marked->number, marked->total);
  recording.warnings.push_back(fmt::format(
      "{}: {}; the largest is snapshot {}, with {} bytes{}", input_.name, what, largest.number,
      largest.total, largest.tree == Tree::kEmpty ? ", which has no heap tree" : ""));
}

void Parser::add_series(Recording& recording) const {
  for (const Column& column : kColumns) {
    Series series{.name = std::string(column.name), .unit = "bytes", .at_unit = at_unit_};
    if (pages_ && column.value == &Snapshot::heap) series.name = "mapped pages";
    series.points.reserve(snapshots_.size());
    for (const Snapshot& snapshot : snapshots_) {
      series.points.push_back({.at = snapshot.time, .value = snapshot.*column.value});
    }
    recording.series.push_back(std::move(series));
  }
}

void Parser::add_profiles(Recording& recording) const {
  Cutter cutter(all_);
  const std::size_t largest = peak();
  for (std::size_t i = 0; i < snapshots_.size(); ++i) {
    const Snapshot& snapshot = snapshots_[i];
    if (snapshot.tree == Tree::kEmpty) continue;
    Profile profile = cutter.cut(snapshot.held);
    profile.title = fmt::format("{}snapshot {}{}", pages_ ? "mapped pages, " : "heap, ",
                                snapshot.number, i == largest ? " (peak)" : "");
    profile.at = snapshot.time;
    profile.at_unit = at_unit_;
    recording.profiles.push_back(std::move(profile));
  }
}

Recording parse(const Input& input) { return Parser(input).parse(); }

}  // namespace

constinit const Format kMassifFormat = {
    .name = "massif",
    .summary = "valgrind --tool=massif: heap size over time and who holds it",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
