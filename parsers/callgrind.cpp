// The callgrind format, version 1: what `valgrind --tool=callgrind` writes, and
// `--xtree-memory` (xtmemory.kcg) and `--xtree-leak` (xtleak.kcg) as well.
// Checked against valgrind 3.19; the specification is cl-format.html of its
// manual.
//
//   # callgrind format
//   version: 1
//   creator: callgrind-3.19.0
//   pid: 29393
//   cmd: ./server
//   positions: line               or: instr line
//   events: Ir Dr                 the costs in a line; those left out are 0
//
//   ob=(3) /usr/lib/libc.so.6     a name is written once, then only its number
//   fl=(146) /src/a.c
//   fn=(576) rounds
//   6 203                         at line 6: cost 203 in rounds itself
//   fi=(147) /src/a.h             (code of another file, inlined; until fe=)
//   +2 5                          positions are +, - or * from the last line's
//   cob=(3)
//   cfi=(148) /src/malloc.c
//   cfn=(582) free
//   calls=14 3350                 the line after it is the call's: 14 calls,
//   * 1759                        1759 in free and all below it
//   totals: 134473                ends a part; `part: 2` may follow
//
// callgrind knows who called whom, not whole stacks. We show what that proves:
// a function with one caller only is shown below that caller, and so on up; a
// function with several starts a stack of its own. Nothing is split by guess, so
// each cost stands exactly where callgrind saw it. Calls of a function by itself
// are left out.
//
// The xtree files (creator: xtree-1) know more: they write each stack as a chain
// of calls that ends in an empty line. There the stacks are whole and exact.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"

namespace tidemark {
namespace {

constexpr std::string_view kBlanks = " \t";
// valgrind's largest is xtleak, with 27. Each costs 8 bytes a stack.
constexpr std::size_t kMostEvents = 32;
constexpr std::uint32_t kNone = 0xFFFFFFFF;

bool recognizes(std::string_view head) {
  if (head.starts_with("# callgrind format")) return true;
  if (!head.starts_with("version:") && !head.starts_with("creator:")) return false;
  return head.find("\nevents:") != std::string_view::npos ||
         head.find("\npositions:") != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(kBlanks);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kBlanks) - start + 1);
}

// Takes the first word off `text`, with the blanks before it; "" at the end.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const std::size_t length = std::min(text.find_first_of(kBlanks), text.size());
  const std::string_view word = text.substr(0, length);
  text.remove_prefix(length);
  return word;
}

// The events of the xtree files in pprof's words; others keep their name. An
// `i` or `d` in front is the increase or decrease since the last leak search.
ValueType value_type(std::string_view event, bool xtree) {
  struct Known {
    std::string_view event;
    std::string_view name;
  };
  constexpr std::array<Known, 8> kKnown = {{{"cur", "inuse"},
                                            {"tot", "alloc"},
                                            {"totFd", "freed"},
                                            {"R", "reachable"},
                                            {"P", "possibly_lost"},
                                            {"I", "indirectly_lost"},
                                            {"D", "definitely_lost"},
                                            {"DI", "definitely_lost_indirect"}}};
  const bool blocks = event.ends_with("Bk");
  const bool bytes = event.ends_with('B');
  ValueType other{.name = std::string(event), .unit = "count"};
  if (!xtree || (!blocks && !bytes)) return other;
  std::string_view stem = event.substr(0, event.size() - (blocks ? 2 : 1));
  std::string_view change;
  if (stem.starts_with('i')) change = "increase_";
  if (stem.starts_with('d')) change = "decrease_";
  if (!change.empty()) stem.remove_prefix(1);
  const auto known = std::ranges::find(kKnown, stem, &Known::event);
  if (known == kKnown.end()) return other;
  return {.name = fmt::format("{}{}{}", change, known->name, blocks ? "_objects" : "_space"),
          .unit = blocks ? "count" : "bytes"};
}

// Valgrind's words for what it does not know.
std::string known(std::string_view name) {
  const bool unknown = name == "???" || name == "UnknownFn???" || name == "UnknownFile???";
  return unknown ? "" : std::string(name);
}

// A name as written, "(12) name", "(12)" or "name", with the name filled in.
struct Name {
  std::string_view text;
  std::optional<std::uint64_t> number;
};

// The names of one kind by number.
class Names {
 public:
  // Nothing for a number that no name was given to, and for a broken one.
  std::optional<Name> read(std::string_view text) {
    if (!text.starts_with('(')) return Name{.text = text};
    const std::size_t close = text.find(')');
    if (close == std::string_view::npos) return std::nullopt;
    const auto number = to_unsigned(text.substr(1, close - 1));
    if (!number) return Name{.text = text};  // "(below main)"
    const std::string_view name = trimmed(text.substr(close + 1));
    if (!name.empty()) names_[*number] = name;
    const auto found = names_.find(*number);
    if (found == names_.end()) return std::nullopt;
    return Name{.text = found->second, .number = *number};
  }

 private:
  std::unordered_map<std::uint64_t, std::string_view> names_;
};

// Where costs were caused.
struct Spot {
  std::string_view object;
  std::string_view file;
  std::int64_t line = 0;
};

Frame frame_at(std::string_view function, const Spot& spot) {
  return {.function = known(function),
          .file = known(spot.file),
          .line = std::max<std::int64_t>(spot.line, 0),
          .module = known(spot.object)};
}

// The functions of a part, who called them, and what they cost themselves.
class CallGraph {
 public:
  // The number of the function of that name, which is a new one at first.
  std::uint32_t find(const Name& name) {
    std::uint32_t& place = name.number ? by_number_[*name.number] : by_name_[name.text];
    if (place == 0) {
      functions_.push_back({.name = name.text});
      place = static_cast<std::uint32_t>(functions_.size());
    }
    return place - 1;
  }

  // Says where a function is.
  void place(std::uint32_t function, const Spot& spot) {
    functions_[function].spot = {.object = spot.object, .file = spot.file};
  }

  void add_call(std::uint32_t caller, std::uint32_t callee) {
    Function& function = functions_[callee];
    if (caller == callee || function.caller == caller) return;
    function.several = function.several || function.caller != kNone;
    function.caller = caller;
  }

  void add_costs(std::uint32_t function, const Spot& spot, const std::vector<std::int64_t>& costs) {
    costs_.push_back({.function = function, .spot = spot, .first = values_.size()});
    values_.insert(values_.end(), costs.begin(), costs.end());
  }

  // Adds all costs to `profile`, which has that many values a stack.
  void fill(Profile& profile) {
    const std::size_t width = profile.value_types().size();
    for (const Costs& costs : costs_) {
      const Function& function = functions_[costs.function];
      const StackId caller = has_one_caller(function) ? stack_of(function.caller, profile) : kRoot;
      const FrameId leaf = profile.intern(frame_at(function.name, costs.spot));
      profile.add(profile.push(caller, leaf), {values_.data() + costs.first, width});
    }
  }

 private:
  struct Function {
    std::string_view name;
    Spot spot;
    std::uint32_t caller = kNone;
    bool several = false;    // has more callers
    bool being_set = false;  // on the way up from a callee
    StackId stack = kRoot;   // as a caller; kRoot: not made yet
  };
  struct Costs {
    std::uint32_t function;
    Spot spot;
    std::size_t first;  // in values_
  };

  static bool has_one_caller(const Function& function) {
    return function.caller != kNone && !function.several;
  }

  // The stack of `function` as a caller. Functions that only call each other
  // have no outermost one: the walk up stops where it would repeat itself.
  StackId stack_of(std::uint32_t function, Profile& profile) {
    path_.clear();
    StackId stack = kRoot;
    for (std::uint32_t at = function;; at = functions_[at].caller) {
      Function& here = functions_[at];
      if (here.being_set) break;
      stack = here.stack;
      if (stack != kRoot) break;
      here.being_set = true;
      path_.push_back(at);
      if (!has_one_caller(here)) break;
    }
    for (std::size_t i = path_.size(); i > 0; --i) {
      Function& here = functions_[path_[i - 1]];
      stack = profile.push(stack, profile.intern(frame_at(here.name, here.spot)));
      here.stack = stack;
      here.being_set = false;
    }
    return stack;
  }

  std::vector<Function> functions_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_number_;  // plus 1
  std::unordered_map<std::string_view, std::uint32_t> by_name_;
  std::vector<Costs> costs_;
  std::vector<std::int64_t> values_;
  std::vector<std::uint32_t> path_;
};

// The chain of calls that an xtree file is writing, outermost first.
class Chain {
 public:
  void clear() { links_.clear(); }
  bool empty() const { return links_.empty(); }

  void call(std::string_view function, const Spot& spot) {
    links_.push_back({.function = function, .spot = spot});
  }

  // Says in which line the innermost function is.
  void line(std::int64_t line) {
    if (links_.back().spot.line == line) return;
    links_.back().spot.line = line;
    links_.back().stack = kRoot;
  }

  // The stack of the whole chain; each link is made once.
  StackId stack(Profile& profile) {
    std::size_t made = links_.size();
    while (made > 0 && links_[made - 1].stack == kRoot) --made;
    StackId stack = made == 0 ? kRoot : links_[made - 1].stack;
    for (; made < links_.size(); ++made) {
      Link& link = links_[made];
      stack = profile.push(stack, profile.intern(frame_at(link.function, link.spot)));
      link.stack = stack;
    }
    return stack;
  }

 private:
  struct Link {
    std::string_view function;
    Spot spot;
    StackId stack = kRoot;  // kRoot: not made yet
  };
  std::vector<Link> links_;
};

// A dump in the file: it has its own events and costs.
struct Part {
  std::int64_t number = 0;
  std::int64_t thread = 0;
  std::vector<Profile> profile;  // one, once the events are known
  CallGraph graph;
  bool ended = false;  // by its totals
};

class Parser {
 public:
  explicit Parser(const Input& input) : input_(input), lines_(input.name, input.bytes) {}

  Recording parse();

 private:
  void read_line();
  void read_header(std::string_view key, std::string_view value);
  void read_creator(std::string_view value);
  void read_positions(std::string_view value);
  void read_events(std::string_view value);
  void read_totals(std::string_view value);
  void read_name(std::string_view key, std::string_view value);
  void set_function(const Name& name);
  void read_costs();
  void read_place(std::string_view& text);
  void add_costs(bool any);
  void add_up();
  void end_part();
  void check_end();
  Name name_from(Names& names, std::string_view text);
  std::int64_t number_from(std::string_view text);

  Input input_;
  Lines lines_;
  Recording recording_{.producer = "callgrind format"};
  ProcessRecord process_;
  bool xtree_ = false;
  bool costs_seen_ = false;
  bool cut_ = false;
  Part part_;
  std::size_t subpositions_ = 1;
  std::size_t line_position_ = 0;
  std::array<std::int64_t, 2> last_{};  // the subpositions of the last cost line

  Names objects_;
  Names files_;
  Names functions_;
  Spot spot_;                   // of the function
  std::string_view code_file_;  // of the line, when code of another file is inlined
  std::uint32_t function_ = kNone;
  Name callee_;
  bool calling_ = false;  // the next costs are a call's
  Chain chain_;
  std::vector<std::int64_t> costs_;
};

Recording Parser::parse() {
  while (lines_.next()) {
    if (!lines_.whole()) {
      cut_ = true;
      break;
    }
    read_line();
  }
  check_end();
  end_part();
  recording_.processes.push_back(std::move(process_));
  return std::move(recording_);
}

// A file that valgrind wrote to its end has totals.
void Parser::check_end() {
  const bool valgrinds = xtree_ || recording_.producer == "callgrind";
  cut_ = cut_ || (valgrinds && !part_.ended);
  if (part_.profile.empty() && recording_.profiles.empty()) {
    throw Error(lines_.at("the file ends before 'events: <names>'"));
  }
  if (!costs_seen_ && cut_) throw Error(lines_.at("the file ends before the first costs"));
  if (!costs_seen_) recording_.warnings.push_back(lines_.at("the file holds no costs"));
  if (cut_) {
    recording_.partial = true;
    recording_.warnings.push_back(lines_.at("the file ends before 'totals:'; costs are missing"));
  }
  process_.finished = !cut_;
}

void Parser::read_line() {
  const std::string_view line = lines_.line();
  if (line.empty()) {
    chain_.clear();
    return;
  }
  const char first = line[0];
  if (first == '#') return;
  if ((first >= '0' && first <= '9') || first == '+' || first == '-' || first == '*') {
    read_costs();
    return;
  }
  const std::size_t end = line.find_first_of("=:");
  if (end == std::string_view::npos) lines_.fail("a line of the callgrind format");
  if (line[end] == '=') {
    read_name(line.substr(0, end), trimmed(line.substr(end + 1)));
  } else {
    read_header(line.substr(0, end), trimmed(line.substr(end + 1)));
  }
}

std::int64_t Parser::number_from(std::string_view text) {
  const auto number = to_number(text);
  if (!number) lines_.fail("a number below 2^63");
  return *number;
}

void Parser::read_header(std::string_view key, std::string_view value) {
  if (key == "version" && value != "1") lines_.fail("version 1 of the callgrind format");
  if (key == "creator") read_creator(value);
  if (key == "part" || key == "version") end_part();
  if (key == "part") part_.number = number_from(value);
  if (key == "thread") part_.thread = number_from(value);
  if (key == "pid") process_.pid = number_from(value);
  if (key == "cmd") process_.command = value;
  if (key == "positions") read_positions(value);
  if (key == "events") read_events(value);
  if (key == "totals") read_totals(value);
}

void Parser::read_creator(std::string_view value) {
  xtree_ = value.starts_with("xtree");
  const std::size_t dash = std::min(value.find('-'), value.size());
  recording_.producer = xtree_ ? "valgrind xtree" : std::string(value.substr(0, dash));
  if (!xtree_ && dash < value.size()) recording_.producer_version = value.substr(dash + 1);
}

void Parser::read_positions(std::string_view value) {
  if (value != "line" && value != "instr" && value != "instr line") {
    lines_.fail("'positions: line', 'positions: instr' or 'positions: instr line'");
  }
  subpositions_ = value == "instr line" ? 2 : 1;
  line_position_ = value == "instr" ? kMostEvents : subpositions_ - 1;
}

void Parser::read_events(std::string_view value) {
  if (!part_.profile.empty()) end_part();
  std::vector<ValueType> types;
  std::size_t shown = 0;
  for (std::string_view word = take_word(value); !word.empty(); word = take_word(value)) {
    if (types.size() == kMostEvents) lines_.fail(fmt::format("at most {} events", kMostEvents));
    if (word == "DB") shown = types.size();  // xtleak: what is lost for sure
    types.push_back(value_type(word, xtree_));
  }
  if (types.empty()) lines_.fail("'events: <names>'");
  part_.profile.emplace_back(std::move(types));
  part_.profile[0].default_value = shown;
}

void Parser::read_totals(std::string_view value) {
  if (part_.profile.empty()) lines_.fail("'events: <names>' before totals");
  std::vector<std::int64_t> totals;
  for (std::string_view word = take_word(value); !word.empty(); word = take_word(value)) {
    totals.push_back(number_from(word));
  }
  add_up();
  part_.ended = true;
  totals.resize(part_.profile[0].value_types().size());
  if (totals != part_.profile[0].total()) {
    recording_.warnings.push_back(lines_.at("the costs above do not add up to these totals"));
  }
}

void Parser::add_up() {
  try {
    part_.graph.fill(part_.profile[0]);
    part_.profile[0].total();
  } catch (const Error& error) {
    throw Error(lines_.at(error.what()));
  }
  part_.graph = {};
}

void Parser::end_part() {
  if (part_.profile.empty()) return;
  add_up();
  Profile& profile = part_.profile[0];
  profile.pid = process_.pid;
  profile.title = xtree_ ? "valgrind xtree" : recording_.producer;
  if (part_.number > 0) profile.title += fmt::format(", part {}", part_.number);
  if (part_.thread > 0) profile.title += fmt::format(", thread {}", part_.thread);
  recording_.profiles.push_back(std::move(profile));
  part_ = {};
  last_ = {};
  function_ = kNone;
  chain_.clear();
}

Name Parser::name_from(Names& names, std::string_view text) {
  const auto name = names.read(text);
  if (!name) lines_.fail("a name, or the number of one written before");
  return *name;
}

// `calls=` and the jumps, whose targets nothing here needs, come here as well.
void Parser::read_name(std::string_view key, std::string_view value) {
  if (key == "calls") {
    if (callee_.text.empty()) lines_.fail("'cfn=<function>' before 'calls='");
    calling_ = true;
  } else if (key == "ob") {
    spot_.object = name_from(objects_, value).text;
  } else if (key == "fl") {
    spot_.file = name_from(files_, value).text;
    code_file_ = {};
  } else if (key == "fi" || key == "fe") {
    code_file_ = name_from(files_, value).text;
  } else if (key == "fn") {
    set_function(name_from(functions_, value));
  } else if (key == "cfn") {
    callee_ = name_from(functions_, value);
  } else if (key == "cob") {
    name_from(objects_, value);
  } else if (key == "cfi" || key == "cfl" || key == "jfi") {
    name_from(files_, value);
  } else if (key == "jfn") {
    name_from(functions_, value);
  } else if (key != "jump" && key != "jcnd") {
    lines_.fail("a line of the callgrind format");
  }
}

void Parser::set_function(const Name& name) {
  code_file_ = {};
  if (xtree_) {
    chain_.call(name.text, spot_);
    return;
  }
  function_ = part_.graph.find(name);
  part_.graph.place(function_, spot_);
}

void Parser::read_place(std::string_view& text) {
  for (std::size_t i = 0; i < subpositions_; ++i) {
    const std::string_view word = take_word(text);
    std::int64_t& last = last_[i];
    if (word == "*") continue;
    if (word.starts_with("0x")) {
      const auto address = to_hex(word);
      if (!address) lines_.fail("positions that fit 64 bits");
      last = static_cast<std::int64_t>(*address);
      continue;
    }
    const bool relative = word.starts_with('+') || word.starts_with('-');
    const std::int64_t number = number_from(word.starts_with('+') ? word.substr(1) : word);
    if (!relative) {
      last = number;
    } else if (__builtin_add_overflow(last, number, &last)) {
      lines_.fail("positions that fit 64 bits");
    }
  }
}

void Parser::read_costs() {
  if (part_.profile.empty()) lines_.fail("'events: <names>' before costs");
  std::string_view text = lines_.line();
  read_place(text);
  const std::size_t events = part_.profile[0].value_types().size();
  costs_.clear();
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    if (costs_.size() == events) lines_.fail(fmt::format("at most {} costs", events));
    costs_.push_back(number_from(word));
  }
  const bool any = !costs_.empty();
  costs_.resize(events);
  add_costs(any);
}

// Adds the costs just read to the call or the function that they belong to.
void Parser::add_costs(bool any) {
  const std::int64_t line = line_position_ < last_.size() ? last_[line_position_] : 0;
  const bool of_call = std::exchange(calling_, false);
  costs_seen_ = costs_seen_ || any;
  if (xtree_) {
    if (chain_.empty()) lines_.fail("'fn=<function>' before costs");
    chain_.line(line);
    if (of_call || !any) return;
    try {
      part_.profile[0].add(chain_.stack(part_.profile[0]), costs_);
    } catch (const Error& error) {
      throw Error(lines_.at(error.what()));
    }
    return;
  }
  if (function_ == kNone) lines_.fail("'fn=<function>' before costs");
  if (of_call) {
    part_.graph.add_call(function_, part_.graph.find(callee_));
  } else if (any) {
    const std::string_view file = code_file_.empty() ? spot_.file : code_file_;
    part_.graph.add_costs(function_, {.object = spot_.object, .file = file, .line = line}, costs_);
  }
}

Recording parse(const Input& input) { return Parser(input).parse(); }

}  // namespace

constinit const Format kCallgrindFormat = {
    .name = "callgrind",
    .summary = "callgrind's format: its own, --xtree-memory's and --xtree-leak's",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
