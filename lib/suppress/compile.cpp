#include "lib/suppress/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <sstream>

#include "lib/base/lines.h"
#include "lib/suppress/apply.h"

namespace tidemark {
namespace {

struct Kind {
  FindingKind kind;
  std::string_view valgrind;  // "Tool:Error"
  std::string_view leak;      // for match-leak-kinds
};

// Errors whose suppression needs a line of its own (Param) are left to apply().
constexpr Kind kKinds[] = {
    {FindingKind::kDefiniteLeak, "Memcheck:Leak", "definite"},
    {FindingKind::kIndirectLeak, "Memcheck:Leak", "indirect"},
    {FindingKind::kPossibleLeak, "Memcheck:Leak", "possible"},
    {FindingKind::kReachable, "Memcheck:Leak", "reachable"},
    {FindingKind::kInvalidAccess, "Memcheck:Addr1", ""},
    {FindingKind::kInvalidAccess, "Memcheck:Addr2", ""},
    {FindingKind::kInvalidAccess, "Memcheck:Addr4", ""},
    {FindingKind::kInvalidAccess, "Memcheck:Addr8", ""},
    {FindingKind::kInvalidAccess, "Memcheck:Addr16", ""},
    {FindingKind::kInvalidAccess, "Memcheck:Addr32", ""},
    {FindingKind::kUninitialised, "Memcheck:Cond", ""},
    {FindingKind::kUninitialised, "Memcheck:Value1", ""},
    {FindingKind::kUninitialised, "Memcheck:Value2", ""},
    {FindingKind::kUninitialised, "Memcheck:Value4", ""},
    {FindingKind::kUninitialised, "Memcheck:Value8", ""},
    {FindingKind::kUninitialised, "Memcheck:Value16", ""},
    {FindingKind::kUninitialised, "Memcheck:Value32", ""},
    {FindingKind::kBadFree, "Memcheck:Free", ""},
    {FindingKind::kRace, "Helgrind:Race", ""},
    {FindingKind::kRace, "drd:ConflictingAccess", ""},
    {FindingKind::kLockOrder, "Helgrind:LockOrder", ""},
    {FindingKind::kLockMisuse, "Helgrind:UnlockUnlocked", ""},
    {FindingKind::kLockMisuse, "Helgrind:UnlockForeign", ""},
    {FindingKind::kLockMisuse, "Helgrind:UnlockBogus", ""},
    {FindingKind::kLockMisuse, "Helgrind:PthAPIerror", ""},
    {FindingKind::kLockMisuse, "drd:MutexErr", ""},
};

// A name that is the same mangled and not: C's, or one that is mangled already.
bool is_plain(std::string_view glob) {
  return std::ranges::all_of(glob, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '*' || c == '?' || c == '.' || c == '$';
  });
}

std::string one_line(std::string_view text) { return printable(text); }

using FrameList = std::vector<std::string>;

// The rule's stack, frame by frame; empty when valgrind cannot say it.
FrameList frames_of_stack(const SuppressionRule& rule) {
  FrameList frames;
  for (const std::string& glob : rule.stack) {
    if (glob != "..." && !is_plain(glob)) return {};
    frames.push_back(glob == "..." ? glob : "fun:" + glob);
  }
  return frames;
}

// The frames of each valgrind suppression that the rule stands for; empty when
// valgrind cannot say it.
std::vector<FrameList> frames_of(const SuppressionRule& rule) {
  const int ways = (rule.functions.empty() ? 0 : 1) + (rule.module.empty() ? 0 : 1) +
                   (rule.stack.empty() ? 0 : 1);
  if (ways != 1) return {};
  if (!rule.module.empty()) {
    // A path is one glob for valgrind; ours matches the file name, too.
    const std::string module = one_line(rule.module);
    return {{"...", "obj:" + module}, {"...", "obj:*/" + module}};
  }
  if (!rule.stack.empty()) {
    FrameList frames = frames_of_stack(rule);
    return frames.empty() ? std::vector<FrameList>{} : std::vector<FrameList>{std::move(frames)};
  }
  if (!std::ranges::all_of(rule.functions, is_plain)) return {};
  std::vector<FrameList> all;
  for (const std::string& function : rule.functions) all.push_back({"...", "fun:" + function});
  return all;
}

bool wants(const SuppressionRule& rule, const Kind& kind) {
  const bool kind_fits =
      rule.kinds.empty() || std::ranges::find(rule.kinds, kind.kind) != rule.kinds.end();
  if (!kind_fits || rule.tool.empty()) return kind_fits;
  const std::string_view tool = kind.valgrind.substr(0, kind.valgrind.find(':'));
  return std::ranges::equal(tool, rule.tool, [](char a, char b) { return (a | 0x20) == b; });
}

// The blocks of one list of frames, one a kind of error.
std::string valgrind_blocks(const SuppressionRule& rule, const std::vector<std::string>& frames) {
  std::vector<std::string_view> leaks;
  std::vector<std::string> heads;
  for (const Kind& kind : kKinds) {
    if (!wants(rule, kind)) continue;
    if (kind.leak.empty()) {
      heads.emplace_back(kind.valgrind);
    } else {
      leaks.push_back(kind.leak);
    }
  }
  if (!leaks.empty()) {
    heads.insert(heads.begin(),
                 fmt::format("Memcheck:Leak\n   match-leak-kinds: {}", fmt::join(leaks, ",")));
  }
  std::string text;
  for (const std::string& head : heads) {
    text += fmt::format("{{\n   {}\n   {}\n   {}\n}}\n", one_line(rule.id), head,
                        fmt::join(frames, "\n   "));
  }
  return text;
}

std::string left_out(const SuppressionRule& rule) {
  return fmt::format("# {}: cannot be written here; tidemark applies it after the run\n",
                     one_line(rule.id));
}

// `text` as a basic string of TOML.
std::string toml_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

// The line that names the place: the functions of the stack without their
// parameters, "..." for frames without one; else the innermost module.
std::string place_line(const CallStack& stack) {
  std::vector<std::string> globs;
  std::string_view module;
  std::size_t named = 0;  // how many globs there are up to the last function
  for (const Frame& frame : stack) {
    if (!frame.function.empty()) {
      globs.push_back(toml_text(frame.function.substr(0, frame.function.find('(', 1))));
      named = globs.size();
      continue;
    }
    const std::string_view path = frame.module;
    if (module.empty()) module = path.substr(path.rfind('/') + 1);
    if (globs.empty() || globs.back() != "\"...\"") globs.emplace_back("\"...\"");
  }
  globs.resize(named);
  if (named > 0) return fmt::format("stack = [{}]\n", fmt::join(globs, ", "));
  return module.empty() ? "" : fmt::format("module = {}\n", toml_text(module));
}

}  // namespace

std::string valgrind_suppressions(const std::vector<SuppressionRule>& rules,
                                  std::string_view today) {
  std::string text;
  for (const SuppressionRule& rule : rules) {
    if (is_expired(rule, today)) continue;
    std::string blocks;
    for (const std::vector<std::string>& frames : frames_of(rule)) {
      blocks += valgrind_blocks(rule, frames);
    }
    text += blocks.empty() ? left_out(rule) : blocks;
  }
  return text;
}

std::string lsan_suppressions(const std::vector<SuppressionRule>& rules, std::string_view today) {
  std::string text;
  for (const SuppressionRule& rule : rules) {
    if (is_expired(rule, today)) continue;
    // LeakSanitizer's leaks are definite and indirect; it cannot tell them apart.
    const auto lists = [&](FindingKind kind) {
      return rule.kinds.empty() || std::ranges::find(rule.kinds, kind) != rule.kinds.end();
    };
    const bool leaks = lists(FindingKind::kDefiniteLeak) && lists(FindingKind::kIndirectLeak);
    const bool tool = rule.tool.empty() || rule.tool.starts_with("lsan");
    const bool by_function = !rule.functions.empty() && rule.module.empty() && rule.stack.empty();
    if (!leaks || !tool || !by_function) {
      text += left_out(rule);
      continue;
    }
    for (const std::string& function : rule.functions) {
      // With and without parameters.
      text += fmt::format("leak:^{0}$\nleak:^{0}(*\n", one_line(function));
    }
  }
  return text;
}

std::string ready_rule(const Finding& finding, std::string_view id) {
  if (finding.stacks.empty()) return "";
  const std::string place = place_line(finding.stacks.front().frames);
  if (place.empty()) return "";
  std::string text = fmt::format(
      "[[suppress]]\nid = {}\nkind = \"{}\"\n{}"
      "owner = \"FILL IN: who answers for this\"\nreason = \"FILL IN: why it is not fixed\"\n",
      toml_text(id), code_of(finding.kind), place);
  std::istringstream lines(finding.suppression);
  for (std::string line; std::getline(lines, line);) text += "# " + printable(line) + "\n";
  return text;
}

}  // namespace tidemark
