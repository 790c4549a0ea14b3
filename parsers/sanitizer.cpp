// What LeakSanitizer, AddressSanitizer and ThreadSanitizer print; checked
// against gcc 12 and clang 14. Anything may stand around the reports: the
// program's own output, other processes' reports, colour codes.
//
//   ==12==ERROR: LeakSanitizer: detected memory leaks
//
//   Direct leak of 300 byte(s) in 3 object(s) allocated from:
//       #0 0x7f49f96b89cf in malloc (/lib/libasan.so.8+0xb89cf) (BuildId: f00d)
//       #1 0x56349fc3b233 in f(int) /src/leaks.cpp:4:12
//       #2 0x56349fc3b233  (/usr/bin/leaks+0x1233)
//
//   SUMMARY: AddressSanitizer: 300 byte(s) leaked in 3 allocation(s).
//
//   ==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x60 at pc ...
//   READ of size 1 at 0x60 thread T0
//       #0 ...
//
//   0x60 is located 3 bytes inside of 10-byte region [0x50,0x5a)
//   freed by thread T0 here:
//       #0 ...
//
//   SUMMARY: AddressSanitizer: heap-use-after-free /src/a.cpp:3 in f()
//
//   WARNING: ThreadSanitizer: data race (pid=12)
//     Read of size 4 at 0x55 by main thread:
//       #0 main /src/race.cpp:5 (race+0x13cf)
//   ...
//   SUMMARY: ThreadSanitizer: data race /src/race.cpp:5 in main

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
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
#include "parsers/sanitizer_frame.h"

namespace tidemark {
namespace {

constexpr std::size_t kForgetEvery = 4 << 20;

constexpr std::array<std::string_view, 3> kTools = {"LeakSanitizer", "AddressSanitizer",
                                                    "ThreadSanitizer"};

struct KindOf {
  std::string_view word;
  FindingKind kind;
};

// The first word that the report's code contains decides.
constexpr std::array kKinds = std::to_array<KindOf>({
    {.word = "data race", .kind = FindingKind::kRace},
    {.word = "race on", .kind = FindingKind::kRace},
    {.word = "lock-order", .kind = FindingKind::kLockOrder},
    {.word = "lock", .kind = FindingKind::kLockMisuse},
    {.word = "mutex", .kind = FindingKind::kLockMisuse},
    {.word = "double-free", .kind = FindingKind::kBadFree},
    {.word = "bad-free", .kind = FindingKind::kBadFree},
    {.word = "mismatch", .kind = FindingKind::kBadFree},
    {.word = "stack-overflow", .kind = FindingKind::kFatal},
    {.word = "SEGV", .kind = FindingKind::kFatal},
    {.word = "FPE", .kind = FindingKind::kFatal},
    {.word = "BUS", .kind = FindingKind::kFatal},
    {.word = "ILL", .kind = FindingKind::kFatal},
    {.word = "ABRT", .kind = FindingKind::kFatal},
    {.word = "CHECK", .kind = FindingKind::kFatal},
    {.word = "out-of-memory", .kind = FindingKind::kFatal},
    {.word = "param", .kind = FindingKind::kBadCall},
    {.word = "calloc-overflow", .kind = FindingKind::kBadCall},
    {.word = "allocation-size", .kind = FindingKind::kBadCall},
    {.word = "alignment", .kind = FindingKind::kBadCall},
    {.word = "overflow", .kind = FindingKind::kInvalidAccess},
    {.word = "underflow", .kind = FindingKind::kInvalidAccess},
    {.word = "use-after", .kind = FindingKind::kInvalidAccess},
    {.word = "unknown-crash", .kind = FindingKind::kInvalidAccess},
    {.word = "poison", .kind = FindingKind::kInvalidAccess},
});

FindingKind kind_of(std::string_view code) {
  const auto found = std::ranges::find_if(kKinds, [code](const KindOf& each) {
    return code.find(each.word) != std::string_view::npos;
  });
  return found == kKinds.end() ? FindingKind::kOther : found->kind;
}

// `line` without escapes such as "\x1b[1m", and without blanks around it.
std::string plain(std::string_view line) {
  std::string text;
  while (!line.empty()) {
    const std::size_t escape = std::min(line.find("\x1b["), line.size());
    text += line.substr(0, escape);
    line.remove_prefix(escape);
    const std::size_t end = line.find('m');
    line.remove_prefix(line.empty() ? 0 : std::min(end, line.size() - 1) + 1);
  }
  const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  text.erase(0, first);
  text.erase(text.find_last_not_of(" \t") + 1);
  return text;
}

// The number that `text` starts with; `text` is then what follows it.
std::optional<std::int64_t> leading_number(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = to_number(text.substr(0, end));
  text.remove_prefix(end);
  return number;
}

bool skip(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// The first line of a report, or of its leaks.
struct Header {
  std::string_view tool;
  std::int64_t pid = 0;
  std::string_view text;  // what follows "LeakSanitizer: "
};

std::optional<Header> header_in(std::string_view line) {
  for (const std::string_view tool : kTools) {
    const std::size_t at = line.find(tool);
    if (at == std::string_view::npos) continue;
    const std::string_view before = line.substr(0, at);
    if (!before.ends_with("ERROR: ") && !before.ends_with("WARNING: ")) continue;
    Header header{.tool = tool, .text = line.substr(at + tool.size())};
    if (!skip(header.text, ": ")) continue;
    std::size_t pid = before.find("==");
    std::string_view digits = pid == std::string_view::npos ? before : before.substr(pid + 2);
    if ((pid = header.text.find(" (pid=")) != std::string_view::npos) {
      digits = header.text.substr(pid + 6);
      header.text = header.text.substr(0, pid);
    }
    header.pid = leading_number(digits).value_or(0);
    return header;
  }
  return std::nullopt;
}

// "Direct leak of 300 byte(s) in 3 object(s) allocated from:"
std::optional<Finding> leak_in(std::string_view line) {
  Finding leak;
  std::string_view rest = line;
  leak.kind = rest.starts_with("Direct") ? FindingKind::kDefiniteLeak : FindingKind::kIndirectLeak;
  leak.code = leak.kind == FindingKind::kDefiniteLeak ? "direct-leak" : "indirect-leak";
  if (!skip(rest, "Direct leak of ") && !skip(rest, "Indirect leak of ")) return std::nullopt;
  const auto bytes = leading_number(rest);
  if (!bytes || !skip(rest, " byte(s) in ")) return std::nullopt;
  const auto blocks = leading_number(rest);
  if (!blocks || !rest.starts_with(" object(s) allocated from:")) return std::nullopt;
  leak.bytes = *bytes;
  leak.blocks = *blocks;
  leak.message = line.substr(0, line.find(" allocated from:"));
  return leak;
}

// "thread T3" at the end of "READ of size 1 at 0x60 thread T3": "T3".
std::string thread_in(std::string_view label) {
  const std::size_t at = label.rfind(" thread T");
  if (at == std::string_view::npos) return "";
  return std::string(label.substr(at + 8, label.substr(at + 8).find_first_of(" :")));
}

Finding error_from(const Header& header) {
  Finding finding;
  finding.pid = header.pid;
  std::string_view text = header.text;
  text = text.substr(0, std::min(text.find(" at pc "), text.find(" (pc ")));
  if (text.ends_with(':')) text.remove_suffix(1);
  finding.message = text;
  finding.thread = thread_in(text);
  if (header.tool == "ThreadSanitizer") {
    finding.code = text;
  } else if (skip(text, "attempting free on")) {
    finding.code = "bad-free";
  } else {
    skip(text, "attempting ");
    finding.code = text.substr(0, text.find_first_of(" :"));
  }
  finding.kind = kind_of(finding.code);
  return finding;
}

// Whether `line` says what the next stack shows, and is not something that the
// program wrote meanwhile.
bool is_label(std::string_view line) {
  constexpr std::array<std::string_view, 5> kWords = {
      "READ of size ", "WRITE of size ", " is located ", "Location is ", "The signal is caused "};
  return line.ends_with(':') || std::ranges::any_of(kWords, [line](std::string_view word) {
           return line.find(word) != std::string_view::npos;
         });
}

class Reader {
 public:
  explicit Reader(const Input& input) : input_(input), lines_(input.name, input.bytes) {}

  Recording read();

 private:
  void use(const std::string& line);
  void start(const Header& header);
  void start(Finding finding);
  void use_inside(std::string_view line);
  void use_frame(std::string_view line);
  void use_label(std::string_view line);
  void use_summary(std::string_view line);
  bool use_suppression(std::string_view line);
  void end_finding();
  ProcessRecord& process(std::int64_t pid);
  CallStack::Shared intern(std::string_view frame);

  Input input_;
  Lines lines_;
  Recording recording_;
  std::optional<Finding> finding_;  // the one that is being read
  std::vector<CallStack::Shared> frames_;
  std::string label_;
  bool labelled_ = false;  // label_ waits for its stack
  bool suppressions_ = false;
  std::int64_t pid_ = 0;        // of the report that is being read
  bool open_ = false;           // a report began and its SUMMARY did not come
  std::int64_t opened_at_ = 0;  // its first line
  std::int64_t leaked_ = 0;     // bytes of its leaks
  bool any_ = false;
  std::unordered_map<std::string, CallStack::Shared> interned_;
};

Recording Reader::read() {
  std::size_t forgotten = 0;
  while (lines_.next()) {
    if (!lines_.whole() && open_) break;  // cut in the middle of a line
    use(plain(lines_.line()));
    if (lines_.offset() < forgotten + kForgetEvery) continue;
    forgotten = lines_.offset();
    forget(input_, forgotten);
  }
  // A leak without its report's first line, cut before its end, leaves nothing either.
  if (recording_.processes.empty() && recording_.findings.empty()) {
    throw Error(
        fmt::format("{}:{}: expected a report such as '==12==ERROR: LeakSanitizer: ...', "
                    "found the end of the file",
                    input_.name, lines_.number()));
  }
  if (open_) {
    recording_.partial = true;
    recording_.warnings.push_back(fmt::format(
        "{}:{}: the report that starts here has no SUMMARY: cut off, or still being written; {}",
        input_.name, opened_at_,
        finding_ ? "its last finding is left out" : "what came of it is whole"));
  }
  return std::move(recording_);
}

void Reader::use(const std::string& line) {
  if (const auto header = header_in(line)) {
    start(*header);
  } else if (line.starts_with("SUMMARY: ")) {
    use_summary(line);
  } else if (auto leak = leak_in(line)) {
    leak->pid = pid_;
    leaked_ = checked_add(leaked_, leak->bytes);
    start(std::move(*leak));
  } else if (!use_suppression(line) && finding_) {
    use_inside(line);
  }
}

void Reader::start(const Header& header) {
  if (open_) {
    recording_.partial = true;
    recording_.warnings.push_back(
        lines_.at(fmt::format("a report starts before the one of line {} ended", opened_at_)));
    end_finding();
  }
  recording_.producer = header.tool;
  pid_ = header.pid;
  process(pid_).finished = false;
  open_ = any_ = true;
  opened_at_ = lines_.number();
  leaked_ = 0;
  if (header.tool != "LeakSanitizer") start(error_from(header));
}

void Reader::start(Finding finding) {
  end_finding();
  any_ = true;
  if (!open_) opened_at_ = lines_.number();
  open_ = true;
  finding_ = std::move(finding);
  label_.clear();
  labelled_ = false;
}

void Reader::use_inside(std::string_view line) {
  if (line.starts_with('#')) {
    use_frame(line.substr(1));
  } else if (is_label(line)) {
    use_label(line);
  } else if (line.empty() && is_leak(finding_->kind) && !frames_.empty()) {
    end_finding();
  }
}

void Reader::use_frame(std::string_view line) {
  const auto number = leading_number(line);
  if (!number || !skip(line, " ")) return;
  std::vector<LabelledStack>& stacks = finding_->stacks;
  if (*number == 0) {
    if (!stacks.empty() && !frames_.empty()) stacks.back().frames = CallStack(std::move(frames_));
    frames_.clear();
    stacks.push_back({.label = labelled_ ? std::move(label_) : ""});
    labelled_ = false;
  }
  if (!stacks.empty()) frames_.push_back(intern(line));
}

// What comes before the first stack belongs to the message; the rest labels the
// stack that follows, or stands alone.
void Reader::use_label(std::string_view line) {
  if (skip(line, "==")) line.remove_prefix(std::min(line.find("==") + 2, line.size()));
  if (line.ends_with(':')) line.remove_suffix(1);
  if (finding_->stacks.empty()) {
    if (finding_->thread.empty()) finding_->thread = thread_in(line);
    finding_->message += fmt::format(": {}", line);
    return;
  }
  if (!frames_.empty()) {
    finding_->stacks.back().frames = CallStack(std::move(frames_));
    frames_.clear();
  }
  if (labelled_) finding_->stacks.push_back({.label = std::move(label_)});
  label_ = line;
  labelled_ = true;
}

// "SUMMARY: AddressSanitizer: 612 byte(s) leaked in 6 allocation(s)."
void Reader::use_summary(std::string_view line) {
  end_finding();
  const std::size_t leaked = line.find(" byte(s) leaked in ");
  if (leaked != std::string_view::npos && open_) {
    const std::size_t start = line.rfind(' ', leaked - 1) + 1;
    const auto bytes = to_number(line.substr(start, leaked - start));
    if (bytes && *bytes != leaked_) {
      recording_.partial = true;
      recording_.warnings.push_back(lines_.at(fmt::format(
          "the summary says {} bytes leaked, the leaks above it are {}", *bytes, leaked_)));
    }
  }
  open_ = false;
  if (any_) process(pid_).finished = true;
}

// "Suppressions used:", "  count      bytes template", "      3        300 f", "-----".
bool Reader::use_suppression(std::string_view line) {
  if (line == "Suppressions used:") return suppressions_ = true;
  if (!suppressions_) return false;
  if (line.starts_with("count ")) return true;
  const auto count = leading_number(line);
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const auto bytes = leading_number(line);
  suppressions_ = count && bytes && skip(line, " ");
  if (suppressions_) recording_.suppressions_used.push_back({std::string(line), *count});
  return suppressions_;
}

void Reader::end_finding() {
  if (!finding_) return;
  if (!frames_.empty()) finding_->stacks.back().frames = CallStack(std::move(frames_));
  frames_.clear();
  if (labelled_) finding_->stacks.push_back({.label = std::move(label_)});
  labelled_ = false;
  recording_.findings.push_back(std::move(*finding_));
  finding_.reset();
}

ProcessRecord& Reader::process(std::int64_t pid) {
  const auto found = std::ranges::find(recording_.processes, pid, &ProcessRecord::pid);
  if (found != recording_.processes.end()) return *found;
  return recording_.processes.emplace_back(ProcessRecord{.pid = pid});
}

CallStack::Shared Reader::intern(std::string_view frame) {
  auto& known = interned_[std::string(frame)];
  if (known == nullptr) known = std::make_shared<const Frame>(sanitizer_frame(frame));
  return known;
}

bool recognizes(std::string_view head) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    if (header_in(head.substr(0, end))) return true;
    head.remove_prefix(std::min(end + 1, head.size()));
  }
  return false;
}

Recording parse(const Input& input) { return Reader(input).read(); }

}  // namespace

constinit const Format kSanitizerFormat = {
    .name = "sanitizer",
    .summary = "what LeakSanitizer, AddressSanitizer and ThreadSanitizer print",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
