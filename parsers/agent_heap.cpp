// The file in which tidemark's heap agent keeps its sampled profile while a program runs
// (docs/formats/agent.md, version 1; agent/heap_file.h). A header, then six tables:
//
//   modules       (path, build id, where it was mapped)
//   nodes         (module and address, number of the caller's node, ...)
//   sites         (number of the innermost node, sums of all that was allocated there)
//   live keys     (addresses of the sampled blocks that live)
//   live blocks   (size, birth, site) at the same places
//   thread names
//
// What is in use is computed from the live blocks, so that it has its variance; what was
// allocated, freed and at the peak is in the sites.

#include "parsers/agent_heap.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/all_formats.h"
#include "parsers/heap_file_estimates.h"
#include "parsers/heap_file_stacks.h"
#include "parsers/heap_file_view.h"
#include "parsers/heap_file_warnings.h"

namespace tidemark {
namespace {

namespace hf = heap_file;

constexpr std::size_t kAgeNumbers = 4;

std::vector<ValueType> age_types() {
  std::vector<ValueType> types;
  for (std::size_t age = 0; age < hf::kAges; ++age) {
    types.push_back({.name = fmt::format("freed_samples_{}", age), .unit = "count"});
    types.push_back({.name = fmt::format("freed_bytes_{}", age), .unit = "bytes"});
    types.push_back({.name = fmt::format("living_samples_{}", age), .unit = "count"});
    types.push_back({.name = fmt::format("living_bytes_{}", age), .unit = "bytes"});
  }
  return types;
}

using AgeRow = std::array<std::int64_t, kAgeNumbers * hf::kAges>;

AgeRow age_row(const hf::Site& site, const LiveSums& live) {
  AgeRow row{};
  for (std::size_t age = 0; age < hf::kAges; ++age) {
    std::int64_t* const numbers = &row[age * kAgeNumbers];
    numbers[0] = static_cast<std::int64_t>(site.freed_at_age[age]);
    numbers[1] = std::llround(site.freed_bytes_at_age[age]);
    numbers[2] = live.samples[age];
    numbers[3] = std::llround(live.bytes_at_age[age]);
  }
  return row;
}

// A profile of `types` with the frames and stacks of `other`, under the same ids.
Profile with_stacks_of(const Profile& other, std::vector<ValueType> types) {
  Profile profile(std::move(types));
  for (std::uint32_t i = 0; i < other.frames(); ++i) profile.intern(other.frame(FrameId{i}));
  profile.reserve(other.stacks());
  for (std::uint32_t i = 1; i < other.stacks(); ++i) {
    profile.append(other.caller(StackId{i}), other.leaf(StackId{i}));
  }
  profile.title = other.title;
  profile.pid = other.pid;
  profile.at = other.at;
  profile.at_unit = other.at_unit;
  profile.mappings = other.mappings;
  return profile;
}

class Reader {
 public:
  Reader(const Input& input, std::uint64_t now_ns)
      : file_(input),
        now_ns_(std::max(now_ns, file_.header().last_ns)),
        profile_(heap_file_values()),
        stacks_(file_, profile_),
        living_(file_.sites()),
        stack_of_(file_.sites(), kRoot) {}

  HeapReading read() {
    for (std::size_t i = 0; i < file_.blocks(); ++i) {
      if (const std::optional<hf::Live> live = file_.block(i)) add_block(*live, i);
    }
    for (std::size_t i = 0; i < file_.sites(); ++i) {
      const hf::Site site = file_.site(i);
      if (site.node != 0) add_site(as_of(site, file_.header().generation), i);
    }
    describe();
    warn();
    Profile ages = with_stacks_of(profile_, age_types());
    for (const auto& [stack, row] : ages_) ages.add(stack, row);
    recording_.profiles.push_back(std::move(profile_));
    return {.recording = std::move(recording_),
            .ages = std::move(ages),
            .living = living_blocks(),
            .header = file_.header()};
  }

 private:
  void add_block(const hf::Live& live, std::size_t slot) {
    const std::uint64_t age = now_ns_ > live.born_ns ? now_ns_ - live.born_ns : 0;
    if (live.site < living_.size() && living_[live.site].add(live, age)) {
      blocks_.push_back(live);
      return;
    }
    leave_out(file_.at_block(slot, "a live block whose size, rate or site cannot be"));
  }

  void add_site(const hf::Site& site, std::size_t number) {
    const LiveSums& live = living_[number];
    const HeapEstimates sums =
        usable(site) ? estimates_of(site, live, file_.header().peak_epoch) : HeapEstimates{};
    if (!usable(site) || !totals_.take(sums)) {
      leave_out(file_.at_site(number, "an allocation site whose sums cannot be"));
      return;
    }
    const StackId stack = stacks_.stack(site.node);
    stack_of_[number] = stack;
    std::array<std::int64_t, kValues> values{};
    std::ranges::transform(sums.values, values.begin(), [](double v) { return std::llround(v); });
    profile_.add(stack, values);
    profile_.add_variance(stack, sums.variances);
    ages_.emplace_back(stack, age_row(site, live));
  }

  std::vector<HeapBlock> living_blocks() const {
    std::vector<HeapBlock> all;
    for (const hf::Live& live : blocks_) {
      const StackId stack = stack_of_[live.site];
      if (stack == kRoot) continue;
      all.push_back({.stack = stack, .born_ns = live.born_ns, .size = live.size, .tid = live.tid});
    }
    return all;
  }

  void leave_out(std::string what) {
    if (left_out_++ == 0) first_left_out_ = std::move(what);
  }

  void describe() {
    const hf::Header& header = file_.header();
    const bool forked = header.origin == static_cast<std::uint32_t>(hf::Origin::kForked);
    profile_.title = forked ? "sampled heap since the fork" : "sampled heap";
    profile_.default_value = kInUseSpace;
    profile_.pid = header.pid;
    const std::uint64_t lived =
        header.last_ns > header.opened_ns ? header.last_ns - header.opened_ns : 0;
    profile_.duration_ns = static_cast<std::int64_t>(lived & INT64_MAX);
    profile_.at = profile_.duration_ns / 1'000'000;
    profile_.at_unit = "ms";
    recording_.producer = "tidemark heap agent";
    recording_.producer_version = fmt::format("{}", header.version);
    recording_.processes.push_back({.pid = header.pid,
                                    .parent = header.parent_pid,
                                    .command = text_in(header.command),
                                    .finished = file_.damage().empty()});
  }

  void warn() {
    warn_of(file_, recording_);
    for (std::string& warning : stacks_.warnings()) recording_.lacks(std::move(warning));
    if (left_out_ == 0) return;
    recording_.lacks(fmt::format("{}; {} like it are left out", first_left_out_, left_out_));
  }

  HeapFileView file_;
  std::uint64_t now_ns_;
  Profile profile_;
  HeapFileStacks stacks_;
  std::vector<LiveSums> living_;   // by site
  std::vector<StackId> stack_of_;  // by site; kRoot: none of its own
  std::vector<hf::Live> blocks_;
  std::vector<std::pair<StackId, AgeRow>> ages_;
  HeapTotals totals_;
  Recording recording_;
  std::uint64_t left_out_ = 0;
  std::string first_left_out_;
};

bool recognizes(std::string_view head) {
  return head.starts_with(
      std::string_view(static_cast<const char*>(hf::kMagic), sizeof hf::kMagic));
}

}  // namespace

HeapReading read_heap(const Input& input, std::uint64_t now_ns) {
  return Reader(input, now_ns).read();
}

HeapSiteAges ages_of(const Profile& ages, StackId stack) {
  const auto row = ages.self(stack);
  HeapSiteAges site;
  if (row.size() != kAgeNumbers * hf::kAges) return site;
  for (std::size_t age = 0; age < hf::kAges; ++age) {
    site.freed[age] = row[age * kAgeNumbers];
    site.freed_bytes[age] = row[age * kAgeNumbers + 1];
    site.living[age] = row[age * kAgeNumbers + 2];
    site.living_bytes[age] = row[age * kAgeNumbers + 3];
  }
  return site;
}

constinit const Format kTidemarkHeapFormat = {
    .name = "tidemark-heap",
    .summary = "heap file of tidemark's own sampling agent (memprof run --with heap)",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return read_heap(input).recording; },
};

}  // namespace tidemark
