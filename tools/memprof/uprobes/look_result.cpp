#include "tools/memprof/uprobes/look_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "lib/symbolize/build_id.h"
#include "lib/symbolize/unwinder.h"

namespace tidemark::memprof {
namespace {

constexpr double kMostNumber = 9e18;
constexpr std::size_t kDeepestKept = 512;

// The DWARF numbers of the first three arguments.
constexpr std::size_t kRdi = 5;
constexpr std::size_t kRsi = 4;
constexpr std::size_t kRdx = 1;

double bytes_asked(SizeRule rule, const Registers& registers) {
  const auto value = [&](std::size_t number) {
    return static_cast<double>(registers.values.at(number));
  };
  switch (rule) {
    case SizeRule::kFirst:
      return value(kRdi);
    case SizeRule::kFirstTimesSecond:
      return value(kRdi) * value(kRsi);
    case SizeRule::kSecond:
      return value(kRsi);
    case SizeRule::kThird:
      break;
  }
  return value(kRdx);
}

struct Sums {
  double calls = 0;
  double bytes = 0;
  double calls_variance = 0;
  double bytes_variance = 0;
};

std::int64_t whole(double value) { return std::llround(std::min(value, kMostNumber)); }

class Result {
 public:
  Result(const Sight& sight, const Allocator& allocator, const AddressSpace& space,
         const std::filesystem::path& root)
      : sight_(sight), allocator_(allocator), space_(space), root_(root), unwinder_(places(root)) {}

  std::string text() {
    count_samples();
    for (const ProbeSample& sample : sight_.samples) add(sample);
    std::string out =
        fmt::format("tidemark-uprobes 1\npid {}\nwindow_us {}\ncalls {}\nsamples {}\nlost {}\n",
                    allocator_.pid, sight_.window.count(),
                    std::accumulate(sight_.calls.begin(), sight_.calls.end(), std::uint64_t{0}),
                    sight_.samples.size(), sight_.lost);
    for (const auto& [stack, sums] : stacks_) {
      out +=
          fmt::format("{} {} {} {} @", whole(sums.calls), whole(sums.bytes),
                      whole(std::sqrt(sums.calls_variance)), whole(std::sqrt(sums.bytes_variance)));
      for (const std::uint64_t address : stack) out += fmt::format(" 0x{:x}", address + 1);
      out += '\n';
    }
    return out + mappings_text();
  }

 private:
  static Unwinder::Places places(const std::filesystem::path& root) {
    Unwinder::Places places;
    places.root = root;
    return places;
  }

  std::optional<std::size_t> function_of(const ProbeSample& sample) const {
    const std::uint64_t at = sample.registers.values[Registers::kInstructionPointer];
    const auto found = std::ranges::find(allocator_.functions, at, &AllocatorFunction::probed);
    if (found == allocator_.functions.end()) return std::nullopt;
    return static_cast<std::size_t>(found - allocator_.functions.begin());
  }

  void count_samples() {
    sampled_.assign(allocator_.functions.size(), 0);
    for (const ProbeSample& sample : sight_.samples) {
      if (const auto function = function_of(sample)) ++sampled_[*function];
    }
  }

  std::optional<Mapping> mapping_at(std::uint64_t address) const {
    const MappedRange* const range = space_.at(address);
    if (range == nullptr || range->path.empty()) return std::nullopt;
    return Mapping{
        .path = range->path, .start = range->start, .end = range->end, .offset = range->offset};
  }

  bool is_allocators(std::uint64_t address) const {
    return std::ranges::any_of(allocator_.functions, [address](const AllocatorFunction& function) {
      return function.start <= address && address < function.end;
    });
  }

  void add(const ProbeSample& sample) {
    const std::optional<std::size_t> function = function_of(sample);
    if (!function) return;
    std::vector<std::uint64_t> addresses;
    unwinder_.unwind({.registers = sample.registers,
                      .stack = {.bytes = sample.stack,
                                .start = sample.registers.values[Registers::kStackPointer]},
                      .mapping_at = [this](std::uint64_t address) { return mapping_at(address); },
                      .mappings_id = 0},
                     addresses);
    if (addresses.size() > 1) {
      if (is_allocators(addresses[1])) return;
      addresses.erase(addresses.begin());  // the site is who called the allocator
    }
    if (addresses.size() > kDeepestKept) addresses.resize(kDeepestKept);
    const double bytes = bytes_asked(allocator_.functions[*function].size, sample.registers);
    const double weight = std::max(1.0, static_cast<double>(sight_.calls[*function]) /
                                            static_cast<double>(sampled_[*function]));
    Sums& sums = stacks_[std::move(addresses)];
    sums.calls += weight;
    sums.bytes += weight * bytes;
    sums.calls_variance += weight * (weight - 1);
    sums.bytes_variance += weight * (weight - 1) * bytes * bytes;
  }

  // What is code of the files that stacks lie in.
  std::string mappings_text() const {
    std::string text = "MAPPED_LIBRARIES:\n";
    for (const MappedRange& range : space_.mappings()) {
      if (!range.executable || range.inode == 0) continue;
      const std::string build_id =
          build_id_of(root_.empty() ? std::filesystem::path(range.path)
                                    : std::filesystem::path(root_.string() + range.path));
      text += fmt::format("{:x}-{:x}: {} (@{:x}) {}\n", range.start, range.end, range.path,
                          range.offset, build_id);
    }
    return text;
  }

  const Sight& sight_;
  const Allocator& allocator_;
  const AddressSpace& space_;
  const std::filesystem::path& root_;
  Unwinder unwinder_;
  std::vector<std::uint64_t> sampled_;
  std::map<std::vector<std::uint64_t>, Sums> stacks_;
};

}  // namespace

std::string sight_text(const Sight& sight, const Allocator& allocator, const AddressSpace& space,
                       const std::filesystem::path& root) {
  return Result(sight, allocator, space, root).text();
}

}  // namespace tidemark::memprof
