#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lib/model/profile.h"
#include "parsers/proc_maps.h"

namespace tidemark {

// Builds the stacks of a profile whose file gives them as bare addresses and
// says only at its end what was mapped there.
//
//   AddressStacks stacks(profile);
//   profile.add(stacks.find(addresses), ...)...;
//   stacks.locate(maps);
//
// It is the only one to intern frames in `profile` until locate(). Stacks are
// found fastest when they share their outer frames with the one before.
class AddressStacks {
 public:
  explicit AddressStacks(Profile& profile) : profile_(profile) {}

  // The stack of `addresses`, innermost first. No address at all gives a stack
  // of one frame about which nothing is known.
  StackId find(std::span<const std::uint64_t> addresses);

  // The frame for `address`, for those who build the stacks themselves.
  FrameId frame(std::uint64_t address);

  // Tells the frames what was mapped at their addresses.
  void locate(const ProcMaps& maps);

 private:
  struct Slot {
    std::uint64_t address = 0;
    std::uint32_t frame = kFree;
  };
  struct Seen {
    std::uint64_t address = 0;
    StackId stack = kRoot;
  };
  // That `caller` calling `address` gives `stack`; `stack` is kRoot when unused.
  struct Known {
    std::uint64_t address = 0;
    StackId caller = kRoot;
    StackId stack = kRoot;
  };
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;

  StackId push(StackId caller, std::uint64_t address);
  std::size_t place(std::uint64_t address) const;
  void grow();

  Profile& profile_;
  std::vector<Slot> slots_;
  std::vector<Seen> last_;    // of the stack found last, outermost first
  std::vector<Known> known_;  // the latest calls, by hash: they fit the processor's cache
};

// The address of a call that returns to `address`: it lies before it, perhaps in
// another line or even another function. google-pprof leaves the innermost
// address of a heap profile as it is; pprof (in Go), like us, does not, since an
// allocator knows nothing but return addresses.
inline std::uint64_t call_before(std::uint64_t address) { return address == 0 ? 0 : address - 1; }

// Replaces `calls` by the calls before the addresses in `text`, "0x7f12 0x7f34",
// in their order. False when `text` holds anything else.
bool read_calls(std::string_view text, std::vector<std::uint64_t>& calls);

}  // namespace tidemark
