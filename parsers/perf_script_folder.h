#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/perf_script_cache.h"
#include "parsers/perf_script_lines.h"
#include "parsers/perf_script_plain.h"
#include "parsers/perf_script_scan.h"
#include "parsers/perf_script_tree.h"

namespace tidemark::perf_script {

// A part of a text that starts where a sample may start and ends behind an empty
// line, or with the text.
struct Piece {
  const char* begin = nullptr;
  const char* end = nullptr;
  std::uint64_t position = 0;  // of `begin`, counted over all inputs
};

// Something that happened some times, first at a position.
struct Tally {
  std::int64_t count = 0;
  std::uint64_t first = 0;

  void add(std::uint64_t position, std::int64_t times = 1);
  void merge(const Tally& other);
};

struct Tallies {
  Tally unrecognized;  // lines that are nothing the rules know
  Tally huge;          // periods that do not fit
  Tally merged;        // events that went into the sample before or behind
  Tally unended;       // samples that the text ends in
  Tally cut;           // last lines that are cut off
  Tally lost;          // records that perf lost; the first such line
  Tally filtered;      // samples of other events
  Tally frameless;     // samples that the rules drop for having no frames

  void merge(const Tallies& other);
};

// A sum that does not fit, at the sample that made it so.
struct Overflow {
  std::uint64_t position;
  std::string what;
};

struct Instant {
  std::string_view time;  // as printed
  std::uint32_t node = 0;
  std::int64_t value = 0;
};

// Folds pieces of text into a tree. One thread's; pieces come in rising order.
//
// A sample of the usual form costs one pass over its bytes: the frames' lines are
// hashed while their end is searched for, and looked up, the innermost and the
// others apart, since samples that agree in all return addresses differ in where
// they were hit. What is new is taken apart line by line, and each line is looked
// up first as well. All other forms go line by line as the rules have it.
class Folder {
 public:
  // `memory`: for the copies of what was seen. `filter`: the event to keep; empty:
  // the first one.
  Folder(const PerfScriptOptions& options, std::string filter, std::size_t memory);

  void fold(const Piece& piece);
  // From now on the usual form is read line by line as well: slower, and what the
  // fast way must agree with.
  void read_by_lines() { by_lines_ = true; }

  const std::string& filter() const { return filter_; }
  const Tree& tree() const { return tree_; }
  Tree& tree() { return tree_; }
  const Tallies& tallies() const { return tallies_; }
  const std::vector<std::string>& other_events() const { return other_events_; }
  // Called for each sample that is counted, when set.
  std::function<void(const Instant&)> on_sample;

 private:
  enum class Kind : std::uint8_t { kFrames, kComment, kEvent, kOther };
  // What is known of a line.
  struct Line {
    Kind kind = Kind::kOther;
    bool single = false;      // it has one frame, which is `first`
    std::uint32_t first = 0;  // otherwise how many they are is there in parts_, and they follow
  };
  // What is known of a command.
  struct Thread {
    std::string text;
    bool plain = false;  // whether the rules read its lines as read_plain() does
    bool java = false;
    std::uint32_t frame = 0;  // the root frame
    std::uint32_t event = Tree::kNone;
    std::uint32_t root = 0;  // the root frame of that event
  };
  // A sample that is being read line by line.
  struct Pending {
    bool open = false;
    bool counts = false;  // it is of the event wanted
    bool java = false;
    std::uint32_t root = 0;
    std::int64_t period = 1;
    std::string_view time;
    std::uint64_t position = 0;
    std::size_t last_frames = 0;        // how many the last line gave
    bool own_lines = false;             // some frame had a line of its own
    std::vector<std::uint32_t> frames;  // innermost first
  };

  // A sample of the usual form on its way through the caches.
  struct Plain {
    const char* at = nullptr;
    const char* next = nullptr;
    std::uint64_t position = 0;
    std::string_view leaf;  // the innermost frame's line
    std::uint64_t leaf_hash = 0;
    std::string_view rest;  // the other lines
    std::uint64_t rest_hash = 0;
    std::string_view time;
    std::int64_t period = 1;
    bool counts = false;
    bool java = false;
    std::uint32_t root = 0;  // kNone when it does not count
    // Where it most likely ends up.
    std::uint32_t likely_caller = 0;
    std::uint32_t likely_frame = 0;
  };
  static constexpr std::size_t kBatch = 16;

  const char* fold_batch(const Piece& piece, const char* at);
  bool scan_plain(const Piece& piece, const char* at, bool first, Plain& sample);
  void prefetch(Plain& sample) const;
  bool finish_plain(const Plain& sample);
  const char* fold_lines(const Piece& piece, const char* at);
  bool knows_root(const PlainEvent& plain);
  bool learn_root(std::string_view line, const PlainEvent& plain, std::uint64_t position);
  std::uint32_t event_of(std::string_view name, std::uint64_t position);
  bool find_thread(std::string_view text);
  void learn_thread(std::string_view line, std::string_view text, const PlainEvent& plain);
  std::uint32_t rest_of(const Plain& sample);
  std::uint32_t learn(const Plain& sample);

  // Outermost first.
  std::span<const std::uint32_t> frames_of(const Line& line) const;
  Line line_of(std::string_view text, std::uint64_t hash, bool java);
  Line read_line(std::string_view text, bool java);
  Line fold_frame(const FrameLine& frame, bool java);
  Line intern(const FrameLine& frame, const std::vector<std::string>& names);

  void on_line(std::string_view line, std::uint64_t position, const char*& next, const char* end);
  void on_line_of_best(std::string_view line, std::uint64_t position);
  void on_line_of_flamegraph(std::string_view line, std::uint64_t position, const char*& next,
                             const char* end);
  void on_line_of_inferno(std::string_view line, std::uint64_t position);
  bool begin(const EventLine& event, std::uint64_t position);
  void add_frames(const Line& line);
  void add_frame(const FrameLine& frame);
  void add_source(std::string_view line);
  void add_sources(const FrameLine& frame, const char*& next, const char* end);
  void close();
  void finish_text(std::uint64_t position);
  void count(std::uint32_t node, std::int64_t period, std::string_view time,
             std::uint64_t position);
  Line look_up(std::string_view line);
  bool note_record(std::string_view line, std::uint64_t position);

  PerfScriptOptions options_;
  const Grammar& grammar_;
  bool by_lines_;
  const Scanner& scanner_;
  std::string filter_;
  Tree tree_;
  Tallies tallies_;
  std::vector<std::string> other_events_;

  Cache<Line> lines_;
  Cache<Line> symbols_;  // by symbol and module, where that is all that counts
  Cache<std::uint32_t> rests_;
  std::vector<std::uint32_t> parts_;
  IdTable thread_ids_;
  std::vector<Thread> threads_;
  std::array<std::uint32_t, 256> recent_threads_;  // by hash
  std::uint32_t last_thread_ = Tree::kNone;
  std::string last_event_;  // as printed
  std::uint32_t last_event_node_ = Tree::kNone;
  std::vector<std::uint32_t> frames_;  // while learning
  std::vector<std::string> names_;
  std::string symbol_;
  std::array<Plain, kBatch> batch_;

  Pending pending_;
};

}  // namespace tidemark::perf_script
