#include "tools/leakwatch/sites/heap_stands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>

#include "lib/base/error.h"
#include "lib/inject/address_space.h"
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

std::uint64_t ticks_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return static_cast<std::uint64_t>(now.tv_sec) * per_second +
         static_cast<std::uint64_t>(now.tv_nsec) * per_second / 1'000'000'000;
}

// Takes an agent out of a process that came with it from its parent.
std::optional<Visit> stop_agent(pid_t pid, const std::string& library) {
  const AddressSpace space = AddressSpace::of(pid);
  const MappedRange* const loaded = space.module(library);
  if (loaded == nullptr) return std::nullopt;  // it is another program by now
  const std::size_t end = loaded->path.rfind('/') + 1 + file_name(*loaded).size();
  return send_errand(pid, {.library = loaded->path.substr(0, end),
                           .function = "tidemark_heap_stop",
                           .argument = {},
                           .loading = Errand::Loading::kOnlyIfThere});
}

}  // namespace

HeapStands::HeapStands(const HeapOrder& order) : library_(heap_agent_library()), order_(order) {
  if (order_.file_bytes == 0) order_.file_bytes = kFileBytes;
}

void HeapStands::say(pid_t pid, const Joined& joined, const std::vector<RungState>& ladder) {
  const RungState& state = ladder.at(static_cast<std::size_t>(joined.rung));
  std::string text = fmt::format("sites of process {} from rung {} of 5, {}: sees {}; misses {}",
                                 pid, static_cast<int>(joined.rung) + 1, name_of(joined.rung),
                                 state.sees, state.misses);
  if (joined.stand && joined.stand->visit()) {
    text += "; to put the agent in, " + stop_text(*joined.stand->visit());
  }
  news_.push_back(text + better_rungs(ladder, joined.rung));
}

// Whether it was forked from a process when our agent was in that.
bool HeapStands::inherits(const Joined& joined) const {
  const auto parent = joined_.find(joined.parent);
  if (parent == joined_.end()) return false;
  const bool ours = parent->second.inherited || parent->second.rung == Rung::kInjection;
  return ours && joined.start_ticks >= parent->second.joined_ticks;
}

void HeapStands::climb(pid_t pid, Joined& joined) {
  ++joined.attempts;
  try {
    const std::vector<RungState> ladder = plan_ladder(pid, library_);
    joined.inherited = inherits(joined);
    joined.rung = joined.inherited ? Rung::kAgent : best_of(ladder);
    if (joined.inherited) {
      joined.joined_ticks = joined.start_ticks;
    } else if (joined.rung != Rung::kProc) {
      joined.stand = std::make_unique<Stand>(Stand::climb(pid, joined.rung, library_, order_));
      joined.joined_ticks = ticks_since_boot();
    }
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

void HeapStands::take_out(pid_t pid, Joined& joined) {
  std::optional<Visit> visit;
  if (joined.inherited) {
    const std::optional<ProcessStatus> status = process_status(pid);
    if (!status || status->start_ticks != joined.start_ticks) return;
    visit = stop_agent(pid, library_.filename().string());
  } else {
    joined.stand->release();
    visit = joined.stand->leave();
  }
  if (!visit) return;
  news_.push_back(
      fmt::format("the agent was taken out of process {}; for that {}", pid, stop_text(*visit)));
}

void HeapStands::release() {
  for (auto& [pid, joined] : joined_) {
    if (joined.asked.valid()) joined.asked.wait();
    if (!joined.stand && !joined.inherited) continue;
    try {
      take_out(pid, joined);
    } catch (const Error& error) {
      news_.push_back(fmt::format("process {}: {}", pid, error.what()));
    }
  }
  joined_.clear();
}

std::vector<std::string> HeapStands::news() { return std::exchange(news_, {}); }

bool HeapStands::any() const {
  return std::ranges::any_of(joined_,
                             [](const auto& entry) { return entry.second.rung != Rung::kProc; });
}

}  // namespace tidemark::leakwatch
