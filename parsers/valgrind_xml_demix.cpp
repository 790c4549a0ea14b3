#include "parsers/valgrind_xml_demix.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tidemark {
namespace {

constexpr std::size_t kMaxOpen = 32;  // more processes than that do not write at once
constexpr std::size_t kMaxElement = 1 << 20;
constexpr std::uint64_t kMaxIdleLines = 20000;

// What may stand inside an element. Children come in the order of the list,
// each at most once and the first always, up to `any_from`; then those from
// there on come in any order and any number. The element may end, and the last
// ordered child may come, after the child number `needed` or `gate`.
struct Rule {
  std::string_view name;
  std::string_view children;  // each with a space before and after it
  int any_from = 0;
  int needed = -1;
  int gate = -1;
};

// Elements that are not listed hold text only.
constexpr std::array kGrammar = std::to_array<Rule>({
    {"error",
     " unique tid threadname kind xwhat what leakedbytes leakedblocks stack auxwhat xauxwhat stack "
     "suppression first_observed_at other_segment_start other_segment_end ",
     9, 8, 4},
    {"stack", " frame ", 0, 0},
    {"frame", " ip obj fn dir file line ", 6, 0},
    {"xwhat", " text leakedbytes leakedblocks hthreadid file line fd path ", 0, 0},
    {"xauxwhat", " text leakedbytes leakedblocks hthreadid file line dir ", 0, 0},
    {"suppression", " sname skind skaux sframe rawtext ", 2, 4},
    {"sframe", " fun obj ", 2, 0},
    {"first_observed_at", " what address stack ", 2, 1},
    {"other_segment_start", " stack ", 0, -1},
    {"other_segment_end", " stack ", 0, -1},
    {"announcethread", " hthreadid threadname isrootthread stack ", 4, 0},
    {"fatal_signal", " tid threadname signo signame sicode event siaddr stack text ", 9, 2},
    {"clientmsg", " tid threadname text stack ", 2, 0},
    {"status", " state time ", 2, 1},
    {"errorcounts", " pair ", 0, -1},
    {"suppcounts", " pair ", 0, -1},
    {"pair", " count unique name ", 3, 1},
    {"preamble", " line ", 0, 0},
    {"args", " vargv argv ", 2, 1},
    {"vargv", " exe arg ", 1, 0},
    {"argv", " exe arg ", 1, 0},
});
constexpr int kText = -1;  // the rule of an element that holds text

constexpr std::array<std::string_view, 16> kTopLevel = {"error",
                                                        "announcethread",
                                                        "fatal_signal",
                                                        "clientmsg",
                                                        "status",
                                                        "errorcounts",
                                                        "suppcounts",
                                                        "preamble",
                                                        "args",
                                                        "pid",
                                                        "ppid",
                                                        "tool",
                                                        "usercomment",
                                                        "logfilequalifier",
                                                        "protocolversion",
                                                        "protocoltool"};

int rule_of(std::string_view name) {
  const auto found = std::ranges::find(kGrammar, name, &Rule::name);
  return found == kGrammar.end() ? kText : static_cast<int>(found - kGrammar.begin());
}

// The number of the child `name` of `rule` that may come after the child number
// `last`; -1 when none may.
int next_child(const Rule& rule, std::string_view name, int last) {
  std::string_view left = rule.children.substr(1);
  for (int child = 0; !left.empty(); ++child) {
    const std::size_t end = left.find(' ');
    const bool any = child >= rule.any_from;
    const bool in_turn = any ? last >= rule.any_from - 1
                             : child > last && (child == 0 || last >= 0) &&
                                   (child + 1 < rule.any_from || last >= rule.gate);
    if (left.substr(0, end) == name && in_turn) return child;
    left.remove_prefix(end + 1);
  }
  return -1;
}

std::string_view child_name(const Rule& rule, int number) {
  std::string_view left = rule.children.substr(1);
  for (; number > 0; --number) left.remove_prefix(left.find(' ') + 1);
  return left.substr(0, left.find(' '));
}

std::string_view name_at(std::string_view tag) {
  return tag.substr(0, tag.find_first_of("> \n/\t\r<"));
}

}  // namespace

std::string_view top_level_name(std::string_view line) {
  constexpr std::string_view kIndented = "  <suppression>";  // as valgrind 3.19 writes it
  if (line.starts_with(kIndented) || line.starts_with(kIndented.substr(2))) return "suppression";
  if (!line.starts_with('<')) return {};
  const auto found = std::ranges::find(kTopLevel, name_at(line.substr(1)));
  return found == kTopLevel.end() ? std::string_view() : *found;
}

void Demixer::add(std::string_view line, std::size_t offset) {
  if (line == "\n" || line == "\r\n") return;
  ++lines_;
  std::size_t chosen = open_.size();
  Place after;
  bool ambiguous = false;
  for (std::size_t i = open_.size(); i-- > 0;) {
    Place tried = open_[i].place;
    if (!tried.follow(line)) continue;
    if (chosen == open_.size()) {
      chosen = i;
      after = std::move(tried);
    } else {
      ambiguous = open_[i].ambiguous = true;
    }
  }
  if (chosen == open_.size()) {
    if (!start(line, offset)) stray_.push_back(offset);
    return;
  }
  if (chosen + 1 != open_.size()) last_turn_ = lines_;
  Open open = std::move(open_[chosen]);
  open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(chosen));
  open.place = std::move(after);
  open.ambiguous |= ambiguous;
  give(std::move(open), line);
}

// Whether `line` may come next; the place is then the one after it.
bool Demixer::Place::follow(std::string_view line) {
  if (verbatim || line.starts_with("<![CDATA[")) {
    verbatim = line.find("]]>") == std::string_view::npos;
    return !levels.empty() && levels.back().rule == kText;
  }
  bool any = false;
  for (std::size_t at = line.find('<'); at != std::string_view::npos; at = line.find('<', at + 1)) {
    const std::string_view tag = line.substr(at + 1);
    const bool fits = tag.starts_with('/') ? leave(name_at(tag.substr(1))) : enter(name_at(tag));
    if (!fits) return false;
    any = true;
  }
  return any || (!levels.empty() && levels.back().rule == kText);
}

bool Demixer::Place::enter(std::string_view name) {
  if (levels.empty() || levels.back().rule == kText) return false;
  Level& top = levels.back();
  const Rule& rule = kGrammar[static_cast<std::size_t>(top.rule)];
  const int child = next_child(rule, name, top.last);
  if (child < 0) return false;
  top.last = std::max(top.last, child);
  levels.push_back({.rule = rule_of(name), .child = child});
  return true;
}

bool Demixer::Place::leave(std::string_view name) {
  if (levels.empty()) return false;
  const Level top = levels.back();
  levels.pop_back();
  if (top.rule != kText) {
    const Rule& rule = kGrammar[static_cast<std::size_t>(top.rule)];
    return rule.name == name && top.last >= rule.needed;
  }
  if (levels.empty()) return root == name;
  const Level& parent = levels.back();
  if (parent.rule == kText) return false;
  return child_name(kGrammar[static_cast<std::size_t>(parent.rule)], top.child) == name;
}

bool Demixer::start(std::string_view line, std::size_t offset) {
  const std::string_view name = top_level_name(line);
  const std::size_t tag_end = line.find('>');
  if (name.empty() || tag_end == std::string_view::npos) return false;
  Open open{.element = {.name = std::string(name), .offset = offset},
            .place = {.root = name, .levels = {{.rule = rule_of(name)}}},
            .opened = lines_};
  // What follows on the same line, as in "<pid>12</pid>".
  const std::string_view rest = line.substr(tag_end + 1);
  if (rest.find('<') != std::string_view::npos && !open.place.follow(rest)) return false;
  give(std::move(open), line);
  return true;
}

// `open`, which is not in open_, gets `line`.
void Demixer::give(Open open, std::string_view line) {
  open.element.text += line;
  open.written = lines_;
  if (open.place.levels.empty()) {
    open.element.mixed = open.ambiguous && last_turn_ > open.opened;
    whole_.push_back(std::move(open.element));
  } else if (open.element.text.size() > kMaxElement) {
    cut_.push_back(std::move(open.element));
  } else {
    open_.push_back(std::move(open));
  }
  while (!open_.empty() &&
         (open_.size() > kMaxOpen || lines_ - open_.front().written > kMaxIdleLines)) {
    cut_.push_back(std::move(open_.front().element));
    open_.erase(open_.begin());
  }
}

std::vector<Demixer::Element> Demixer::take_whole() { return std::exchange(whole_, {}); }

std::vector<Demixer::Element> Demixer::take_cut() { return std::exchange(cut_, {}); }

std::vector<Demixer::Element> Demixer::take_open() {
  std::vector<Element> open;
  for (Open& each : open_) open.push_back(std::move(each.element));
  open_.clear();
  return open;
}

std::vector<std::size_t> Demixer::take_stray() { return std::exchange(stray_, {}); }

}  // namespace tidemark
