#include "tools/signoff/run/tool_needs.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/process/command.h"
#include "lib/process/own_tool.h"

namespace tidemark::signoff {
namespace {

constexpr std::chrono::seconds kAnswersWithin{30};
constexpr std::string_view kWith = "--with";
constexpr std::string_view kEndOfOptions = "--";

// Of memprof's own options, which end at "--"; nothing: it has its default.
std::optional<std::string> profiler_of(const std::vector<std::string>& args) {
  std::optional<std::string> profiler;
  for (std::size_t i = 0; i < args.size() && args[i] != kEndOfOptions; ++i) {
    if (args[i] == kWith && i + 1 < args.size()) profiler = args[i + 1];
    if (args[i].starts_with(std::string(kWith) + "=")) profiler = args[i].substr(kWith.size() + 1);
  }
  return profiler;
}

// What memprof is to run, where it can be said now.
std::string program_of(const std::vector<std::string>& args, const TargetPlan& target) {
  const auto end = std::ranges::find(args, kEndOfOptions);
  if (end == args.end() || std::next(end) == args.end()) return "";
  const std::string& first = *std::next(end);
  if (first != "{command}") return first.find('{') == std::string::npos ? first : "";
  const bool plain =
      !target.command.empty() && target.command.front().find('{') == std::string::npos;
  return plain ? target.command.front() : "";
}

// "memprof: massif is not installed: valgrind was not found\n  hint: apt install valgrind" as one
// sentence.
std::string said(std::string_view errors) {
  constexpr std::string_view kName = "memprof: ";
  constexpr std::string_view kHint = "hint: ";
  std::string text;
  while (!errors.empty()) {
    const std::size_t end = std::min(errors.find('\n'), errors.size());
    std::string_view line = errors.substr(0, end);
    errors.remove_prefix(std::min(end + 1, errors.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    for (const std::string_view start : {kName, kHint})
      if (line.starts_with(start)) line.remove_prefix(start.size());
    if (!line.empty()) text += (text.empty() ? "" : "; ") + printable(line);
  }
  return text;
}

}  // namespace

std::string missing_profiler(const RunPlan& run, const TargetPlan& target) {
  if (run.tool != "memprof" || run.args.empty() || run.args.front() != "run") return "";
  const std::optional<std::string> profiler = profiler_of(run.args);
  if (profiler && profiler->find('{') != std::string::npos) return "";
  std::vector<std::string> arguments = {find_own_tool("memprof")->string(), "backends", "--check"};
  if (profiler) arguments.insert(arguments.end(), {std::string(kWith), *profiler});
  if (const std::string program = program_of(run.args, target); !program.empty())
    arguments.insert(arguments.end(), {std::string(kEndOfOptions), program});
  const Finished finished = run_to_end({.arguments = std::move(arguments)}, kAnswersWithin);
  if (finished.end.kind == EndKind::kExited && finished.end.code == 0) return "";
  const std::string why = said(finished.errors);
  return why.empty() ? "memprof does not say whether it can profile here" : why;
}

}  // namespace tidemark::signoff
