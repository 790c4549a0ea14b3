#include "tools/flamegraph/unwinding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <string_view>

#include "lib/model/profile.h"
#include "lib/report/amounts.h"
#include "lib/symbolize/mapped_file.h"

namespace tidemark::flamegraph {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNotOurs = 255;

// The DWARF number of each of perf's registers of x86-64
// (arch/x86/include/uapi/asm/perf_regs.h): ax, bx, cx, dx, si, di, bp, sp, ip, flags
// and segments, r8 to r15.
constexpr std::array<std::size_t, 24> kDwarfNumbers = {
    0,        3,        2,        1,        4, 5, 6,  7,  16, kNotOurs, kNotOurs, kNotOurs,
    kNotOurs, kNotOurs, kNotOurs, kNotOurs, 8, 9, 10, 11, 12, 13,       14,       15};

Registers registers_of(const UserStack& user) {
  Registers registers;
  for (unsigned i = 0; i < kDwarfNumbers.size(); ++i) {
    if (kDwarfNumbers[i] == kNotOurs || (user.register_mask >> i & 1U) == 0) continue;
    registers.set(kDwarfNumbers[i], user.register_value(i));
  }
  return registers;
}

std::optional<Mapping> mapping_at(const UserStack& user, std::uint64_t address) {
  const auto above = std::ranges::upper_bound(user.mappings, address, {}, &UserMapping::start);
  if (above == user.mappings.begin()) return std::nullopt;
  const UserMapping& mapping = *std::prev(above);
  if (address >= mapping.end) return std::nullopt;
  return Mapping{.path = std::string(mapping.path),
                 .build_id = std::string(mapping.build_id),
                 .start = mapping.start,
                 .end = mapping.end,
                 .offset = mapping.offset};
}

// An Unwind of one thread of the parser.
class OneThread {
 public:
  explicit OneThread(std::shared_ptr<Unwinder> unwinder) : unwinder_(std::move(unwinder)) {}

  void operator()(const UserStack& user, std::vector<std::uint64_t>& addresses) {
    const Registers registers = registers_of(user);
    const bool known =
        user.is_64_bit && (user.architecture.empty() || user.architecture == "x86_64");
    if (!known) {
      constexpr unsigned kInstructionPointer = 8;
      addresses.push_back(user.register_value(kInstructionPointer));
      return;
    }
    unwinder_->unwind(
        {.registers = registers,
         .stack = {.bytes = user.stack, .start = registers.values[Registers::kStackPointer]},
         .mapping_at = [&user](std::uint64_t address) { return mapping_at(user, address); },
         .mappings_id = user.mappings_id},
        addresses);
  }

 private:
  std::shared_ptr<Unwinder> unwinder_;
};

}  // namespace

std::function<Unwind()> Unwinding::maker() {
  return [this]() -> Unwind {
    auto unwinder = std::make_shared<Unwinder>(
        Unwinder::Places{.debug_directories = {fs::path(below(root_, "/usr/lib/debug"))},
                         .build_cache = default_build_cache(),
                         .root = root_});
    const std::lock_guard lock(mutex_);
    unwinders_.push_back(unwinder);
    return OneThread(std::move(unwinder));
  };
}

std::vector<std::string> Unwinding::warnings() const {
  std::set<std::string> texts;
  Unwinder::Counts all;
  for (const auto& unwinder : unwinders_) {
    texts.insert(unwinder->warnings().begin(), unwinder->warnings().end());
    const Unwinder::Counts& counts = unwinder->counts();
    all.whole += counts.whole;
    all.cut += counts.cut;
    all.unknown += counts.unknown;
    all.nonsense += counts.nonsense;
  }
  std::vector<std::string> warnings(texts.begin(), texts.end());
  const std::int64_t stacks = all.whole + all.cut + all.unknown + all.nonsense;
  if (all.cut > 0) {
    warnings.push_back(
        fmt::format("{} of {} end where perf's copy of the stack ends; perf record --call-graph "
                    "dwarf,65528 copies the most",
                    grouped(all.cut), plural(stacks, "stack")));
  }
  if (all.unknown + all.nonsense > 0) {
    warnings.push_back(fmt::format("{} of {} end in code without call frame information",
                                   grouped(all.unknown + all.nonsense), plural(stacks, "stack")));
  }
  return warnings;
}

}  // namespace tidemark::flamegraph
