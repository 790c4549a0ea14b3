#include "parsers/perf_data_records.h"

namespace tidemark {

// The sizes of these two do not fit a record's header.
bool PerfRecords::take_extra() {
  PerfFields fields(record_.body);
  constexpr std::uint64_t kAligned = 8;
  const std::uint64_t size = record_.type == PerfType::kTracingData
                                 ? (fields.u32() + kAligned - 1) / kAligned * kAligned
                                 : fields.u64();
  if (!fields.ok() || size > bytes_.size() - next_) return false;
  record_.extra = bytes_.substr(next_, size);
  next_ += size;
  return true;
}

}  // namespace tidemark
