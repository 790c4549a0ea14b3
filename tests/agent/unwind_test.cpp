// The agent's stacks against those of libunwind, which is the authority here.

#include "agent/unwind.h"

#define UNW_LOCAL_ONLY
#include <gmock/gmock.h>
#include <libunwind.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "agent/modules.h"

namespace tidemark::agent {
namespace {

using Addresses = std::vector<std::uint64_t>;

struct Stacks {
  Addresses agent;
  Addresses libunwind;
};

std::uint64_t address_of_place(std::uint64_t place) {
  const std::uint64_t offset = place & ((1ULL << 48) - 1);
  const auto module = static_cast<std::uint32_t>(place >> 48);
  return module == heap_file::kNoModule ? offset : offset + loaded_module(module).bias;
}

// What both see of the caller and its callers: of the last byte of each call, and of the very
// instruction in a frame that a signal interrupted.
[[gnu::noinline]] Stacks stacks_here() {
  Stacks stacks;
  std::uint64_t places[256];
  Stack stack{.places = places, .limit = 256};
  StackBounds bounds;
  unwind(stack, bounds);
  for (std::uint32_t i = 0; i < stack.frames; ++i)
    stacks.agent.push_back(address_of_place(places[i]));

  unw_context_t context;
  unw_cursor_t cursor;
  unw_getcontext(&context);
  unw_init_local(&cursor, &context);
  while (unw_step(&cursor) > 0) {
    unw_word_t address = 0;
    unw_get_reg(&cursor, UNW_REG_IP, &address);
    if (address == 0) break;
    const bool interrupted = unw_is_signal_frame(&cursor) > 0;
    stacks.libunwind.push_back(address - (interrupted ? 0 : 1));
  }

  // Both begin in this function, at different instructions; the agent's also with its own.
  const auto callers = [](Addresses& addresses, std::uint64_t first) {
    const auto at = std::find(addresses.begin(), addresses.end(), first);
    addresses.erase(addresses.begin(), at);
  };
  const auto caller = reinterpret_cast<std::uint64_t>(__builtin_return_address(0)) - 1;
  callers(stacks.agent, caller);
  callers(stacks.libunwind, caller);
  return stacks;
}

void expect_equal(const Stacks& stacks, std::size_t at_least) {
  EXPECT_GE(stacks.libunwind.size(), at_least);
  EXPECT_EQ(stacks.agent, stacks.libunwind);
}

[[gnu::noinline]] Stacks at_depth(int depth) {
  if (depth == 0) return stacks_here();
  Stacks found = at_depth(depth - 1);
  asm volatile("" ::: "memory");  // no tail call
  return found;
}

Stacks* taken = nullptr;

int compare_and_take(const void* left, const void* right) {
  *taken = stacks_here();
  return *static_cast<const int*>(left) - *static_cast<const int*>(right);
}

void take_at_signal(int /*signal*/) { *taken = stacks_here(); }

TEST(Unwind, SeesDeepStacksAsLibunwindDoes) { expect_equal(at_depth(100), 102); }

TEST(Unwind, SeesThroughTheCLibrarysCallbacks) {
  Stacks stacks;
  taken = &stacks;
  int numbers[] = {2, 1};
  std::qsort(static_cast<void*>(numbers), 2, sizeof numbers[0], compare_and_take);
  expect_equal(stacks, 4);
}

TEST(Unwind, SeesThroughTheFrameOfASignal) {
  Stacks stacks;
  taken = &stacks;
  struct sigaction action {};
  action.sa_handler = take_at_signal;
  struct sigaction before {};
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  raise(SIGUSR1);
  sigaction(SIGUSR1, &before, nullptr);
  expect_equal(stacks, 5);
}

TEST(Unwind, SeesTheStartOfAThread) {
  Stacks stacks;
  std::thread([&stacks] { stacks = at_depth(3); }).join();
  expect_equal(stacks, 6);
}

TEST(Unwind, SeesCallsThroughFunctionObjects) {
  const std::function<Stacks(int)> call = [](int depth) { return at_depth(depth); };
  std::vector<Stacks> found(1);
  std::generate(found.begin(), found.end(), [&call] { return call(5); });
  expect_equal(found[0], 9);
}

// Debian's libraries are stripped and keep no frame pointers.
TEST(Unwind, SeesThroughStrippedLibraries) {
  Stacks stacks;
  taken = &stacks;
  const std::string key = "b";
  const std::string words[] = {"a", "b", "c"};
  const auto compare = [](const void* left, const void* right) {
    *taken = stacks_here();
    return static_cast<const std::string*>(left)->compare(*static_cast<const std::string*>(right));
  };
  EXPECT_NE(std::bsearch(&key, static_cast<const void*>(words), 3, sizeof words[0], compare),
            nullptr);
  expect_equal(stacks, 4);
}

}  // namespace
}  // namespace tidemark::agent
