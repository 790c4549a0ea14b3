// A sample's fields, in the order in which the kernel writes them (include/uapi/
// linux/perf_event.h, PERF_RECORD_SAMPLE); each is there when its bit is set in
// sample_type:
//
//   identifier ip pid,tid time address id stream_id cpu period read callchain raw
//   branch_stack regs_user stack_user weight data_src transaction regs_intr ...
//
// What follows the user's stack has no use here, so it is not read.
#include "parsers/perf_data_samples.h"

#include <bit>

namespace tidemark {
namespace {

// Of PerfEvent::read_format.
constexpr std::uint64_t kReadEnabled = 1U << 0;
constexpr std::uint64_t kReadRunning = 1U << 1;
constexpr std::uint64_t kReadId = 1U << 2;
constexpr std::uint64_t kReadGroup = 1U << 3;
constexpr std::uint64_t kReadLost = 1U << 4;

// Of PerfEvent::branch_sample_type.
constexpr std::uint64_t kBranchIndex = 1U << 17;
constexpr std::uint64_t kBranchCounters = 1U << 19;

constexpr std::size_t kField = 8;

}  // namespace

PerfLayout::PerfLayout(const PerfEvent& event)
    : sample_type_(event.sample_type),
      read_format_(event.read_format),
      branch_sample_type_(event.branch_sample_type),
      regs_user_(event.regs_user) {
  if ((event.flags & PerfEvent::kFrequency) == 0 && event.period != 0) period_ = event.period;
  if (!event.has(kPerfIdentifier)) {
    for (const std::uint64_t bit : {kPerfIp, kPerfTid, kPerfTime, kPerfAddress}) {
      if (event.has(bit)) id_offset_ += kField;
    }
  }
  if ((event.flags & PerfEvent::kSampleIdAll) == 0) return;
  for (const std::uint64_t bit : {kPerfId, kPerfStreamId, kPerfCpu, kPerfIdentifier}) {
    if (event.has(bit)) id_size_ += kField;
  }
  if (event.has(kPerfTime)) time_from_end_ = id_size_ += kField;
  if (event.has(kPerfTid)) id_size_ += kField;
}

std::uint64_t PerfLayout::id_of(const PerfRecord& record) const {
  if (!has_id()) return 0;
  PerfFields fields(record.body);
  fields.take(id_offset_);
  return fields.u64();
}

std::uint64_t PerfLayout::time_of(const PerfRecord& record) const {
  if (time_from_end_ == 0 || record.body.size() < time_from_end_) return 0;
  return PerfFields(record.body.substr(record.body.size() - time_from_end_)).u64();
}

bool PerfLayout::read(const PerfRecord& record, PerfSample& sample) const {
  PerfFields fields(record.body);
  const auto has = [this](std::uint64_t bit) { return (sample_type_ & bit) != 0; };
  read_numbers(fields, sample);
  if (has(kPerfRead) && !read_counts(fields)) return false;
  if (has(kPerfCallchain)) {
    const std::uint64_t count = fields.u64();
    if (count > fields.rest().size() / kField) return false;
    sample.chain = fields.take(count * kField);
  }
  if (has(kPerfRaw)) sample.raw = fields.take(fields.u32());
  return read_stack(fields, sample) && fields.ok();
}

// The fields of 8 bytes each that come first.
void PerfLayout::read_numbers(PerfFields& fields, PerfSample& sample) const {
  const auto has = [this](std::uint64_t bit) { return (sample_type_ & bit) != 0; };
  sample.period = period_;
  sample.has_stack = false;
  if (has(kPerfIdentifier)) sample.id = fields.u64();
  if (has(kPerfIp)) sample.ip = fields.u64();
  if (has(kPerfTid)) {
    sample.pid = fields.u32();
    sample.tid = fields.u32();
  }
  if (has(kPerfTime)) sample.time = fields.u64();
  if (has(kPerfAddress)) fields.u64();
  if (has(kPerfId)) sample.id = fields.u64();
  if (has(kPerfStreamId)) fields.u64();
  if (has(kPerfCpu)) fields.u64();
  if (has(kPerfPeriod)) sample.period = fields.u64();
}

// The counters' values, alone or of a group of events.
bool PerfLayout::read_counts(PerfFields& fields) const {
  const auto has = [this](std::uint64_t bit) { return (read_format_ & bit) != 0; };
  const std::uint64_t of_each = 1U + (has(kReadId) ? 1U : 0U) + (has(kReadLost) ? 1U : 0U);
  const std::uint64_t count = has(kReadGroup) ? fields.u64() : 1;
  if (count > fields.rest().size()) return false;
  const std::uint64_t times = (has(kReadEnabled) ? 1U : 0U) + (has(kReadRunning) ? 1U : 0U);
  fields.take((times + count * of_each) * kField);
  return fields.ok();
}

bool PerfLayout::read_stack(PerfFields& fields, PerfSample& sample) const {
  constexpr std::size_t kBranch = 24;
  const auto has = [this](std::uint64_t bit) { return (sample_type_ & bit) != 0; };
  if (has(kPerfBranchStack)) {
    const std::uint64_t count = fields.u64();
    if (count > fields.rest().size()) return false;
    if ((branch_sample_type_ & kBranchIndex) != 0) fields.u64();
    fields.take(count * kBranch);
    if ((branch_sample_type_ & kBranchCounters) != 0) fields.take(count * kField);
  }
  if (!has(kPerfRegsUser)) return true;
  const std::uint64_t abi = fields.u64();
  sample.is_64_bit = abi == 2;
  sample.registers = {};
  if (abi != 0) {
    sample.registers = fields.take(static_cast<std::size_t>(std::popcount(regs_user_)) * kField);
  }
  if (!has(kPerfStackUser)) return true;
  // The size that was asked for; how much of it was copied follows the copy.
  sample.stack = fields.take(fields.u64());
  if (!sample.stack.empty()) sample.stack = sample.stack.substr(0, fields.u64());
  sample.has_stack = abi != 0 && !sample.stack.empty();
  return true;
}

}  // namespace tidemark
