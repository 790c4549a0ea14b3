#include "parsers/valgrind_xml_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::string_view kStack = "<stack>";
constexpr std::string_view kStackEnd = "</stack>";

struct KindOf {
  std::string_view code;
  FindingKind kind;
};

// memcheck/mc_errors.c, helgrind/hg_errors.c, drd/drd_error.c, coregrind; up to
// valgrind 3.24.
constexpr std::array kKinds = std::to_array<KindOf>({
    {.code = "Leak_DefinitelyLost", .kind = FindingKind::kDefiniteLeak},
    {.code = "Leak_IndirectlyLost", .kind = FindingKind::kIndirectLeak},
    {.code = "Leak_PossiblyLost", .kind = FindingKind::kPossibleLeak},
    {.code = "Leak_StillReachable", .kind = FindingKind::kReachable},
    {.code = "InvalidRead", .kind = FindingKind::kInvalidAccess},
    {.code = "InvalidWrite", .kind = FindingKind::kInvalidAccess},
    {.code = "InvalidJump", .kind = FindingKind::kInvalidAccess},
    {.code = "CoreMemError", .kind = FindingKind::kInvalidAccess},
    {.code = "Heap", .kind = FindingKind::kInvalidAccess},  // exp-ptrcheck
    {.code = "SorG", .kind = FindingKind::kInvalidAccess},
    {.code = "Arith", .kind = FindingKind::kInvalidAccess},
    {.code = "UninitCondition", .kind = FindingKind::kUninitialised},
    {.code = "UninitValue", .kind = FindingKind::kUninitialised},
    {.code = "ClientCheck", .kind = FindingKind::kUninitialised},
    {.code = "InvalidFree", .kind = FindingKind::kBadFree},
    {.code = "MismatchedFree", .kind = FindingKind::kBadFree},
    {.code = "MismatchedAllocateDeallocateSize", .kind = FindingKind::kBadFree},
    {.code = "MismatchedAllocateDeallocateAlignment", .kind = FindingKind::kBadFree},
    {.code = "SyscallParam", .kind = FindingKind::kBadCall},
    {.code = "SysParam", .kind = FindingKind::kBadCall},
    {.code = "Overlap", .kind = FindingKind::kBadCall},
    {.code = "InvalidMemPool", .kind = FindingKind::kBadCall},
    {.code = "FishyValue", .kind = FindingKind::kBadCall},
    {.code = "ReallocSizeZero", .kind = FindingKind::kBadCall},
    {.code = "InvalidAlignment", .kind = FindingKind::kBadCall},
    {.code = "InvalidSizeAndAlignment", .kind = FindingKind::kBadCall},
    {.code = "InvalidSize", .kind = FindingKind::kBadCall},
    {.code = "FdBadClose", .kind = FindingKind::kBadCall},
    {.code = "FdBadUse", .kind = FindingKind::kBadCall},
    {.code = "FdNotClosed", .kind = FindingKind::kOther},
    {.code = "CoreDump", .kind = FindingKind::kFatal},
    {.code = "Race", .kind = FindingKind::kRace},
    {.code = "ConflictingAccess", .kind = FindingKind::kRace},
    {.code = "CondRaceErr", .kind = FindingKind::kRace},
    {.code = "LockOrder", .kind = FindingKind::kLockOrder},
    {.code = "UnlockUnlocked", .kind = FindingKind::kLockMisuse},
    {.code = "UnlockForeign", .kind = FindingKind::kLockMisuse},
    {.code = "UnlockBogus", .kind = FindingKind::kLockMisuse},
    {.code = "PthAPIerror", .kind = FindingKind::kLockMisuse},
    {.code = "Dubious", .kind = FindingKind::kLockMisuse},
    {.code = "Misc", .kind = FindingKind::kLockMisuse},
    {.code = "MutexErr", .kind = FindingKind::kLockMisuse},
    {.code = "CondErr", .kind = FindingKind::kLockMisuse},
    {.code = "CondDestrErr", .kind = FindingKind::kLockMisuse},
    {.code = "CondWaitErr", .kind = FindingKind::kLockMisuse},
    {.code = "SemaphoreErr", .kind = FindingKind::kLockMisuse},
    {.code = "BarrierErr", .kind = FindingKind::kLockMisuse},
    {.code = "RwlockErr", .kind = FindingKind::kLockMisuse},
    {.code = "HoldtimeErr", .kind = FindingKind::kLockMisuse},
});

std::size_t find(std::string_view text, std::string_view what, std::size_t from) {
  const void* const found =
      ::memmem(text.data() + from, text.size() - from, what.data(), what.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// `text` on one line: FishyValue's has a newline at its end (valgrind 3.19).
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c != '\n' && c != ' ') {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

// The number in "(16 direct, 1,584 indirect) bytes" before `word`.
std::int64_t number_before(std::string_view text, std::string_view word) {
  std::size_t at = text.find(word);
  if (at == std::string_view::npos) return 0;
  std::string digits;
  while (at > 0 && (text[at - 1] == ',' || (text[at - 1] >= '0' && text[at - 1] <= '9'))) {
    --at;
    if (text[at] != ',') digits += text[at];
  }
  std::ranges::reverse(digits);
  return to_number(digits).value_or(0);
}

std::int64_t loss_record(std::string_view text) {
  constexpr std::string_view kWords = "in loss record ";
  const std::size_t at = text.find(kWords);
  if (at == std::string_view::npos) return 0;
  text.remove_prefix(at + kWords.size());
  std::string digits;
  for (const char c : text.substr(0, text.find(' '))) {
    if (c != ',') digits += c;
  }
  return to_number(digits).value_or(0);
}

// "1234567" as "1,234,567".
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

// <suppression>'s text without the empty lines around it.
std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \n");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \n") - first + 1));
}

// What a <fatal_signal> says, as one message.
void take_signal(std::string_view name, std::string_view value, ErrorText& error) {
  if (name == "signo") error.message = fmt::format("killed by signal {}", value);
  if (name == "event") error.message += fmt::format(": {}", value);
  if (name == "siaddr") error.message += fmt::format(" at address {}", value);
  if (name != "signame") return;
  error.code = value;
  error.message += fmt::format(" ({})", value);
}

// PthAPIerror has an <xwhat> and a <what> (valgrind 3.19): the message is both.
void take_what(std::string_view text, ErrorText& error) {
  if (!error.message.empty()) error.message += ' ';
  error.message += one_line(text);
  error.loss_record = loss_record(text);
  if (error.loss_record != 0) error.indirect_bytes = number_before(text, " indirect)");
}

void take_threads(const pugi::xml_node& node, ErrorText& error) {
  for (const pugi::xml_node& thread : node.children("hthreadid")) {
    error.threads.push_back(to_unsigned(thread.child_value()).value_or(0));
  }
}

// Protocol 1 has these two beside <what>, later ones inside <xwhat>.
bool take_leaked(std::string_view name, std::string_view value, ErrorText& error) {
  if (name == "leakedbytes") error.bytes = to_number(value).value_or(0);
  if (name == "leakedblocks") error.blocks = to_number(value).value_or(0);
  return name == "leakedbytes" || name == "leakedblocks";
}

void take_xwhat(const pugi::xml_node& node, ErrorText& error) {
  take_what(node.child_value("text"), error);
  take_threads(node, error);
  for (const pugi::xml_node& field : node.children()) {
    take_leaked(field.name(), field.child_value(), error);
  }
}

bool take_unique(std::string_view value, ErrorText& error) {
  const auto number = to_hex(value);
  error.unique = number.value_or(0);
  return number.has_value() && error.tid.empty();
}

bool take_once(std::string_view& field, std::string_view value) {
  return field.empty() && !(field = value).empty();
}

// False when the element has no place in an error, or came already.
bool take_field(const pugi::xml_node& node, ErrorText& error) {
  const std::string_view name = node.name();
  const std::string_view value = node.child_value();
  if (name == "unique") return take_unique(value, error);
  if (name == "tid") return take_once(error.tid, value);
  if (name == "threadname") return take_once(error.thread_name, value);
  if (name == "kind") return take_once(error.code, value);
  if (name == "what") {
    take_what(value, error);
  } else if (name == "xwhat") {
    take_xwhat(node, error);
  } else if (name == "hthreadid") {
    error.threads.push_back(to_unsigned(value).value_or(0));
  } else if (!take_leaked(name, value, error)) {
    take_signal(name, value, error);
  }
  return name != "error" && name != "announcethread" && name != "status";
}

// A text is the label of the stack that follows it, or stands alone.
void take_parts(const pugi::xml_node& node, std::string_view label, ErrorText& error) {
  std::vector<ErrorText::Part>& parts = error.parts;
  const std::string_view name = node.name();
  if (name == "stack") {
    const std::uint32_t id = static_cast<std::uint32_t>(node.text().as_uint());
    if (label.empty() && parts.size() > 1 && parts.back().stack == ErrorText::kNoStack) {
      parts.back().stack = id;
    } else {
      parts.push_back({.label = label, .stack = id});
    }
    return;
  }
  if (parts.empty()) parts.emplace_back();  // it has no stack of its own
  parts.push_back({.label = name == "auxwhat" ? node.child_value() : node.child_value("text")});
  take_threads(node, error);
}

}  // namespace

FindingKind kind_of(std::string_view code, std::string_view message) {
  const auto found = std::ranges::find(kKinds, code, &KindOf::code);
  if (found == kKinds.end()) return FindingKind::kOther;
  if (code == "ClientCheck" && message.starts_with("Unaddressable")) {
    return FindingKind::kInvalidAccess;
  }
  return found->kind;
}

std::string leak_message(const Finding& leak) {
  const std::string bytes =
      leak.indirect_bytes == 0
          ? grouped(leak.bytes)
          : fmt::format("{} ({} direct, {} indirect)", grouped(leak.bytes),
                        grouped(leak.bytes - leak.indirect_bytes), grouped(leak.indirect_bytes));
  constexpr std::array<std::string_view, 4> kHow = {"definitely lost", "indirectly lost",
                                                    "possibly lost", "still reachable"};
  return fmt::format("{} bytes in {} blocks are {}", bytes, grouped(leak.blocks),
                     kHow.at(static_cast<std::size_t>(leak.kind)));
}

bool ErrorReader::read(std::string_view raw, ErrorText& error) {
  error = {.threads = std::move(error.threads), .parts = std::move(error.parts)};
  error.threads.clear();
  error.parts.clear();
  labels_.clear();
  if (!cut_stacks(raw)) return false;
  if (!document_.load_buffer_inplace(rest_.data(), rest_.size(), pugi::parse_default,
                                     pugi::encoding_utf8)) {
    return false;
  }
  const pugi::xml_node root = document_.document_element();
  for (const pugi::xml_node& child : root.children()) {
    if (!take(child, error)) return false;
  }
  return std::string_view(root.name()) != "error" ||
         (!error.code.empty() && !error.message.empty());
}

// Looks each <stack> up and leaves "<stack>its id</stack>" in its place.
bool ErrorReader::cut_stacks(std::string_view raw) {
  rest_.clear();
  std::size_t at = 0;
  while (true) {
    const std::size_t start = find(raw, kStack, at);
    if (start == std::string_view::npos) break;
    std::size_t end = find(raw, kStackEnd, start);
    if (end == std::string_view::npos) return false;
    end += kStackEnd.size();
    const auto id = stacks_->find_or_parse(raw.substr(start, end - start));
    if (!id) return false;
    rest_ += raw.substr(at, start - at);
    rest_ += kStack;
    rest_ += std::to_string(*id);
    at = end - kStackEnd.size();
  }
  rest_ += raw.substr(at);
  return true;
}

bool ErrorReader::take(const pugi::xml_node& node, ErrorText& error) {
  const std::string_view name = node.name();
  if (name == "stack" || name == "auxwhat" || name == "xauxwhat") {
    take_parts(node, "", error);
    return true;
  }
  if (name == "first_observed_at") {
    labels_.push_back(fmt::format("{} {} was first observed at", node.child_value("what"),
                                  node.child_value("address")));
    for (const pugi::xml_node& child : node.children("stack")) {
      take_parts(child, labels_.back(), error);
    }
    return true;
  }
  if (name.starts_with("other_segment")) {
    const bool start = name == "other_segment_start";
    for (const pugi::xml_node& child : node.children("stack")) {
      take_parts(child, start ? "Other segment start" : "Other segment end", error);
    }
    return true;
  }
  if (name == "suppression") {
    error.suppression = trimmed(node.child_value("rawtext"));
    if (error.suppression.empty()) error.suppression = trimmed(node.child("rawtext").text().get());
    return true;
  }
  return take_field(node, error);
}

}  // namespace tidemark
