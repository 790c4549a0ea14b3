#include "parsers/address_stacks.h"

#include <array>

namespace tidemark {
namespace {

constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> hex_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 10; ++i) digits[static_cast<std::size_t>('0') + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) {
    digits[static_cast<std::size_t>('a') + i] = static_cast<std::uint8_t>(10 + i);
    digits[static_cast<std::size_t>('A') + i] = static_cast<std::uint8_t>(10 + i);
  }
  return digits;
}

constexpr std::array<std::uint8_t, 256> kHexDigits = hex_digits();

// The number at `at`, with or without "0x" before it; moves `at` behind it.
std::optional<std::uint64_t> take_hex(const char*& at, const char* end) {
  constexpr std::ptrdiff_t kMostDigits = 16;
  if (end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) at += 2;
  const char* const first = at;
  std::uint64_t address = 0;
  for (; at != end; ++at) {
    const std::uint8_t digit = kHexDigits[static_cast<unsigned char>(*at)];
    if (digit == kNoDigit) break;
    address = address << 4 | digit;
  }
  if (at == first || at - first > kMostDigits) return std::nullopt;
  return address;
}

}  // namespace

StackId AddressStacks::find(std::span<const std::uint64_t> addresses) {
  if (addresses.empty()) return profile_.push(kRoot, profile_.intern({}));
  const std::size_t depth = addresses.size();
  std::size_t shared = 0;
  while (shared < depth && shared < last_.size() &&
         last_[shared].address == addresses[depth - 1 - shared]) {
    ++shared;
  }
  last_.resize(shared);
  StackId stack = shared == 0 ? kRoot : last_.back().stack;
  for (std::size_t i = shared; i < depth; ++i) {
    const std::uint64_t address = addresses[depth - 1 - i];
    stack = push(stack, address);
    last_.push_back({.address = address, .stack = stack});
  }
  return stack;
}

StackId AddressStacks::push(StackId caller, std::uint64_t address) {
  constexpr std::size_t kKnown = std::size_t{1} << 15;
  if (known_.empty()) known_.resize(kKnown);
  const std::uint64_t hash =
      (address ^ static_cast<std::uint64_t>(caller) << 32) * 0x9E3779B97F4A7C15U;
  Known& known = known_[(hash >> 40) % kKnown];
  if (known.address != address || known.caller != caller || known.stack == kRoot) {
    known = {.address = address, .caller = caller, .stack = profile_.push(caller, frame(address))};
  }
  return known.stack;
}

void AddressStacks::locate(const ProcMaps& maps) {
  for (const Slot& slot : slots_) {
    if (slot.frame != kFree) profile_.describe(FrameId{slot.frame}, maps.frame_at(slot.address));
  }
  profile_.mappings = maps.mappings();
}

FrameId AddressStacks::frame(std::uint64_t address) {
  if ((profile_.frames() + 1) * 2 > slots_.size()) grow();
  std::size_t at = place(address);
  while (slots_[at].frame != kFree) {
    if (slots_[at].address == address) return FrameId{slots_[at].frame};
    at = (at + 1) & (slots_.size() - 1);
  }
  const FrameId frame = profile_.intern({.address = address});
  slots_[at] = {.address = address, .frame = static_cast<std::uint32_t>(frame)};
  return frame;
}

std::size_t AddressStacks::place(std::uint64_t address) const {
  return static_cast<std::size_t>((address * 0x9E3779B97F4A7C15U) >> 20) & (slots_.size() - 1);
}

void AddressStacks::grow() {
  std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.frame == kFree) continue;
    std::size_t at = place(slot.address);
    while (slots_[at].frame != kFree) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
  }
}

bool read_calls(std::string_view text, std::vector<std::uint64_t>& calls) {
  calls.clear();
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    while (at != end && *at == ' ') ++at;
    if (at == end) return true;
    const auto address = take_hex(at, end);
    if (!address || (at != end && *at != ' ')) return false;
    calls.push_back(call_before(*address));
  }
}

}  // namespace tidemark
