#include "tools/signoff/run/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "lib/base/lines.h"
#include "lib/base/quantities.h"

namespace tidemark::signoff {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kBar = 20;
constexpr int kTerminal = 2;

std::string rounded(Duration duration) {
  return duration_text(std::chrono::round<seconds>(duration));
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

std::string words_for(const RunResult& run) {
  std::string words = run.name;
  if (run.repetition > 1) words += fmt::format(".{}", run.repetition);
  if (run.attempt > 1) words += fmt::format(", attempt {}", run.attempt);
  return words;
}

}  // namespace

std::string standing_text(const Standing& now, cli::Look look, std::size_t columns) {
  const auto full = static_cast<std::size_t>(now.share * kBar);
  std::string text = fmt::format(
      "[{}{}] {:.0f} %, {} left", repeated(look.unicode ? "█" : "#", full),
      repeated(look.unicode ? "░" : "-", kBar - full), now.share * 100, rounded(now.left));
  for (const RunningNow& run : now.running) {
    text += fmt::format("  {}: {} {} of about {}", printable(run.phase), printable(run.run),
                        rounded(run.elapsed), rounded(run.expected));
  }
  return cli::fitted(text, columns);
}

// Nobody may be looking: what cannot be written is lost.
void Progress::say(const std::string& line) {
  line_.clear();
  (void)std::fputs((line + "\n").c_str(), stderr);
}

void Progress::started(const PhaseResult& phase, const RunResult& run) {
  if (cli::is_terminal(kTerminal)) return;
  say(fmt::format("[{}/{}] {}: {} started", ended_ + 1, phases_, phase.id(), words_for(run)));
}

void Progress::ended(const PhaseResult& phase, const RunResult& run) {
  const milliseconds took(run.started_ms == 0 ? 0 : run.ended_ms - run.started_ms);
  std::string line = fmt::format("[{}/{}] {}: {} {}", ended_ + 1, phases_, phase.id(),
                                 words_for(run), name_of(run.state));
  if (run.started_ms != 0) line += fmt::format(" in {}", duration_text(took));
  if (!run.why.empty()) line += fmt::format(": {}", printable(run.why));
  if (run.superseded) line += "; once more";
  say(line);
}

// A phase without a run that ended says why.
void Progress::phase_ended(const PhaseResult& phase) {
  ++ended_;
  if (phase.started_ms != 0) return;
  say(fmt::format("[{}/{}] {}: {}: {}", ended_, phases_, phase.id(), name_of(phase.state),
                  printable(phase.why)));
}

void Progress::standing(const Standing& now) {
  if (!cli::is_terminal(kTerminal)) return;
  line_.show(standing_text(now, cli::look_of(kTerminal), cli::width(kTerminal)));
}

}  // namespace tidemark::signoff
