#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/inject/injector.h"

namespace tidemark {

// The ways to learn the allocation sites of a process that runs already, the best first.
enum class Rung : std::uint8_t {
  kAgent,      // our agent is inside: its heap file
  kAllocator,  // the allocator profiles by itself, and can be asked for dumps
  kInjection,  // put our agent in
  kUprobes,    // probes of the kernel, for a moment: only when asked for
  kProc,       // /proc: growth without sites
};

// "agent", "allocator", "injection", "uprobes", "proc".
std::string_view name_of(Rung rung);
std::optional<Rung> rung_named(std::string_view name);

// One rung, as it is for one process.
struct RungState {
  Rung rung = Rung::kProc;
  bool available = false;
  std::string why_not;    // when it is not
  std::string how_to;     // what would make it so: a command, where there is one
  std::string_view sees;  // for people, both
  std::string_view misses;
};

// Every rung, in the order of the enumeration; kProc is available whenever the process is
// there. `library` is the agent, as heap_agent_library() finds it. Throws Error when there is
// no such process. Nothing is done to it.
std::vector<RungState> plan_ladder(pid_t pid, const std::filesystem::path& library);

// The first rung that is available, kUprobes excepted.
Rung best_of(const std::vector<RungState>& ladder);

// The ladder for people, one rung below the other, the one where we stand marked: what it sees,
// or why it does not hold and what would make it.
std::string ladder_text(const std::vector<RungState>& ladder, Rung stand);

// What the agent is to do once it is inside; 0 or nothing: its default.
struct HeapOrder {
  std::uint64_t file_bytes = 0;
  std::uint64_t mean_bytes = 0;
  std::optional<std::uint32_t> max_overhead_ppm;  // of the process's CPU time; 0: no limit
};

// Where we stand with a process.
//
//   Stand stand = Stand::climb(pid, rung, library, order);  stand.files()...  stand.release();
//
// The destructor releases what was not.
class Stand {
 public:
  // Throws Error when the rung is not available or does not hold.
  static Stand climb(pid_t pid, Rung rung, const std::filesystem::path& library,
                     const HeapOrder& order);
  Stand(Stand&&) noexcept;
  Stand& operator=(Stand&&) noexcept;
  ~Stand();

  Rung rung() const;

  // What the stop cost that put the agent in; nothing for other rungs.
  const std::optional<Visit>& visit() const;

  // The same of the stop that release() cost.
  const std::optional<Visit>& leave() const;

  // kAgent and kInjection: the heap files of the process as they are now, and of what it
  // forked since; they can be read at any moment. kAllocator: the dumps since we stand here,
  // oldest first. They may be in another mount namespace: open them at once, or copy them.
  std::vector<std::filesystem::path> files() const;

  // kAllocator: asks for a dump, and waits for it; for other rungs nothing. Throws Error when
  // none comes.
  void ask();

  // kInjection: the agent stops, every slot that it changed is as before; the second stop of
  // one thread. Its files stay until this object goes. The library stays loaded. Throws Error
  // when no thread could be sent to do it; the agent then ends at its next sample.
  void release();

 private:
  struct State;
  explicit Stand(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Ends what an agent does in `pid` that was left inside, by whoever: one that was injected is
// taken out of the program's way, one that was preloaded stops sampling. Throws Error when there
// is none, or it cannot be reached.
void dismiss_agent(pid_t pid, const std::filesystem::path& library);

}  // namespace tidemark
