#include "parsers/perf_script_folder.h"

#include <algorithm>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "parsers/perf_script_names.h"

namespace tidemark::perf_script {
namespace {

constexpr std::size_t kMostParts = std::size_t{1} << 20;
// In the cache of rests: the lines are frames, and of an event nobody asked for;
// the lines are not all frames.
constexpr std::uint32_t kFramesOnly = Tree::kNone - 1;
constexpr std::uint32_t kOddLines = Tree::kNone;

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

void Tally::add(std::uint64_t position, std::int64_t times) {
  if (times == 0) return;
  first = count == 0 ? position : std::min(first, position);
  count += times;
}

void Tally::merge(const Tally& other) { add(other.first, other.count); }

void Tallies::merge(const Tallies& other) {
  unrecognized.merge(other.unrecognized);
  huge.merge(other.huge);
  merged.merge(other.merged);
  unended.merge(other.unended);
  cut.merge(other.cut);
  lost.merge(other.lost);
  filtered.merge(other.filtered);
  frameless.merge(other.frameless);
}

Folder::Folder(const PerfScriptOptions& options, std::string filter, std::size_t memory)
    : options_(options),
      grammar_(grammar_of(options.rules)),
      // stackcollapse-perf.pl takes the line behind a frame for its source, whatever it is.
      by_lines_(options.srcline && options.rules == Rules::kFlameGraph),
      scanner_(scanner()),
      filter_(std::move(filter)),
      lines_(memory / 4),
      symbols_(memory / 8),
      rests_(memory / 2) {
  recent_threads_.fill(Tree::kNone);
}

void Folder::fold(const Piece& piece) {
  for (const char* at = piece.begin; at < piece.end;) {
    if (parts_.size() > kMostParts) {
      lines_.clear();
      symbols_.clear();
      parts_.clear();
    }
    const char* const next = by_lines_ ? at : fold_batch(piece, at);
    at = next == at ? fold_lines(piece, at) : next;
  }
}

// Folds samples of the usual form until another comes; returns where. Several go
// step by step together: what one step will read is on its way while the others'
// turn is.
const char* Folder::fold_batch(const Piece& piece, const char* at) {
  std::size_t size = 0;
  while (size < kBatch && at < piece.end && scan_plain(piece, at, size == 0, batch_[size])) {
    const Plain& sample = batch_[size++];
    lines_.prefetch_way(sample.leaf_hash, sample.java ? 1 : 0);
    rests_.prefetch_way(sample.rest_hash, sample.root);
    at = sample.next;
  }
  for (std::size_t i = 0; i < size; ++i) prefetch(batch_[i]);
  for (std::size_t i = 0; i < size; ++i) {
    tree_.prefetch_sums(batch_[i].likely_caller, batch_[i].likely_frame);
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (!finish_plain(batch_[i])) fold_lines(piece, batch_[i].at);
  }
  return at;
}

// Takes the sample at `at` apart; false when it is not of the usual form, or when
// it is not the first of its batch and has an event or a command that is new.
bool Folder::scan_plain(const Piece& piece, const char* at, bool first, Plain& sample) {
  const auto* const newline =
      static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(piece.end - at)));
  if (newline == nullptr || newline + 1 == piece.end) return false;
  const std::uint64_t position = piece.position + static_cast<std::uint64_t>(at - piece.begin);
  PlainEvent plain;
  if (!read_plain(between(at, newline), last_event_, plain)) return false;

  const char* const frames = newline + 1;
  const Scanned leaf = scanner_.line(frames, piece.end);
  if (leaf.end == nullptr || leaf.end == frames || leaf.end[-1] != ')') return false;
  const char* const rest = leaf.end + 1;
  const Scanned others = scanner_.frames(rest, piece.end);
  if (others.end == nullptr || others.end[-1] != '\n') return false;

  if (!knows_root(plain) && (!first || !learn_root(between(at, newline), plain, position))) {
    return false;
  }
  const Thread& thread = threads_[last_thread_];
  if (!thread.plain) return false;
  const bool counts = last_event_node_ != Tree::kNone;
  sample = {.at = at,
            .next = others.end + 1,
            .position = position,
            .leaf = between(frames, leaf.end),
            .leaf_hash = leaf.hash,
            .rest = between(rest, others.end),
            .rest_hash = others.hash,
            .time = plain.time,
            .period = plain.period,
            .counts = counts,
            .java = thread.java,
            .root = counts ? thread.root : Tree::kNone};
  return true;
}

void Folder::prefetch(Plain& sample) const {
  const Line* const line = lines_.prefetch_bytes(sample.leaf_hash, sample.java ? 1 : 0);
  const std::uint32_t* const node = rests_.prefetch_bytes(sample.rest_hash, sample.root);
  if (line == nullptr || (node == nullptr && !sample.rest.empty())) return;
  sample.likely_caller = node == nullptr ? sample.root : *node;
  sample.likely_frame = line->first;
  tree_.prefetch(sample.likely_caller, sample.likely_frame);
}

// False, and nothing is changed, when some line is not a frame.
bool Folder::finish_plain(const Plain& sample) {
  const Line line = line_of(sample.leaf, sample.leaf_hash, sample.java);
  if (line.kind != Kind::kFrames) return false;
  std::uint32_t node = sample.root;
  if (!sample.rest.empty()) {
    node = rest_of(sample);
    if (node == kOddLines) return false;
  }
  if (!sample.counts) {
    tallies_.filtered.add(sample.position);
    return true;
  }
  for (const std::uint32_t frame : frames_of(line)) {
    node = tree_.push(node, frame, sample.position);
  }
  count(node, sample.period, sample.time, sample.position);
  return true;
}

// Whether the event and the command came before; last_event_node_ and
// last_thread_ are theirs then.
bool Folder::knows_root(const PlainEvent& plain) {
  if (last_event_.empty() || plain.event != last_event_) return false;
  if (!find_thread(options_.pid || options_.tid ? plain.thread : plain.comm)) return false;
  return last_event_node_ == Tree::kNone || threads_[last_thread_].event == last_event_node_;
}

bool Folder::learn_root(std::string_view line, const PlainEvent& plain, std::uint64_t position) {
  const std::string_view text = options_.pid || options_.tid ? plain.thread : plain.comm;
  if (!find_thread(text)) learn_thread(line, text, plain);
  Thread& thread = threads_[last_thread_];
  if (!thread.plain) return false;
  std::string_view name = plain.event;
  if (options_.rules == Rules::kInferno) {
    if (std::ranges::count(name, ':') > 1) return false;
    name = name.substr(0, name.find(':'));
  }
  last_event_node_ = event_of(name, position);
  last_event_ = plain.event;
  if (last_event_node_ != Tree::kNone) {
    thread.event = last_event_node_;
    thread.root = tree_.push(thread.event, thread.frame, position);
  }
  return true;
}

bool Folder::find_thread(std::string_view text) {
  if (last_thread_ < threads_.size() && threads_[last_thread_].text == text) return true;
  const std::uint64_t hash = hash_of(text);
  std::uint32_t& recent = recent_threads_[hash % recent_threads_.size()];
  if (recent >= threads_.size() || threads_[recent].text != text) return false;
  last_thread_ = recent;
  return true;
}

void Folder::learn_thread(std::string_view line, std::string_view text, const PlainEvent& plain) {
  const std::uint64_t hash = hash_of(text);
  last_thread_ = thread_ids_.find_or_add(
      hash, [&](std::uint32_t other) { return threads_[other].text == text; });
  recent_threads_[hash % recent_threads_.size()] = last_thread_;
  if (last_thread_ < threads_.size()) return;
  Thread thread{.text = std::string(text)};
  const auto event = grammar_.event_line(line);
  thread.plain = event && event->comm == plain.comm && event->event &&
                 plain.event.starts_with(*event->event) && event->period == plain.period &&
                 plain.thread.ends_with(event->tid) && !event->one_line;
  if (thread.plain) {
    thread.java = event->comm.starts_with("java");
    thread.frame = tree_.intern({.function = root_name(*event, options_)});
  }
  threads_.push_back(std::move(thread));
}

// The event's node in the tree, kNone when it is not wanted.
std::uint32_t Folder::event_of(std::string_view name, std::uint64_t position) {
  if (options_.every_event) return tree_.event(name, position);
  if (filter_.empty()) filter_ = name;
  if (name == filter_) return tree_.event("", position);
  constexpr std::size_t kMostNamed = 8;
  if (other_events_.size() < kMostNamed &&
      std::ranges::find(other_events_, name) == other_events_.end()) {
    other_events_.emplace_back(name);
  }
  return Tree::kNone;
}

// The node of the other frames, which are called from the root.
std::uint32_t Folder::rest_of(const Plain& sample) {
  if (const auto* const known = rests_.find(sample.rest_hash, sample.root, sample.rest)) {
    return *known;
  }
  const std::uint32_t node = learn(sample);
  rests_.add(sample.rest_hash, sample.root, sample.rest, node);
  return node;
}

std::uint32_t Folder::learn(const Plain& sample) {
  frames_.clear();
  const char* const end = sample.rest.data() + sample.rest.size();
  for (const char* at = sample.rest.data(); at < end;) {
    const Scanned scanned = scanner_.line(at, end);
    const Line line = line_of(between(at, scanned.end), scanned.hash, sample.java);
    at = scanned.end + 1;
    if (line.kind != Kind::kFrames) return kOddLines;
    const std::span<const std::uint32_t> frames = frames_of(line);
    frames_.insert(frames_.end(), frames.rbegin(), frames.rend());
  }
  if (!sample.counts) return kFramesOnly;
  std::uint32_t node = sample.root;
  for (std::size_t i = frames_.size(); i-- > 0;) {
    node = tree_.push(node, frames_[i], sample.position);
  }
  return node;
}

std::span<const std::uint32_t> Folder::frames_of(const Line& line) const {
  if (line.single) return {&line.first, 1};
  return {parts_.data() + line.first + 1, parts_[line.first]};
}

Folder::Line Folder::line_of(std::string_view text, std::uint64_t hash, bool java) {
  const std::uint32_t key = java ? 1 : 0;
  if (const Line* const known = lines_.find(hash, key, text)) return *known;
  const Line line = read_line(text, java);
  lines_.add(hash, key, text, line);
  return line;
}

// What a line is inside of a sample. Perl looks for an event first, inferno for a
// frame only; perf starts frames with a tab, and old ones with blanks.
Folder::Line Folder::read_line(std::string_view text, bool java) {
  if (text.starts_with('#')) return {.kind = Kind::kComment};
  const bool frame_first = options_.rules == Rules::kInferno ||
                           (options_.rules == Rules::kBest && text.starts_with('\t'));
  if (!frame_first && grammar_.event_line(text)) return {.kind = Kind::kEvent};
  if (const auto frame = grammar_.frame_line(text)) return fold_frame(*frame, java);
  const bool event = frame_first && grammar_.event_line(text).has_value();
  return {.kind = event ? Kind::kEvent : Kind::kOther};
}

// Lines that differ in the address only are the rule.
Folder::Line Folder::fold_frame(const FrameLine& frame, bool java) {
  const bool by_address = options_.addrs || options_.inlined || frame.inlined;
  const std::string_view symbol = without_offset(frame.symbol, options_.rules);
  if (!by_address) {
    symbol_.assign(symbol);
    symbol_ += '\n';
    symbol_ += frame.module;
  }
  const std::uint64_t hash = by_address ? 0 : hash_of(symbol_);
  const std::uint32_t key = java ? 1 : 0;
  if (const Line* known = by_address ? nullptr : symbols_.find(hash, key, symbol_)) return *known;
  names_.clear();
  fold_names(frame, options_, java, names_);
  const Line line = intern(frame, names_);
  if (!by_address) symbols_.add(hash, key, symbol_, line);
  return line;
}

Folder::Line Folder::intern(const FrameLine& frame, const std::vector<std::string>& names) {
  Line line{.kind = Kind::kFrames, .single = names.size() == 1};
  if (!line.single) {
    line.first = static_cast<std::uint32_t>(parts_.size());
    parts_.push_back(static_cast<std::uint32_t>(names.size()));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    Frame known{.function = names[i]};
    if (options_.places) {
      const bool module = frame.module != "[unknown]" && frame.module != "unknown";
      if (module) known.module = frame.module;
      known.inlined = frame.inlined || i > 0;
    }
    const std::uint32_t id = tree_.intern(std::move(known));
    if (line.single) {
      line.first = id;
    } else {
      parts_.push_back(id);
    }
  }
  return line;
}

void Folder::count(std::uint32_t node, std::int64_t period, std::string_view time,
                   std::uint64_t position) {
  try {
    tree_.add(node, period);
  } catch (const Error& error) {
    throw Overflow{.position = position, .what = error.what()};
  }
  if (on_sample) on_sample({.time = time, .node = node, .value = period});
}

}  // namespace tidemark::perf_script
