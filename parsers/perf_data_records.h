#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidemark {

// Reads the fields of one record from front to back. One past the end gives 0 or
// nothing, and ok() is false from then on.
class PerfFields {
 public:
  explicit PerfFields(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }

  std::string_view take(std::uint64_t length) {
    if (length > bytes_.size()) {
      ok_ = false;
      bytes_ = {};
      return {};
    }
    const std::string_view piece = bytes_.substr(0, length);
    bytes_.remove_prefix(length);
    return piece;
  }

  // What follows, up to a NUL; the rest is left where it is.
  std::string_view text() const { return bytes_.substr(0, bytes_.find('\0')); }

  std::string_view rest() const { return bytes_; }
  bool ok() const { return ok_; }

 private:
  template <typename Number>
  Number number() {
    Number value = 0;
    const std::string_view raw = take(sizeof value);
    if (raw.size() == sizeof value) std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

// The types of records that we look at; perf has more of them.
enum class PerfType : std::uint32_t {
  kMmap = 1,
  kLost = 2,
  kComm = 3,
  kFork = 7,
  kSample = 9,
  kMmap2 = 10,
  kLostSamples = 13,
  kSwitch = 14,
  kSwitchCpuWide = 15,
  kKsymbol = 17,
  kLastOfKernel = 21,
  kFirstOfPerf = 64,
  kAttribute = 64,
  kTracingData = 66,
  kBuildId = 67,
  kAuxTrace = 71,
  kEventUpdate = 78,
  kFeature = 80,
  kCompressed = 81,
  kCompressed2 = 83,
  kLastOfPerf = 84,
};

// What the header of a record says besides its type (perf_event.h). The meaning
// of the upper bits depends on the type.
constexpr std::uint16_t kPerfCpuMode = 7;
constexpr std::uint16_t kPerfBuildIdSize = 1U << 15;
constexpr std::uint16_t kPerfMmapBuildId = 1U << 14;
constexpr std::uint16_t kPerfCommExec = 1U << 13;
constexpr std::uint16_t kPerfForkExec = 1U << 13;
constexpr std::uint16_t kPerfSwitchOut = 1U << 13;

struct PerfRecord {
  PerfType type{};
  std::uint16_t misc = 0;
  std::string_view body;   // what follows the header
  std::string_view extra;  // data that follows the record itself: tracing data
};

// Walks the records of a piece of a perf.data file.
//
//   while (records.next()) { use records.record(); }
//   if (!records.whole()) the piece ends inside a record, at offset()
class PerfRecords {
 public:
  explicit PerfRecords(std::string_view bytes) : bytes_(bytes) {}

  bool next() {
    offset_ = next_;
    constexpr std::size_t kHeader = 8;
    const std::size_t left = bytes_.size() - offset_;
    if (left < kHeader) return false;
    const char* const at = bytes_.data() + offset_;
    std::uint32_t type = 0;
    std::uint16_t size = 0;
    std::memcpy(&type, at, sizeof type);
    std::memcpy(&record_.misc, at + 4, sizeof record_.misc);
    std::memcpy(&size, at + 6, sizeof size);
    if (size < kHeader || size > left) return false;
    record_.type = static_cast<PerfType>(type);
    record_.body = {at + kHeader, size - kHeader};
    record_.extra = {};
    next_ = offset_ + size;
    return (record_.type != PerfType::kTracingData && record_.type != PerfType::kAuxTrace) ||
           take_extra();
  }

  const PerfRecord& record() const { return record_; }

  // Where record() starts, or where what is no whole record starts.
  std::size_t offset() const { return offset_; }
  // Where the next record starts.
  std::size_t end() const { return next_; }

  bool whole() const { return offset_ == bytes_.size(); }

 private:
  bool take_extra();

  std::string_view bytes_;
  PerfRecord record_;
  std::size_t offset_ = 0;
  std::size_t next_ = 0;
};

}  // namespace tidemark
