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

// The frames of each valgrind suppression that the rule stands for; empty when
// valgrind cannot say it.
std::vector<std::vector<std::string>> frames_of(const SuppressionRule& rule) {
  const bool by_place = !rule.functions.empty() || !rule.module.empty();
  if (by_place && !rule.stack.empty()) return {};
  if (!rule.functions.empty() && !rule.module.empty()) return {};
  if (!rule.module.empty()) {
    if (rule.module.find('\n') != std::string::npos) return {};
    // A path is one glob for valgrind; ours matches the file name, too.
    return {{"...", "obj:" + rule.module}, {"...", "obj:*/" + rule.module}};
  }
  if (!std::ranges::all_of(rule.functions, is_plain)) return {};
  std::vector<std::vector<std::string>> all;
  for (const std::string& function : rule.functions) all.push_back({"...", "fun:" + function});
  if (all.empty()) {
    std::vector<std::string> frames;
    for (const std::string& glob : rule.stack) {
      if (!is_plain(glob)) return {};
      frames.push_back(glob == "..." ? glob : "fun:" + glob);
    }
    all.push_back(std::move(frames));
  }
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
  std::vector<std::string> stack;
  std::string module;
  bool named = false;
  for (const Frame& frame : finding.stacks.front().frames) {
    if (frame.function.empty()) {
      if (module.empty()) module = frame.module.substr(frame.module.rfind('/') + 1);
      if (stack.empty() || stack.back() != "\"...\"") stack.emplace_back("\"...\"");
    } else {
      named = true;
      // Parameters may change; what the glob of a name would read is any character.
      const std::size_t parameters = frame.function.find('(', 1);
      std::string name = frame.function.substr(0, parameters);
      stack.push_back(toml_text(name));
    }
  }
  while (!stack.empty() && stack.back() == "\"...\"") stack.pop_back();
  if (!named && module.empty()) return "";
  std::string text =
      fmt::format("[[suppress]]\nid = {}\nkind = \"{}\"\n", toml_text(id), code_of(finding.kind));
  text += named ? fmt::format("stack = [{}]\n", fmt::join(stack, ", "))
                : fmt::format("module = {}\n", toml_text(module));
  text += "owner = \"FILL IN: who answers for this\"\nreason = \"FILL IN: why it is not fixed\"\n";
  std::istringstream lines(finding.suppression);
  for (std::string line; std::getline(lines, line);) text += "# " + printable(line) + "\n";
  return text;
}

}  // namespace tidemark
