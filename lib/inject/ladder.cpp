#include "lib/inject/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/error.h"
#include "lib/inject/own_profile.h"
#include "lib/inject/preflight.h"
#include "lib/inject/uprobe_access.h"
#include "lib/process/heap_agent.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

struct Words {
  std::string_view name;
  std::string_view sees;
  std::string_view misses;
};

constexpr std::array<Words, 5> kWords = {{
    {.name = "agent",
     .sees = "allocation sites with whole stacks: live, allocated, peak, ages; sampled, with "
             "standard errors",
     .misses = "nothing since the agent is there"},
    {.name = "allocator",
     .sees = "what lives and what was allocated, by site, as the allocator's own profile has it",
     .misses = "ages, peaks and standard errors; stacks are as deep as the allocator's unwinder"},
    {.name = "injection",
     .sees =
         "allocation sites with whole stacks from now on: live, allocated, peak, ages; sampled, "
         "with standard errors",
     .misses = "what was allocated before; calls through function pointers that the program copied "
               "before"},
    {.name = "uprobes",
     .sees = "what is allocated, by site with whole stacks, for a moment; sampled, with standard "
             "errors; only when asked for by name: --rung uprobes",
     .misses =
         "frees, so what is in use; each call costs 0.5 to 1.2 us more while it looks (a busy "
         "service is 4 to 13 times slower), which is why it looks no longer than "
         "--max-overhead allows"},
    {.name = "proc", .sees = "growth of resident memory, by kind", .misses = "allocation sites"},
}};

const Words& words_of(Rung rung) { return kWords[static_cast<std::size_t>(rung)]; }

RungState agent_state(pid_t pid) {
  RungState state{.rung = Rung::kAgent};
  const std::vector<fs::path> files = heap_files_of(pid);
  state.available = std::ranges::any_of(files, [](const fs::path& file) {
    try {
      return is_at_work(heap_header(file));
    } catch (const Error&) {
      return false;  // of another version, or another program's file of that name
    }
  });
  if (!state.available) {
    state.why_not = files.empty() ? "the agent is not inside, or has no heap file"
                                  : "the agent inside was stopped, or is of another version";
    state.how_to = "restart it under: memprof run --with heap";
  }
  return state;
}

RungState allocator_state(pid_t pid) {
  const OwnProfileState own = own_profile_of(pid);
  return {.rung = Rung::kAllocator,
          .available = own.profile.has_value(),
          .why_not = own.obstacle.what,
          .how_to = own.obstacle.remedy};
}

RungState injection_state(const TargetFacts& facts, const fs::path& library) {
  RungState state{.rung = Rung::kInjection};
  std::error_code failed;
  if (library.empty() || !fs::exists(library, failed)) {
    state.why_not = "the agent's library is not installed beside this tool";
    state.how_to = "install libtidemark_heap.so in lib/tidemark";
    return state;
  }
  const std::optional<Obstacle> obstacle = injection_obstacle(facts);
  state.available = !obstacle;
  if (obstacle) {
    state.why_not = obstacle->what;
    state.how_to = obstacle->remedy;
  }
  return state;
}

RungState uprobe_state(pid_t pid) {
  const std::optional<Obstacle> obstacle = uprobe_obstacle(pid);
  RungState state{.rung = Rung::kUprobes, .available = !obstacle};
  if (obstacle) {
    state.why_not = obstacle->what;
    state.how_to = obstacle->remedy;
  }
  return state;
}

}  // namespace

std::string_view name_of(Rung rung) { return words_of(rung).name; }

std::optional<Rung> rung_named(std::string_view name) {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i].name == name) return static_cast<Rung>(i);
  }
  return std::nullopt;
}

std::vector<RungState> plan_ladder(pid_t pid, const fs::path& library) {
  const TargetFacts facts = facts_of(pid);
  std::vector<RungState> ladder = {agent_state(pid),
                                   allocator_state(pid),
                                   injection_state(facts, library),
                                   uprobe_state(pid),
                                   {.rung = Rung::kProc, .available = true}};
  for (RungState& state : ladder) {
    state.sees = words_of(state.rung).sees;
    state.misses = words_of(state.rung).misses;
  }
  return ladder;
}

Rung best_of(const std::vector<RungState>& ladder) {
  // Probes cost too much to be had without being asked for.
  const auto found = std::ranges::find_if(ladder, [](const RungState& state) {
    return state.available && state.rung != Rung::kUprobes;
  });
  return found == ladder.end() ? Rung::kProc : found->rung;
}

std::string ladder_text(const std::vector<RungState>& ladder, Rung stand) {
  std::string text;
  const auto line = [&](std::string_view what, std::string_view value) {
    if (!value.empty()) text += fmt::format("               {:<8}{}\n", what, value);
  };
  for (const RungState& state : ladder) {
    text += fmt::format("{} {:<12} {}\n", state.rung == stand ? "->" : "  ", name_of(state.rung),
                        state.available ? "holds" : "does not hold: " + state.why_not);
    if (state.available) {
      line("sees:", state.sees);
      line("misses:", state.misses);
    } else {
      line("remedy:", state.how_to);
    }
  }
  return text;
}

}  // namespace tidemark
