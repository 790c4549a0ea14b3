#include "lib/analyze/fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "lib/analyze/names.h"
#include "lib/base/hash.h"

namespace tidemark {
namespace {

// As deep as it gets with valgrind's default of 12 callers, allocator frames
// off, so that --num-callers does not change a fingerprint.
constexpr std::size_t kDepth = 8;

std::string name_for_fingerprint(const Frame& frame) {
  const std::string module = plain_module(frame.module);
  if (!frame.function.empty()) return plain_function(frame.function) + '\t' + module;
  if (frame.offset != 0) return fmt::format("+0x{:x}\t{}", frame.offset, module);
  return '\t' + module;
}

// "Syscall param write(buf) points to 12 bytes at 0x4A2B" less its numbers.
std::string without_numbers(std::string_view message) {
  std::string text;
  bool in_number = false;
  for (const char c : message) {
    const bool digit = c >= '0' && c <= '9';
    const bool hex = in_number && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == 'x');
    if (!digit && !hex) text += c;
    if (digit && !in_number) text += '#';
    in_number = digit || hex;
  }
  return text;
}

// Whether a stack after the first belongs to what went wrong: the other access
// of a race ("This conflicts with a previous write ...", "Previous read ..."),
// every stack of a lock order. Where a block or a thread came from does not.
bool takes_part(FindingKind kind, const LabelledStack& stack) {
  const auto says = [&](std::string_view word) {
    return stack.label.find(word) != std::string::npos;
  };
  if (kind == FindingKind::kRace) return says("conflict") || says("revious");
  return kind == FindingKind::kLockOrder && !says("alloc'd") && !says("created");
}

}  // namespace

const Fingerprinter::Known& Fingerprinter::known(const Frame& frame) {
  const auto [entry, fresh] = known_.try_emplace(&frame);
  if (fresh) entry->second = {.role = role_of(frame), .name = name_for_fingerprint(frame)};
  return entry->second;
}

// One name a line, innermost first.
std::string Fingerprinter::text_of(const CallStack& stack) {
  std::vector<std::string_view> names;
  const auto take = [&](auto&& wanted) {
    for (const Frame& frame : stack) {
      const Known& known = this->known(frame);
      if (names.size() == kDepth) break;
      if (!wanted(known.role) || std::ranges::find(names, known.name) != names.end()) continue;
      names.emplace_back(known.name);
    }
  };
  take([](FrameRole role) { return role == FrameRole::kCode; });
  if (names.empty()) take([](FrameRole role) { return role != FrameRole::kStartup; });
  if (names.empty()) take([](FrameRole) { return true; });
  return fmt::format("{}\n", fmt::join(names, "\n"));
}

std::string Fingerprinter::fingerprint_of(const Finding& finding) {
  std::vector<std::string> stacks;
  for (const LabelledStack& stack : finding.stacks) {
    if (stack.frames.empty() || (!stacks.empty() && !takes_part(finding.kind, stack))) continue;
    stacks.push_back(text_of(stack.frames));
  }
  std::ranges::sort(stacks);
  std::string text(code_of(finding.kind));
  for (const std::string& stack : stacks) text += '\f' + stack;
  if (stacks.empty()) text += '\f' + finding.code + '\f' + without_numbers(finding.message);
  return fmt::format("{:016x}", hash_of(text));
}

std::string fingerprint_of(const Finding& finding) {
  return Fingerprinter().fingerprint_of(finding);
}

}  // namespace tidemark
