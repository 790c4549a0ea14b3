#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <thread>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/inject/address_space.h"
#include "lib/inject/ladder.h"
#include "lib/inject/landing.h"
#include "lib/inject/own_profile.h"
#include "lib/inject/preflight.h"
#include "lib/inject/remote_memory.h"
#include "lib/process/heap_agent.h"
#include "lib/process/proc.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kDefaultFileBytes = 64 << 20;
constexpr std::string_view kHeapName = "heap";
constexpr std::size_t kLongestReason = 1024;
constexpr std::chrono::seconds kForADump{60};
constexpr std::chrono::milliseconds kLookForDump{20};

std::uint64_t file_bytes(const HeapOrder& order) {
  return order.file_bytes != 0 ? order.file_bytes : kDefaultFileBytes;
}

// The agent's orders, as TIDEMARK_HEAP has them.
std::string orders(const fs::path& directory, const HeapOrder& order) {
  std::string text =
      fmt::format("file={},size={},made=yes", (directory / kHeapName).string(), file_bytes(order));
  if (order.mean_bytes != 0) text += fmt::format(",mean={}", order.mean_bytes);
  if (order.max_overhead_ppm) {
    text += fmt::format(",overhead={:.4f}%", *order.max_overhead_ppm / 10000.0);
  }
  return text;
}

// The path by which the process knows the library, if it has it already: loading that again
// gives the same one, also when its file is no more.
std::optional<std::string> path_inside(pid_t pid, const fs::path& library) {
  const AddressSpace space = AddressSpace::of(pid);
  const MappedRange* const loaded = space.module(library.filename().string());
  if (loaded == nullptr) return std::nullopt;
  const std::size_t end = loaded->path.rfind('/') + 1 + file_name(*loaded).size();
  return loaded->path.substr(0, end);
}

Visit stop_in(pid_t pid, const std::string& library) {
  return send_errand(pid, {.library = library,
                           .function = "tidemark_heap_stop",
                           .loading = Errand::Loading::kOnlyIfThere});
}

}  // namespace

struct Stand::State {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;
  Rung rung = Rung::kProc;
  std::optional<Visit> visit;
  std::optional<Visit> leave;
  std::optional<Landing> landing;
  std::string library;  // as the process knows it
  std::optional<OwnProfile> profile;
  std::vector<fs::path> older;  // dumps
  bool released = false;

  bool lives() const {
    const std::optional<ProcessStatus> status = process_status(pid);
    return status && status->start_ticks == start_ticks && status->state != 'Z';
  }

  void stop_children() const;
  void inject(const fs::path& agent, const HeapOrder& order);
  std::vector<fs::path> dumps() const;
};

void Stand::State::inject(const fs::path& agent, const HeapOrder& order) {
  const std::uint64_t bytes = file_bytes(order);
  const std::optional<std::string> known = path_inside(pid, agent);
  landing.emplace(Landing::create(pid, agent, bytes));
  landing->make_file(fmt::format("{}.{}{}", kHeapName, facts_of(pid).inner_pid, kHeapFileEnd),
                     bytes);
  library = known.value_or(landing->library().string());
  visit =
      send_errand(pid, {.library = library,
                        .function = "tidemark_heap_start",
                        .argument = orders(landing->inside(), order),
                        .loading = known ? Errand::Loading::kOnlyIfThere : Errand::Loading::kLoad});
  if (visit->result == 0) return;
  const auto reason =
      RemoteMemory::of(pid).text(static_cast<Address>(visit->result), kLongestReason);
  throw Error(fmt::format("the agent inside process {} does not start: {}", pid,
                          printable(reason.value_or("it does not say why"))));
}

std::vector<fs::path> Stand::State::dumps() const {
  std::vector<fs::path> all = dumps_of(pid, *profile);
  std::erase_if(
      all, [&](const fs::path& path) { return std::ranges::find(older, path) != older.end(); });
  return all;
}

Stand::Stand(std::unique_ptr<State> state) : state_(std::move(state)) {}
Stand::Stand(Stand&&) noexcept = default;
Stand& Stand::operator=(Stand&&) noexcept = default;

Stand::~Stand() {
  if (!state_) return;
  try {
    release();
  } catch (const Error&) {
    // The agent stays as it is: its file says so.
  }
}

Stand Stand::climb(pid_t pid, Rung rung, const fs::path& library, const HeapOrder& order) {
  const std::vector<RungState> ladder = plan_ladder(pid, library);
  const RungState& wanted = ladder.at(static_cast<std::size_t>(rung));
  if (!wanted.available) {
    throw Error(fmt::format("process {}: the rung {} does not hold: {}", pid, name_of(rung),
                            wanted.why_not),
                wanted.how_to);
  }
  auto state = std::make_unique<State>();
  state->pid = pid;
  state->start_ticks = process_status(pid).value_or(ProcessStatus{}).start_ticks;
  state->rung = rung;
  if (rung == Rung::kInjection) state->inject(library, order);
  if (rung == Rung::kAllocator) {
    state->profile = own_profile_of(pid).profile;
    if (!state->profile) throw Error(fmt::format("process {} has changed meanwhile", pid));
    state->older = dumps_of(pid, *state->profile);
  }
  return Stand(std::move(state));
}

Rung Stand::rung() const { return state_->rung; }

const std::optional<Visit>& Stand::visit() const { return state_->visit; }

const std::optional<Visit>& Stand::leave() const { return state_->leave; }

std::vector<fs::path> Stand::files() const {
  switch (state_->rung) {
    case Rung::kAgent:
      return heap_files_of(state_->pid);
    case Rung::kInjection:
      return state_->landing ? heap_files_in(state_->landing->outside(), kHeapName)
                             : std::vector<fs::path>{};
    case Rung::kAllocator:
      return state_->dumps();
    default:
      return {};
  }
}

void Stand::ask() {
  if (state_->rung != Rung::kAllocator) return;
  if (state_->profile->asked == OwnProfile::Asked::kByItself) return;
  const std::size_t before = state_->dumps().size();
  if (!state_->lives() || ::kill(state_->pid, state_->profile->signal) != 0) {
    throw Error(fmt::format("process {} cannot be asked for a dump", state_->pid));
  }
  const auto limit = std::chrono::steady_clock::now() + kForADump;
  while (state_->dumps().size() == before) {
    if (std::chrono::steady_clock::now() > limit) {
      throw Error(
          fmt::format("process {} wrote no dump within {} s", state_->pid, kForADump.count()));
    }
    std::this_thread::sleep_for(kLookForDump);
  }
}

// What was forked meanwhile has the agent too.
void Stand::State::stop_children() const {
  for (const ProcessStatus& child : descendants(pid)) {
    try {
      if (path_inside(child.pid, library)) stop_in(child.pid, library);
    } catch (const Error&) {
      // It ended, or is told through its file.
    }
  }
}

void Stand::release() {
  if (std::exchange(state_->released, true) || state_->rung != Rung::kInjection) return;
  if (!state_->visit || state_->visit->result != 0) return;
  state_->stop_children();
  std::optional<Error> problem;
  try {
    if (state_->lives()) state_->leave = stop_in(state_->pid, state_->library);
  } catch (const Error& error) {
    problem = error;
  }
  for (const fs::path& file : files()) {
    if (is_at_work(heap_header(file))) HeapControl(file).stop();
  }
  if (problem && state_->lives()) throw Error(*problem);
}

void dismiss_agent(pid_t pid, const fs::path& library) {
  const std::optional<std::string> known = path_inside(pid, library);
  if (!known) {
    throw Error(fmt::format("process {} has no agent inside", pid),
                "memprof attach --plan says what can be done with it");
  }
  bool preloaded = false;
  const std::vector<fs::path> files = heap_files_of(pid);
  for (const fs::path& file : files) {
    const heap_file::Header header = heap_header(file);
    if (header.origin != static_cast<std::uint32_t>(heap_file::Origin::kPreloaded)) continue;
    preloaded = true;
    HeapControl(file).stop();
  }
  if (preloaded) return;
  stop_in(pid, *known);
  for (const fs::path& file : files) {
    if (Landing::is_one(file.parent_path())) fs::remove_all(file.parent_path());
  }
}

}  // namespace tidemark
