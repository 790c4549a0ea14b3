// The maps that bpftrace prints when it ends (checked against 0.17), of stacks,
// alone or with other keys:
//
//   @[
//       seq_read+251
//       do_syscall_64+113
//   ,
//       __libc_read+13
//       main+34
//   , spin]: 5
//   @user[28401, spin,
//   	560f68cdc17b hot+34 (/work/spin)
//   ]: 1
//   @latency[
//       futex_wait+12
//   ]:
//   [4, 8)    12 |@@@@@@   |
//
// Each map with stacks is a Profile. Keys that are no stacks come outermost, as
// they are written. Of two stacks, that of the kernel is the inner one: it is the
// one that starts where the kernel is entered, or else the first. A histogram
// counts what is in it; stats() counts its count. Maps without stacks, and what
// the script prints besides, are passed over.

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/text_stacks.h"

namespace tidemark {
namespace {

constexpr std::string_view kExpected = "'@<map>[<stack>]: <number>'";

// "@name[" at the start of `line`: the name with its '@'.
std::optional<std::string_view> map_name(std::string_view line) {
  if (!line.starts_with('@')) return std::nullopt;
  const std::size_t end =
      static_cast<std::size_t>(std::ranges::find_if(line.substr(1),
                                                    [](char c) {
                                                      return !is_digit(c) && c != '_' &&
                                                             (c < 'a' || c > 'z') &&
                                                             (c < 'A' || c > 'Z');
                                                    }) -
                               line.begin());
  if (end >= line.size() || line[end] != '[') return std::nullopt;
  return line.substr(0, end);
}

bool recognizes(std::string_view head) {
  Lines lines("head", head);
  while (lines.next()) {
    const std::string_view line = lines.line();
    if (line.starts_with("Attaching ") && line.find(" probe") != std::string_view::npos)
      return true;
    if (const auto name = map_name(line)) {
      const std::string_view rest = line.substr(name->size() + 1);
      return rest.empty() || rest.ends_with(", ") || rest.ends_with(',') ||
             rest.find("]: ") != std::string_view::npos;
    }
    if (!line.empty()) return false;
  }
  return false;
}

// "seq_read+251", "func+0x1 [ext4]", "560f68cdc17b hot+34 (/work/spin)" or an
// address alone.
Frame read_frame(std::string_view text) {
  Frame frame;
  const std::string_view first = text.substr(0, text.find(' '));
  if (const auto address = to_hex(first); address && first.size() > 4) {
    if (first.size() == text.size()) {
      frame.address = *address;
      return frame;
    }
    frame.address = *address;
    text = without_leading_blanks(text.substr(first.size()));
  }
  const std::size_t space = text.rfind(text.ends_with(')') ? " (" : " [");
  const bool enclosed = text.ends_with(')') || text.ends_with(']');
  if (enclosed && space != std::string_view::npos && space + 2 < text.size()) {
    const std::string_view module = text.substr(space + 2, text.size() - space - 3);
    if (module != "[unknown]") frame.module = module;
    text = without_blanks(text.substr(0, space));
  }
  if (!to_hex(text) || frame.address == 0) frame.function = without_offset(text);
  return frame;
}

// Whether a stack's outermost frame is where the kernel is entered.
bool starts_in_kernel(const std::vector<std::string_view>& frames) {
  constexpr std::array<std::string_view, 9> kEntries = {
      "entry_SYSCALL", "asm_",    "ret_from_fork",     "do_syscall_64", "el0",
      "el1",           "vectors", "secondary_startup", "x86_64_start"};
  const std::string outermost = read_frame(frames.back()).function;
  return std::ranges::any_of(kEntries,
                             [&](std::string_view entry) { return outermost.starts_with(entry); });
}

// One line of a map: its keys and what they are mapped to.
struct Entry {
  std::vector<std::string_view> keys;
  std::vector<std::vector<std::string_view>> stacks;  // each innermost first
  std::int64_t value = 0;
};

class Parser {
 public:
  explicit Parser(const Input& input) : lines_(input.name, input.bytes) {}

  Recording parse() {
    while (lines_.next()) {
      const auto name = map_name(lines_.line());
      if (!name) continue;
      const std::string_view map = *name;
      if (read_entry(lines_.line().substr(map.size() + 1))) {
        add(map);
      } else {
        recording_.lacks(lines_.at("the file ends inside this entry; it is left out"));
      }
    }
    recording_.producer = "bpftrace";
    for (const std::string_view map : order_) {
      if (Map& found = maps_.at(map); found.has_stacks) {
        recording_.profiles.push_back(std::move(found.profile));
      }
    }
    if (recording_.profiles.empty()) lines_.fail(kExpected);
    return std::move(recording_);
  }

 private:
  struct Map {
    Profile profile;
    bool has_stacks = false;
  };

  // Reads an entry from what follows its '['; false when the file ends in it.
  bool read_entry(std::string_view rest) {
    entry_ = {};
    while (true) {
      const std::size_t close = rest.rfind("]:");
      if (close != std::string_view::npos) {
        take_keys(rest.substr(0, close));
        return read_value(without_blanks(rest.substr(close + 2)));
      }
      take_keys(rest);
      std::vector<std::string_view> stack;
      bool more = lines_.next();
      for (; more && (lines_.line().starts_with(' ') || lines_.line().starts_with('\t'));
           more = lines_.next()) {
        stack.push_back(without_blanks(lines_.line()));
      }
      if (!stack.empty()) entry_.stacks.push_back(std::move(stack));
      if (!more) return false;
      rest = lines_.line();
      if (!rest.starts_with(',') && !rest.starts_with(']')) {
        lines_.fail("a frame, ', <key>' or ']: <number>'");
      }
    }
  }

  // The keys that are no stacks, of "28401, spin, ".
  void take_keys(std::string_view text) {
    while (!text.empty()) {
      const std::size_t comma = std::min(text.find(", "), text.size());
      std::string_view key = without_blanks(text.substr(0, comma));
      if (key == ",") key = {};
      if (!key.empty()) entry_.keys.push_back(key);
      text.remove_prefix(std::min(comma + 2, text.size()));
    }
  }

  bool read_value(std::string_view text) {
    if (text.empty()) return read_histogram();
    constexpr std::string_view kCount = "count ";
    if (text.starts_with(kCount)) text = text.substr(kCount.size(), text.find(',') - kCount.size());
    const auto value = to_number(text);
    if (value) entry_.value = *value;
    if (!value && lines_.whole() && !entry_.stacks.empty()) lines_.fail(kExpected);
    return value.has_value() || lines_.whole();
  }

  // "[4, 8)    12 |@@@@@@   |", a line each.
  bool read_histogram() {
    bool found = false;
    while (lines_.next()) {
      std::string_view line = lines_.line();
      const std::size_t bar = line.find('|');
      if ((!line.starts_with('[') && !line.starts_with('(')) || bar == std::string_view::npos) {
        lines_.again();
        break;
      }
      line = without_blanks(line.substr(0, bar));
      const auto count = to_number(line.substr(line.find_last_of(" \t)]") + 1));
      if (!count) lines_.fail("'[<from>, <to>) <number> |'");
      entry_.value = sum(entry_.value, *count);
      found = true;
    }
    return found;
  }

  std::int64_t sum(std::int64_t a, std::int64_t b) const {
    try {
      return checked_add(a, b);
    } catch (const Error& error) {
      throw Error(lines_.at(error.what()));
    }
  }

  Map& map_of(std::string_view name) {
    const auto found = maps_.find(name);
    if (found != maps_.end()) return found->second;
    order_.push_back(name);
    const std::string value = name.size() > 1 ? std::string(name.substr(1)) : "samples";
    Map map{.profile = Profile(std::vector<ValueType>{{.name = value, .unit = "count"}})};
    map.profile.title = name;
    return maps_.emplace(name, std::move(map)).first->second;
  }

  void add(std::string_view name) {
    Map& map = map_of(name);
    map.has_stacks = map.has_stacks || !entry_.stacks.empty();
    if (entry_.stacks.size() > 1 && !starts_in_kernel(entry_.stacks.front()) &&
        starts_in_kernel(entry_.stacks.back())) {
      std::ranges::reverse(entry_.stacks);
    }
    StackId stack = kRoot;
    const auto push = [&](const Frame& frame) {
      stack = map.profile.push(stack, map.profile.intern(frame));
    };
    for (const std::string_view key : entry_.keys) push({.function = std::string(key)});
    for (std::size_t i = entry_.stacks.size(); i > 0; --i) {
      const std::vector<std::string_view>& frames = entry_.stacks[i - 1];
      for (std::size_t j = frames.size(); j > 0; --j) push(read_frame(frames[j - 1]));
    }
    if (stack == kRoot) push({.function = "[no stack]"});
    try {
      map.profile.add(stack, std::array{entry_.value});
    } catch (const Error& error) {
      throw Error(lines_.at(error.what()));
    }
  }

  Lines lines_;
  Recording recording_;
  Entry entry_;
  std::map<std::string_view, Map> maps_;
  std::vector<std::string_view> order_;
};

}  // namespace

constinit const Format kBpftraceFormat = {
    .name = "bpftrace",
    .summary = "bpftrace's maps of stacks: @[kstack, ustack, comm] = count()",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
