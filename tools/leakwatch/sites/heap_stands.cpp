#include "tools/leakwatch/sites/heap_stands.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "lib/base/error.h"
#include "lib/process/heap_agent.h"
#include "lib/process/proc.h"
#include "tools/leakwatch/sites/live_files.h"

namespace tidemark::leakwatch {
namespace {

constexpr std::uint64_t kFileBytes = 32 << 20;
constexpr int kMostAttempts = 3;  // a process may be at an unlucky place

double milliseconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

std::string stop_text(const Visit& visit) {
  return fmt::format("a thread of it was kept from its work for {:.1f} ms",
                     milliseconds(visit.stopped));
}

// Why the better rungs do not hold, and what would make them.
std::string better_rungs(const std::vector<RungState>& ladder, Rung rung) {
  std::string text;
  for (const RungState& state : ladder) {
    if (state.rung >= rung || state.available) continue;
    text += fmt::format("; not {}: {}", name_of(state.rung), state.why_not);
    if (!state.how_to.empty()) text += fmt::format(" ({})", state.how_to);
  }
  return text;
}

}  // namespace

HeapStands::HeapStands(const HeapOrder& order) : library_(heap_agent_library()), order_(order) {
  if (order_.file_bytes == 0) order_.file_bytes = kFileBytes;
}

void HeapStands::say(pid_t pid, const Joined& joined, const std::vector<RungState>& ladder) {
  const RungState& state = ladder.at(static_cast<std::size_t>(joined.rung));
  std::string text = fmt::format("sites of process {} from rung {} of 5, {}: sees {}; not {}", pid,
                                 static_cast<int>(joined.rung) + 1, name_of(joined.rung),
                                 state.sees, state.misses);
  if (joined.stand && joined.stand->visit()) {
    text += "; to put the agent in, " + stop_text(*joined.stand->visit());
  }
  news_.push_back(text + better_rungs(ladder, joined.rung));
}

void HeapStands::climb(pid_t pid, Joined& joined) {
  ++joined.attempts;
  try {
    std::vector<RungState> ladder = plan_ladder(pid, library_);
    const Rung best = best_of(ladder);
    const auto parent = joined_.find(joined.parent);
    const bool inherits = parent != joined_.end() && parent->second.rung == Rung::kInjection;
    if (best == Rung::kInjection && inherits) {  // the agent is in it, and makes a file soon
      joined.rung = Rung::kAgent;
      joined.is_known = true;
      return;
    }
    joined.rung = best;
    joined.stand = best == Rung::kProc
                       ? nullptr
                       : std::make_unique<Stand>(Stand::climb(pid, best, library_, order_));
    joined.is_known = true;
    say(pid, joined, ladder);
  } catch (const Error& error) {
    joined.rung = Rung::kProc;
    news_.push_back(fmt::format("sites of process {}: {}{}{}", pid, error.what(),
                                error.hint().empty() ? "" : "; ", error.hint()));
  }
}

void HeapStands::join(const std::vector<pid_t>& pids) {
  std::erase_if(joined_, [&](const auto& entry) {
    const std::optional<ProcessStatus> status = process_status(entry.first);
    return !status || status->start_ticks != entry.second.start_ticks;
  });
  for (const pid_t pid : pids) {
    const std::optional<ProcessStatus> status = process_status(pid);
    if (!status || status->state == 'Z') continue;
    Joined& joined = joined_[pid];
    joined.start_ticks = status->start_ticks;
    joined.parent = status->parent;
    if (!joined.is_known && joined.attempts < kMostAttempts) climb(pid, joined);
  }
}

void HeapStands::ask(pid_t pid) {
  const auto at = joined_.find(pid);
  if (at == joined_.end() || at->second.rung != Rung::kAllocator || is_asking(pid)) return;
  Stand* const stand = at->second.stand.get();
  at->second.asked = std::async(std::launch::async, [stand]() -> std::string {
    try {
      stand->ask();
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  });
}

bool HeapStands::is_asking(pid_t pid) const {
  const auto at = joined_.find(pid);
  return at != joined_.end() && at->second.asked.valid() &&
         at->second.asked.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
}

std::filesystem::path HeapStands::file(pid_t pid) const {
  const auto at = joined_.find(pid);
  if (at == joined_.end()) return {};
  if (at->second.rung == Rung::kAllocator) {
    const std::vector<std::filesystem::path> dumps = at->second.stand->files();
    return dumps.empty() ? std::filesystem::path() : dumps.back();
  }
  return at->second.rung == Rung::kProc ? std::filesystem::path() : live_file_of(pid);
}

void HeapStands::release() {
  for (auto& [pid, joined] : joined_) {
    if (joined.asked.valid()) joined.asked.wait();
    if (!joined.stand) continue;
    try {
      joined.stand->release();
      if (joined.rung != Rung::kInjection) continue;
      std::string text = fmt::format("the agent was taken out of process {}", pid);
      if (joined.stand->leave()) text += "; for that " + stop_text(*joined.stand->leave());
      news_.push_back(std::move(text));
    } catch (const Error& error) {
      news_.push_back(fmt::format("process {}: {}", pid, error.what()));
    }
    joined.stand.reset();
  }
  joined_.clear();
}

std::vector<std::string> HeapStands::news() { return std::exchange(news_, {}); }

bool HeapStands::any() const {
  return std::ranges::any_of(joined_,
                             [](const auto& entry) { return entry.second.rung != Rung::kProc; });
}

}  // namespace tidemark::leakwatch
