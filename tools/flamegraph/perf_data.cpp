#include "tools/flamegraph/perf_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/symbolize/mapped_file.h"
#include "lib/symbolize/unwinder.h"

namespace tidemark::flamegraph {
namespace {

// Perf's numbers of rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8 to r15 and rip.
constexpr std::array<unsigned, Registers::kCount> kPerfNumbers = {0,  3,  2,  1,  4,  5,  6,  7, 16,
                                                                  17, 18, 19, 20, 21, 22, 23, 8};

Registers registers_of(const UserStack& stack) {
  Registers registers;
  for (std::size_t i = 0; i < Registers::kCount; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << kPerfNumbers[i];
    if ((stack.register_mask & bit) == 0) continue;
    const auto at = static_cast<std::size_t>(std::popcount(stack.register_mask & (bit - 1)));
    if (at < stack.registers.size()) registers.set(i, stack.registers[at]);
  }
  return registers;
}

// What one thread of parse_perf_data unwinds with.
class ThreadUnwinder {
 public:
  explicit ThreadUnwinder(Unwinder::Places places) : unwinder_(std::move(places)) {}

  void unwind(const UserStack& stack, std::vector<std::uint64_t>& addresses) {
    const Registers registers = registers_of(stack);
    const bool known = stack.architecture.empty() || stack.architecture == "x86_64";
    if (!known || !stack.is_64_bit) {
      ++foreign_;
      addresses.push_back(stack.register_value(kPerfNumbers[Registers::kInstructionPointer]));
      return;
    }
    unwinder_.unwind(
        {.registers = registers,
         .stack = {.bytes = stack.stack, .start = registers.values[Registers::kStackPointer]},
         .mappings = mappings_of(stack),
         .mappings_id = stack.mappings_id},
        addresses);
  }

  const Unwinder& unwinder() const { return unwinder_; }
  std::int64_t foreign() const { return foreign_; }

 private:
  // Samples of a few processes take turns; more sets are those of the past.
  static constexpr std::size_t kMostKept = 1024;

  const std::vector<Mapping>& mappings_of(const UserStack& stack) {
    if (mappings_.size() > kMostKept) mappings_.clear();
    const auto [entry, fresh] = mappings_.try_emplace(stack.mappings_id);
    if (fresh) {
      for (const UserMapping& mapping : stack.mappings) {
        entry->second.push_back({.path = std::string(mapping.path),
                                 .build_id = std::string(mapping.build_id),
                                 .start = mapping.start,
                                 .end = mapping.end,
                                 .offset = mapping.offset});
      }
    }
    return entry->second;
  }

  Unwinder unwinder_;
  std::unordered_map<std::uint64_t, std::vector<Mapping>> mappings_;
  std::int64_t foreign_ = 0;
};

// The unwinders of all threads; they are made while others already work.
class Unwinders {
 public:
  explicit Unwinders(Unwinder::Places places) : places_(std::move(places)) {}

  Unwind make() {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::make_unique<ThreadUnwinder>(places_));
    return
        [one = all_.back().get()](const UserStack& stack, std::vector<std::uint64_t>& addresses) {
          one->unwind(stack, addresses);
        };
  }

  // What is to be said once all threads have ended.
  void report(std::vector<std::string>& warnings) const {
    Unwinder::Counts sum;
    std::int64_t foreign = 0;
    std::vector<std::string> files;
    for (const auto& one : all_) {
      const Unwinder::Counts& counts = one->unwinder().counts();
      sum.whole += counts.whole;
      sum.cut += counts.cut;
      sum.unknown += counts.unknown;
      sum.nonsense += counts.nonsense;
      foreign += one->foreign();
      const std::vector<std::string>& more = one->unwinder().warnings();
      files.insert(files.end(), more.begin(), more.end());
    }
    std::ranges::sort(files);
    files.erase(std::unique(files.begin(), files.end()), files.end());
    warnings.insert(warnings.end(), files.begin(), files.end());
    add_partial(sum, warnings);
    if (foreign == 0) return;
    warnings.push_back(fmt::format(
        "{} stack copies are not of 64-bit x86 code: only their innermost frames are shown",
        foreign));
  }

 private:
  static void add_partial(const Unwinder::Counts& counts, std::vector<std::string>& warnings) {
    const std::int64_t partial = counts.cut + counts.unknown + counts.nonsense;
    if (partial == 0) return;
    std::string why;
    const auto add = [&](std::int64_t count, const char* reason) {
      if (count != 0) why += fmt::format("{}{} {}", why.empty() ? "" : ", ", count, reason);
    };
    add(counts.cut, "at the end of the copy (--call-graph dwarf,65528 keeps the most)");
    add(counts.unknown, "in code without call frame information");
    add(counts.nonsense, "at a frame that makes no sense");
    warnings.push_back(fmt::format("{} of {} stack copies lack their outermost calls: {}", partial,
                                   partial + counts.whole, why));
  }

  Unwinder::Places places_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ThreadUnwinder>> all_;
};

}  // namespace

Recording read_perf_data(const Input& input, PerfDataOptions options,
                         const PerfSymbolOptions& symbols) {
  Unwinders unwinders(
      {.debug_directories = symbols.debug_directories,
       .build_cache = symbols.build_cache.empty() ? default_build_cache() : symbols.build_cache});
  options.unwinder = [&] { return unwinders.make(); };
  Recording recording = parse_perf_data(input, options);
  unwinders.report(recording.warnings);
  symbolize_perf(recording, symbols);
  return recording;
}

}  // namespace tidemark::flamegraph
