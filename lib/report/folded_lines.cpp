// Texts in bytewise order are a walk over the tree in which the callees of a stack
// are sorted by name. But a stack's own line and its callees' need not follow each
// other:
//
//   main;read 3
//   main;read2;copy 4
//   main;read;copy 5
//
// So each stack stands in the list of its siblings twice: as "read", for its own line,
// and as "read;", for what it calls. All such words are sorted once, and siblings are
// then sorted by a number. Nothing recurses: stacks may be a hundred thousand deep.

#include "lib/report/folded_lines.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/numbers.h"
#include "lib/model/callees.h"
#include "lib/report/folded.h"

namespace tidemark {
namespace {

// The words of all frames, sorted. A word is "read" or "read;".
class Words {
 public:
  explicit Words(const Profile& profile) {
    std::unordered_map<std::string, std::size_t> known;  // "read" is word i, "read;" i + 1
    std::vector<std::size_t> word_of_frame;
    for (std::uint32_t i = 0; i < profile.frames(); ++i) {
      std::string name = folded_name(profile.frame(FrameId{i}));
      const auto [entry, fresh] = known.try_emplace(std::move(name), known.size() * 2);
      word_of_frame.push_back(entry->second);
    }
    std::vector<std::string> words(known.size() * 2);
    for (const auto& [name, word] : known) {
      words[word] = name;
      words[word + 1] = name + ';';
    }
    std::vector<std::uint32_t> order(words.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, {},
                      [&](std::uint32_t word) -> std::string_view { return words[word]; });
    std::vector<std::uint32_t> rank(words.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) {
      rank[order[i]] = i;
      sorted_.push_back(std::move(words[order[i]]));
    }
    for (const std::size_t word : word_of_frame) {
      ranks_.push_back({.own = rank[word], .calls = rank[word + 1]});
    }
  }

  std::uint32_t own(FrameId frame) const { return ranks_[static_cast<std::size_t>(frame)].own; }
  std::uint32_t calls(FrameId frame) const { return ranks_[static_cast<std::size_t>(frame)].calls; }
  const std::string& word(std::uint32_t rank) const { return sorted_[rank]; }

 private:
  struct Ranks {
    std::uint32_t own;    // of "read"
    std::uint32_t calls;  // of "read;"
  };

  std::vector<std::string> sorted_;
  std::vector<Ranks> ranks_;  // by frame
};

class Walk {
 public:
  Walk(const Profile& profile, std::span<const std::size_t> values, const FoldedLine& line)
      : profile_(profile), values_(values), line_(line), words_(profile), callees_(profile) {}

  void run() {
    add_callees(kRoot);
    sort_from(0);
    while (!open_.empty()) {
      // Those with one text: usually one, more when names of frames are the same.
      const Entry first = open_.back();
      stacks_.clear();
      while (!open_.empty() && open_.back().rank == first.rank &&
             open_.back().before == first.before) {
        stacks_.push_back(open_.back().stack);
        open_.pop_back();
      }
      const std::string& word = words_.word(first.rank);
      text_.resize(first.before);
      text_ += word;
      if (word.ends_with(';')) {
        const std::size_t siblings = open_.size();
        for (const StackId stack : stacks_) add_callees(stack);
        sort_from(siblings);
      } else {
        tell();
      }
    }
  }

 private:
  struct Entry {
    std::uint32_t rank;  // of its word
    StackId stack;
    std::size_t before;  // how long the text of its callers is
  };

  bool counted(StackId stack) const {
    const std::span<const std::int64_t> self = profile_.self(stack);
    return std::ranges::any_of(values_, [&](std::size_t value) { return self[value] != 0; });
  }

  void add_callees(StackId caller) {
    for (StackId at = callees_.first(caller); at != kRoot; at = callees_.next(at)) {
      const FrameId frame = profile_.leaf(at);
      if (counted(at)) {
        open_.push_back({.rank = words_.own(frame), .stack = at, .before = text_.size()});
      }
      if (callees_.first(at) != kRoot) {
        open_.push_back({.rank = words_.calls(frame), .stack = at, .before = text_.size()});
      }
    }
  }

  // The first word comes last, which is taken first.
  void sort_from(std::size_t place) {
    std::sort(open_.begin() + static_cast<std::ptrdiff_t>(place), open_.end(),
              [](const Entry& a, const Entry& b) { return a.rank > b.rank; });
  }

  void tell() {
    sums_.assign(values_.size(), 0);
    for (const StackId stack : stacks_) {
      const std::span<const std::int64_t> self = profile_.self(stack);
      for (std::size_t i = 0; i < values_.size(); ++i) {
        sums_[i] = checked_add(sums_[i], self[values_[i]]);
      }
    }
    line_(text_, sums_);
  }

  const Profile& profile_;
  std::span<const std::size_t> values_;
  const FoldedLine& line_;
  Words words_;
  Callees callees_;
  std::vector<Entry> open_;  // what is to come, the next at the end
  std::string text_;
  std::vector<StackId> stacks_;
  std::vector<std::int64_t> sums_;
};

}  // namespace

void each_folded_line(const Profile& profile, std::span<const std::size_t> values,
                      const FoldedLine& line) {
  Walk(profile, values, line).run();
}

}  // namespace tidemark
