#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/perf_data_event.h"
#include "parsers/perf_data_records.h"

namespace tidemark {

// Marks in a call chain that say where the addresses after them are
// (perf_event.h). Numbers from kPerfContextMax upwards are no addresses.
constexpr std::uint64_t kPerfContextMax = -4095ULL;
constexpr std::uint64_t kPerfContextKernel = -128ULL;
constexpr std::uint64_t kPerfContextUser = -512ULL;
// Those two, the hypervisor, and a guest with its kernel and its user's part.
constexpr std::array<std::uint64_t, 6> kPerfContexts = {
    kPerfContextKernel, kPerfContextUser, -32ULL, -2048ULL, -2176ULL, -2560ULL};

// A sample, as far as a profile needs it. Views point into the record.
struct PerfSample {
  std::uint64_t ip = 0;
  std::uint32_t pid = 0;
  std::uint32_t tid = 0;
  std::uint64_t time = 0;
  std::uint64_t id = 0;
  std::uint64_t period = 0;
  std::string_view chain;  // 8 bytes an entry, innermost first
  std::string_view raw;    // a tracepoint's fields
  // From `perf record --call-graph dwarf`; is_64_bit is of the registers.
  bool has_stack = false;
  bool is_64_bit = true;
  std::string_view registers;
  std::string_view stack;
};

// Where the fields are in the samples of one event, and in the ids at the end of
// its other records.
class PerfLayout {
 public:
  explicit PerfLayout(const PerfEvent& event);

  // Reads a sample; false when it is cut or contradicts itself.
  bool read(const PerfRecord& record, PerfSample& sample) const;

  // The id of its event, as far as the layout is the same for all events.
  std::uint64_t id_of(const PerfRecord& record) const;
  bool has_id() const { return (sample_type_ & (kPerfIdentifier | kPerfId)) != 0; }

  // The time of another record, and how many bytes at its end are ids. 0 when
  // it does not say.
  std::uint64_t time_of(const PerfRecord& record) const;
  std::size_t id_size() const { return id_size_; }

  // Whether all records have a time.
  bool has_time() const { return time_from_end_ != 0; }

 private:
  void read_numbers(PerfFields& fields, PerfSample& sample) const;
  bool read_counts(PerfFields& fields) const;
  bool read_stack(PerfFields& fields, PerfSample& sample) const;

  std::uint64_t sample_type_ = 0;
  std::uint64_t read_format_ = 0;
  std::uint64_t branch_sample_type_ = 0;
  std::uint64_t regs_user_ = 0;
  std::uint64_t period_ = 1;
  std::size_t id_offset_ = 0;      // in a sample
  std::size_t id_size_ = 0;        // of the ids at the end of other records
  std::size_t time_from_end_ = 0;  // of those; 0: there is none
};

}  // namespace tidemark
