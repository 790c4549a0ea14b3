#include "agent/agent.h"

#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "agent/atomics.h"
#include "agent/clock.h"
#include "agent/early.h"
#include "agent/heap.h"
#include "agent/heap_file_writer.h"
#include "agent/modules.h"
#include "agent/real.h"
#include "agent/recognition.h"

namespace tidemark::agent {

void (*modules_changed)() = nullptr;

namespace {

using heap_file::Origin;
using heap_file::State;

// What this process, and the ones that it was forked from, want. Unlike `heap` it is inherited.
enum class Wanted : std::uint32_t { kNotAsked, kBeingAsked, kNothing, kFile };
std::uint32_t wanted = 0;
std::uint32_t starts = 0;  // by open_heap()
std::uint32_t seeds_given = 0;
Origin first_origin = Origin::kPreloaded;
constinit Config asked{};
const char* config_problem = nullptr;

bool is(const std::uint32_t& field, Wanted value) {
  return __atomic_load_n(&field, __ATOMIC_ACQUIRE) == static_cast<std::uint32_t>(value);
}

bool change(Wanted from, Wanted to) {
  return exchange_if(wanted, static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to));
}

void say_what_is_not_seen(const Allocator& allocator) {
  if (first_origin == Origin::kPreloaded && !allocator.seen)
    set_trouble("malloc is not this agent's: the program, or a library before it, has its own");
  if (config_problem != nullptr) set_trouble(config_problem);
}

bool make_file() {
  const bool forked = load(heap.pid) == 0;
  if (forked) store(heap.pid, static_cast<std::uint32_t>(getpid()));
  if (forked || load(starts) > 1) {
    // The blocks that are remembered are in another file: the parent's, or the one before.
    forget_addresses();
    recognise_early_blocks();
  }
  constexpr std::uint64_t kSmallest = 1ULL << 20;
  const NewFile file{
      .config = asked,
      .origin = forked ? Origin::kForked : first_origin,
      .file_bytes = forked ? std::max(asked.file_bytes / 4, kSmallest) : asked.file_bytes};
  if (!make_heap_file(file)) return false;
  module_path(address_of(reinterpret_cast<const void*>(real.malloc)), heap.header->allocator,
              sizeof heap.header->allocator);
  say_what_is_not_seen(allocator());
  return true;
}

// Reads the environment once: before the C library has set it up there is nothing to read.
void ask_environment() {
  if (environ == nullptr || !change(Wanted::kNotAsked, Wanted::kBeingAsked)) return;
  const char* text = getauxval(AT_SECURE) == 0 ? getenv("TIDEMARK_HEAP") : nullptr;
  if (text != nullptr) config_problem = parse_config(text, asked);
  const bool file = text != nullptr && asked.file[0] != '\0' && protect_heap_from_fork();
  resolve_real();
  if (file) store(heap.pid, static_cast<std::uint32_t>(getpid()));
  if (file) learn_modules(true);
  change(Wanted::kBeingAsked, file ? Wanted::kFile : Wanted::kNothing);
}

// The file is made at the first sample: most of the many programs that a shell starts never take
// one. When none ever comes, or the wish was not understood, the file is there to say so.
[[gnu::constructor]] void start_with_program() {
  ask_environment();
  if (is(wanted, Wanted::kFile) && (!allocator().seen || config_problem != nullptr)) ensure_open();
}

[[gnu::destructor]] void end_with_program() {
  if (heap.header == nullptr || heap.header->pid != static_cast<std::uint32_t>(getpid())) return;
  exchange_if(heap.header->state, static_cast<std::uint32_t>(State::kSampling),
              static_cast<std::uint32_t>(State::kEnded));
}

}  // namespace

const Config& config() { return asked; }

bool is_being_asked() { return is(wanted, Wanted::kNotAsked) || is(wanted, Wanted::kBeingAsked); }

bool is_file_wanted() {
  if (is(wanted, Wanted::kNotAsked)) ask_environment();
  return is(wanted, Wanted::kFile) &&
         load(heap.status) != static_cast<std::uint32_t>(Status::kFailed);
}

bool ensure_open() {
  const std::uint32_t status = __atomic_load_n(&heap.status, __ATOMIC_ACQUIRE);
  if (status == static_cast<std::uint32_t>(Status::kOpen)) return true;
  if (status != static_cast<std::uint32_t>(Status::kNone) || !is_file_wanted()) return false;
  if (!exchange_if(heap.status, status, static_cast<std::uint32_t>(Status::kBeingMade)))
    return false;
  const bool made = make_file();
  __atomic_store_n(&heap.status, static_cast<std::uint32_t>(made ? Status::kOpen : Status::kFailed),
                   __ATOMIC_RELEASE);
  return made;
}

std::uint64_t new_seed() {
  const std::uint64_t number = add(seeds_given, 1U) + 1;
  if (asked.seed != 0) return asked.seed * 0x2545f4914f6cdd1d + number * 0xd1342543de82ef95;
  std::uint64_t kernel = 0;  // sixteen random bytes, another start for each program
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel gives it as a number.
  const auto* bytes = reinterpret_cast<const void*>(getauxval(AT_RANDOM));
  if (bytes != nullptr) memcpy(&kernel, bytes, sizeof kernel);
  const std::uint64_t seed = kernel ^ (now_ns() * 0x9e3779b97f4a7c15) ^ (number << 32) ^
                             static_cast<std::uint64_t>(getpid());
  return seed == 0 ? 1 : seed;
}

const char* open_heap(const char* text, Origin origin) {
  if (getauxval(AT_SECURE) != 0) return "the program has other rights than its user";
  Config fresh;
  const char* problem = parse_config(text, fresh);
  if (problem != nullptr) return problem;
  if (load(heap.status) == static_cast<std::uint32_t>(Status::kOpen)) {
    if (load(heap.header->state) != static_cast<std::uint32_t>(State::kStopped))
      return "it is at work already, with a heap file";
    if (first_origin != Origin::kInjected) return "it was there from the start, and was stopped";
  }
  if (!protect_heap_from_fork()) return "the kernel has no MADV_WIPEONFORK";
  asked = fresh;
  first_origin = origin;
  resolve_real();
  learn_modules(false);
  add(starts, 1U);
  store(heap.pid, static_cast<std::uint32_t>(getpid()));
  store(heap.status, static_cast<std::uint32_t>(Status::kNone));
  __atomic_store_n(&wanted, static_cast<std::uint32_t>(Wanted::kFile), __ATOMIC_RELEASE);
  return ensure_open() ? nullptr : "the heap file cannot be made";
}

void stop_heap() {
  if (heap.header == nullptr) return;
  store(heap.header->state, static_cast<std::uint32_t>(State::kStopped));
  // Blocks that were sampled by a preloaded agent have to be found in it, until the end.
  if (first_origin == Origin::kInjected) unmap_heap_file();
}

}  // namespace tidemark::agent
