// What Folder does line by line: samples that are not of the usual form, as each
// set of rules has them.

#include <algorithm>
#include <utility>

#include "lib/base/hash.h"
#include "lib/base/numbers.h"
#include "parsers/perf_script_folder.h"
#include "parsers/perf_script_names.h"

namespace tidemark::perf_script {
namespace {

constexpr std::string_view kLost = "PERF_RECORD_LOST";

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Takes the line at `at` and moves there behind it.
std::string_view take_line(const char*& at, const char* end) {
  const auto* newline =
      static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
  if (newline == nullptr) newline = end;
  const std::string_view line = between(at, newline);
  at = newline == end ? end : newline + 1;
  return line;
}

}  // namespace

const char* Folder::fold_lines(const Piece& piece, const char* at) {
  pending_.open = false;
  pending_.counts = false;
  pending_.frames.clear();
  pending_.last_frames = 0;
  std::uint64_t position = 0;
  while (at < piece.end) {
    position = piece.position + static_cast<std::uint64_t>(at - piece.begin);
    const std::string_view line = take_line(at, piece.end);
    const bool whole = line.data() + line.size() != at;
    if (line.starts_with('#')) continue;
    if (grammar_.ends_sample(line)) {
      close();
      return at;
    }
    const std::string_view text = without_spaces_behind(line);
    if (!whole && options_.rules == Rules::kBest && !text.ends_with(')') && !text.ends_with(':')) {
      tallies_.cut.add(position);
      close();
      break;
    }
    on_line(line, position, at, piece.end);
  }
  finish_text(position);
  return piece.end;
}

// The text ends without an empty line.
void Folder::finish_text(std::uint64_t position) {
  if (!pending_.open) return;
  if (pending_.own_lines || options_.rules == Rules::kFlameGraph) tallies_.unended.add(position);
  if (options_.rules == Rules::kFlameGraph) return;  // its loop ends without a word
  close();
}

void Folder::on_line(std::string_view line, std::uint64_t position, const char*& next,
                     const char* end) {
  switch (options_.rules) {
    case Rules::kBest:
      return on_line_of_best(line, position);
    case Rules::kFlameGraph:
      return on_line_of_flamegraph(line, position, next, end);
    case Rules::kInferno:
      return on_line_of_inferno(line, position);
  }
}

Folder::Line Folder::look_up(std::string_view line) {
  return line_of(line, hash_of(line), pending_.java);
}

void Folder::on_line_of_best(std::string_view line, std::uint64_t position) {
  const Line known = look_up(line);
  if (known.kind == Kind::kEvent) {
    const auto event = grammar_.event_line(line);
    close();
    if (note_record(line, position)) return;
    begin(*event, position);
    const auto frame = grammar_.frame_line(event->rest);
    if (frame && !frame->module.empty()) add_frame(*frame);
    return;
  }
  if (known.kind == Kind::kFrames && pending_.open) return add_frames(known);
  const bool source = is_blank(line[0]) && pending_.open;
  if (known.kind == Kind::kOther && source) return add_source(line);
  tallies_.unrecognized.add(position);
}

// A frame or an event may come at any time: an event without an empty line before
// it takes over the frames that are there.
void Folder::on_line_of_flamegraph(std::string_view line, std::uint64_t position, const char*& next,
                                   const char* end) {
  const Line known = look_up(line);
  if (known.kind == Kind::kEvent) {
    note_record(line, position);
    const bool was_open = pending_.open;
    if (begin(*grammar_.event_line(line), position) && was_open) tallies_.merged.add(position);
    return;
  }
  if (known.kind != Kind::kFrames) {
    tallies_.unrecognized.add(position);
    return;
  }
  if (!pending_.open) return;
  if (!options_.srcline) return add_frames(known);
  add_sources(*grammar_.frame_line(line), next, end);
}

// An event comes where none is open, a frame elsewhere.
void Folder::on_line_of_inferno(std::string_view line, std::uint64_t position) {
  if (pending_.open) {
    const Line known = look_up(line);
    if (known.kind == Kind::kFrames) return add_frames(known);
    (known.kind == Kind::kEvent ? tallies_.merged : tallies_.unrecognized).add(position);
    return;
  }
  const auto event = grammar_.event_line(line);
  note_record(line, position);
  if (!event) {
    tallies_.unrecognized.add(position);
    return;
  }
  begin(*event, position);
  if (!event->one_line) return;
  if (const auto frame = grammar_.frame_line(event->rest)) add_frame(*frame);
  close();
}

// Whether the line tells of a record that is no sample. Counts those lost.
bool Folder::note_record(std::string_view line, std::uint64_t position) {
  const std::size_t at = line.find(": PERF_RECORD_");
  if (at == std::string_view::npos) return false;
  const std::string_view record = line.substr(at + 2);
  if (!record.starts_with(kLost)) return true;
  const std::string_view words = without_spaces_behind(record);
  const auto lost = to_number(words.substr(words.rfind(' ') + 1));
  tallies_.lost.add(position, std::max<std::int64_t>(lost.value_or(1), 1));
  return true;
}

// Opens a sample; false when its event is not wanted, and Perl's goes on then.
bool Folder::begin(const EventLine& event, std::uint64_t position) {
  const bool flamegraph = options_.rules == Rules::kFlameGraph;
  const std::uint32_t node = event.event
                                 ? event_of(*event.event, position)
                                 : tree_.event(options_.every_event ? "event" : "", position);
  if (node == Tree::kNone) tallies_.filtered.add(position);
  if (node == Tree::kNone && flamegraph) return false;
  if (event.huge) tallies_.huge.add(position);
  pending_.open = true;
  pending_.counts = node != Tree::kNone;
  pending_.java = event.comm.starts_with("java");
  pending_.period = event.period;
  pending_.time = event.time;
  pending_.position = position;
  pending_.last_frames = 0;
  pending_.own_lines = false;
  if (!flamegraph) pending_.frames.clear();
  if (pending_.counts) {
    const std::uint32_t frame = tree_.intern({.function = root_name(event, options_)});
    pending_.root = tree_.push(node, frame, position);
  }
  return true;
}

void Folder::add_frames(const Line& line) {
  const std::span<const std::uint32_t> frames = frames_of(line);
  pending_.frames.insert(pending_.frames.end(), frames.rbegin(), frames.rend());
  pending_.last_frames = frames.size();
  pending_.own_lines = true;
}

void Folder::add_frame(const FrameLine& frame) {
  names_.clear();
  fold_names(frame, options_, pending_.java, names_);
  add_frames(intern(frame, names_));
  pending_.own_lines = false;
}

// The line that -F +srcline adds below a frame: "  spin.c:4".
void Folder::add_source(std::string_view line) {
  if (pending_.last_frames == 0 || (!options_.srcline && !options_.places)) return;
  const std::string source = tidy_source(line);
  const std::size_t colon = source.rfind(':');
  const std::int64_t number =
      colon == std::string::npos
          ? -1
          : to_number(std::string_view(source).substr(colon + 1)).value_or(-1);
  for (std::size_t i = pending_.frames.size() - pending_.last_frames; i < pending_.frames.size();
       ++i) {
    Frame frame = tree_.frame(pending_.frames[i]);
    if (options_.srcline && !source.empty()) {
      frame.function += ':' + source;
      std::ranges::replace(frame.function, ';', ':');
    }
    if (options_.places && number >= 0) {
      frame.file = source.substr(0, colon);
      frame.line = number;
    }
    pending_.frames[i] = tree_.intern(std::move(frame));
  }
  pending_.last_frames = 0;
}

// stackcollapse-perf.pl --srcline: each part of a frame's name takes the line that
// follows, whatever it is, unless nothing is known of the frame.
void Folder::add_sources(const FrameLine& frame, const char*& next, const char* end) {
  names_.clear();
  fold_names(frame, options_, pending_.java, names_);
  bool unknown = false;
  for (std::string& name : names_) {
    unknown = unknown || (frame.module == "[unknown]" && name.starts_with("[unknown"));
    if (unknown || next == end) continue;
    const std::string source = tidy_source(take_line(next, end));
    if (!source.empty()) name += ':' + source;
  }
  add_frames(intern(frame, names_));
}

void Folder::close() {
  const bool counts = pending_.open && pending_.counts;
  pending_.open = false;
  if (!counts) return;
  if (pending_.frames.empty() && options_.rules == Rules::kInferno) {
    tallies_.frameless.add(pending_.position);
    return;
  }
  std::uint32_t node = pending_.root;
  for (std::size_t i = pending_.frames.size(); i-- > 0;) {
    node = tree_.push(node, pending_.frames[i], pending_.position);
  }
  count(node, pending_.period, pending_.time, pending_.position);
}

}  // namespace tidemark::perf_script
