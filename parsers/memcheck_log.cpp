#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/valgrind_frame.h"

// What memcheck answers to `vgdb leak_check full ...`, and writes at its end
// without --xml (checked against 3.19). Other lines may stand between:
//
//   ==4711== 3,200 bytes in 32 blocks are definitely lost in loss record 5 of 7
//   ==4711==    at 0x48417B4: malloc (in /usr/libexec/valgrind/vgpreload_....so)
//   ==4711==    by 0x10918E: handle_leak (service.cpp:41)
//   ==4711==
//   ==4711== 96 (32 direct, 64 indirect) bytes in 1 blocks are definitely lost ...
//   ==4711== 200 (+100) bytes in 2 (+1) blocks are still reachable in loss record ...
//   ==4711== LEAK SUMMARY:
//   ==4711==    definitely lost: 3,200 bytes in 32 blocks
//
// The numbers in "(+100)" say how much there is more than at the last check, and
// may stand behind each number; they are left out. A check that asks for
// `increased` or `changed` lists those records only.

namespace tidemark {
namespace {

// A record line without "==4711== " and without "(+100)".
struct Record {
  std::int64_t bytes = 0;
  std::int64_t indirect = 0;
  std::int64_t blocks = 0;
  std::string_view kind;
};

// What follows "==4711== ", and the pid; nothing when the line is not valgrind's.
std::optional<std::string_view> own_text(std::string_view line, std::int64_t& pid) {
  if (!line.starts_with("==")) return std::nullopt;
  const std::size_t end = line.find("==", 2);
  if (end == std::string_view::npos) return std::nullopt;
  const std::optional<std::int64_t> number = to_number(line.substr(2, end - 2));
  if (!number) return std::nullopt;
  pid = *number;
  line.remove_prefix(end + 2);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

// Takes a number with grouping commas, and a "(+1,234)" behind it, off `text`.
std::optional<std::int64_t> take_count(std::string_view& text) {
  const std::size_t end = text.find_first_not_of("0123456789,");
  std::string digits;
  for (const char c : text.substr(0, end)) {
    if (c != ',') digits += c;
  }
  const std::optional<std::int64_t> number = to_number(digits);
  if (!number || end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(end);
  if (text.starts_with(" (+") || text.starts_with(" (-")) {
    const std::size_t close = text.find(')');
    if (close == std::string_view::npos) return std::nullopt;
    text.remove_prefix(close + 1);
  }
  return number;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

std::optional<Record> record_in(std::string_view text) {
  Record record;
  const std::optional<std::int64_t> bytes = take_count(text);
  if (!bytes) return std::nullopt;
  record.bytes = *bytes;
  if (take(text, " (")) {
    const std::optional<std::int64_t> direct = take_count(text);
    if (!direct || !take(text, " direct, ")) return std::nullopt;
    const std::optional<std::int64_t> indirect = take_count(text);
    if (!indirect || !take(text, " indirect)")) return std::nullopt;
    record.indirect = *indirect;
  }
  if (!take(text, " bytes in ")) return std::nullopt;
  const std::optional<std::int64_t> blocks = take_count(text);
  if (!blocks || !take(text, " blocks are ")) return std::nullopt;
  record.blocks = *blocks;
  const std::size_t end = text.find(" in loss record");
  if (end == std::string_view::npos) return std::nullopt;
  record.kind = text.substr(0, end);
  return record;
}

struct Kind {
  std::string_view words;
  std::string_view code;
  FindingKind kind;
};

constexpr Kind kKinds[] = {
    {"definitely lost", "Leak_DefinitelyLost", FindingKind::kDefiniteLeak},
    {"indirectly lost", "Leak_IndirectlyLost", FindingKind::kIndirectLeak},
    {"possibly lost", "Leak_PossiblyLost", FindingKind::kPossibleLeak},
    {"still reachable", "Leak_StillReachable", FindingKind::kReachable},
};

// Reads the frames below a record.
std::vector<Frame> frames_below(Lines& lines) {
  std::vector<Frame> frames;
  std::int64_t pid = 0;
  while (lines.next()) {
    std::optional<std::string_view> text = own_text(lines.line(), pid);
    if (!text || (!take(*text, "   at ") && !take(*text, "   by "))) {
      lines.again();
      break;
    }
    frames.push_back(valgrind_frame(*text));
  }
  return frames;
}

std::optional<Finding> finding_of(const Record& record, std::int64_t pid) {
  for (const Kind& kind : kKinds) {
    if (kind.words != record.kind) continue;
    return Finding{
        .kind = kind.kind,
        .code = std::string(kind.code),
        .message =
            fmt::format("{} bytes in {} blocks are {}", record.bytes, record.blocks, record.kind),
        .bytes = record.bytes,
        .blocks = record.blocks,
        .indirect_bytes = record.indirect,
        .pid = pid,
    };
  }
  return std::nullopt;
}

bool recognizes(std::string_view head) {
  std::int64_t pid = 0;
  Lines lines("", head);
  while (lines.next()) {
    const std::optional<std::string_view> text = own_text(lines.line(), pid);
    if (!text) continue;
    if (text->starts_with("Memcheck, a memory error detector")) return true;
    if (text->starts_with("LEAK SUMMARY:") || record_in(*text)) return true;
    if (text->starts_with("All heap blocks were freed")) return true;
  }
  return false;
}

Recording parse(const Input& input) {
  Recording recording{.producer = "memcheck"};
  Lines lines(input.name, input.bytes);
  std::int64_t pid = 0;
  bool ended = false;
  while (lines.next()) {
    const std::optional<std::string_view> text = own_text(lines.line(), pid);
    if (!text) continue;
    if (text->starts_with("LEAK SUMMARY:") || text->starts_with("All heap blocks were freed")) {
      ended = true;
    }
    const std::optional<Record> record = record_in(*text);
    if (!record) continue;
    std::optional<Finding> finding = finding_of(*record, pid);
    if (!finding) lines.fail("a kind of leak such as 'definitely lost'");
    finding->stacks.push_back({.frames = frames_below(lines)});
    recording.findings.push_back(std::move(*finding));
  }
  if (pid == 0) lines.fail("'==PID== '");
  recording.processes.push_back({.pid = pid, .finished = ended});
  recording.partial = !ended;
  if (!ended) recording.warnings.push_back(lines.at("no LEAK SUMMARY: the check is cut off"));
  return recording;
}

}  // namespace

constinit const Format kMemcheckLogFormat = {
    .name = "memcheck-log",
    .summary = "valgrind's memcheck as text, and what vgdb leak_check answers",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
