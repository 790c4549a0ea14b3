#include "tools/signoff/run/tool_verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/report/findings_json.h"
#include "lib/run/load_file.h"
#include "tools/signoff/judge/judge.h"

namespace tidemark::signoff {
namespace {

constexpr std::string_view kAny;
constexpr int kAnyCode = -1;
constexpr std::streamoff kLogTail = 64 << 10;
constexpr std::size_t kLongestWhy = 400;

struct Meaning {
  std::string_view tool;
  int code = 0;
  State state = State::kNotDone;
  bool again = false;
  std::string_view words;
};

// The first line that fits counts. What our tools mean by their codes: lib/cli/tool.h, and
// pressure's documentation. A program of somebody else's may use the same.
constexpr auto kMeanings = std::to_array<Meaning>({
    {kAny, 0, State::kPassed, false, ""},
    {"pressure", 1, State::kFailed, false, "a limit of the scenario was crossed"},
    {"pressure", 4, State::kInconclusive, true, "it was not a valid measurement"},
    {"pressure", 5, State::kNotDone, true, "the guard of this machine stopped it"},
    {"memprof", 1, State::kFailed, false, "something was found"},
    {"command", 126, State::kNotDone, true, "a program cannot be executed"},
    {"command", 127, State::kNotDone, true, "a program was not found"},
    {"command", 2, State::kFailed, false, ""},
    {kAny, 1, State::kFailed, false, ""},
    {kAny, 2, State::kNotDone, false, "its command line, or a file that it names, is wrong"},
    {kAny, 3, State::kNotDone, true, "it could not be done"},
    {kAny, 4, State::kInconclusive, false, "there was not enough to decide"},
    {"command", kAnyCode, State::kFailed, false, ""},
    {kAny, kAnyCode, State::kNotDone, true, ""},
});

const Meaning& meaning_of(std::string_view tool, int code) {
  return *std::ranges::find_if(kMeanings, [&](const Meaning& meaning) {
    return (meaning.tool == kAny || meaning.tool == tool) &&
           (meaning.code == kAnyCode || meaning.code == code);
  });
}

std::string tail_of(const std::filesystem::path& log) {
  std::ifstream in(log, std::ios::binary | std::ios::ate);
  if (!in) return "";
  in.seekg(std::max<std::streamoff>(in.tellg() - std::streampos(kLogTail), 0));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// What a tool said last. Of ours that is an error, "memprof: ...", with its hint; what else they
// end with are tables, but for leakwatch's sentence, before the line that names its directory.
std::string last_words(std::string_view tool, const std::filesystem::path& directory,
                       const std::filesystem::path& log) {
  const std::string text = tail_of(log);
  const std::string prefix = fmt::format("{}: ", tool);
  std::string last;
  std::string error;
  Lines lines("", text);
  while (lines.next()) {
    std::string_view line = lines.line();
    const bool ours = line.starts_with(prefix);
    if (ours) line.remove_prefix(prefix.size());
    if (!directory.empty() && line.starts_with(directory.string())) continue;
    if (ours) {
      error = line;
    } else if (!error.empty() && line.starts_with("  hint: ")) {
      error += fmt::format("; {}", line.substr(std::string_view("  hint: ").size()));
    }
    if (line.find_first_not_of(" \t") != std::string_view::npos) last = line;
  }
  const bool sentence = tool == "command" || tool == "leakwatch";
  if (error.empty() && sentence) error = last;
  return printable(error.substr(0, kLongestWhy));
}

// Why a run came to what it did, by what it left: for a tool that ends with tables.
std::string why_of_run(std::string_view tool, const std::filesystem::path& directory) {
  try {
    if (tool == "pressure") return printable(read_load(directory).why);
    if (tool != "memprof") return "";
    const File file = read_file(directory / "findings.json");
    return printable(from_json(file.name(), file.bytes()).verdict_text);
  } catch (const Error&) {
    return "";  // it got no further than an error
  }
}

// A target that fails under load is a finding; one that cannot be loaded is not, and pressure
// says 3 to both.
bool target_failed(const std::filesystem::path& directory) {
  try {
    return read_load(directory).ending == load::Ending::kTargetFailed;
  } catch (const Error&) {
    return false;  // it got no further than an error
  }
}

}  // namespace

ToolVerdict verdict_of(std::string_view tool, const End& end,
                       const std::filesystem::path& directory, const std::filesystem::path& log) {
  if (end.kind != EndKind::kExited) {
    return {.state = State::kNotDone, .again = true, .why = end.why};
  }
  const Meaning& meaning = meaning_of(tool, end.code);
  ToolVerdict verdict{.state = meaning.state, .again = meaning.again};
  if (meaning.state == State::kPassed) return verdict;
  std::string_view words = meaning.words;
  if (tool == "pressure" && end.code == 3 && target_failed(directory)) {
    verdict = {.state = State::kFailed};
    words = "the target failed under it";
  }
  std::string said = last_words(tool, directory, log);
  if (said.empty()) said = why_of_run(tool, directory);
  verdict.why = fmt::format("exit code {}{}{}{}{}", end.code, words.empty() ? "" : ", ", words,
                            said.empty() ? "" : ": ", said);
  return verdict;
}

State tool_state(const PhasePlan& phase, std::span<const RunResult> runs) {
  State worst = State::kNotApplicable;
  for (const RunResult& run : runs) {
    const auto plan = std::ranges::find(phase.runs, run.name, &RunPlan::name);
    const bool counts = plan == phase.runs.end() || plan->verdict || counts_always(run);
    if (!run.superseded && counts) worst = worse(worst, run.state);
  }
  return worst;
}

}  // namespace tidemark::signoff
