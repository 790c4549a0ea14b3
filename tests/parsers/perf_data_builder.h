#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// Writes perf.data files by hand, for what no recording shows at will.

inline std::string numbers(std::initializer_list<std::uint64_t> values) {
  std::string bytes;
  for (const std::uint64_t value : values) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return bytes;
}

inline std::string halves(std::initializer_list<std::uint32_t> values) {
  std::string bytes;
  for (const std::uint32_t value : values) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return bytes;
}

// A text with NULs up to a multiple of 8 bytes.
inline std::string padded(std::string_view text) {
  std::string bytes(text);
  bytes.append(8 - text.size() % 8, '\0');
  return bytes;
}

inline std::string perf_record(std::uint32_t type, std::uint32_t misc, const std::string& body) {
  const auto size = static_cast<std::uint32_t>(8 + body.size());
  return halves({type, misc | size << 16}) + body;
}

// The ids at the end of records: thread and time, as PerfText's sample_type says.
inline std::string perf_id(std::uint32_t pid, std::uint32_t tid, std::uint64_t time) {
  return halves({pid, tid}) + numbers({time});
}

inline std::string perf_comm(std::uint64_t time, std::uint32_t tid, std::string_view name,
                             std::uint32_t misc = 0) {
  return perf_record(3, misc, halves({tid, tid}) + padded(name) + perf_id(tid, tid, time));
}

inline std::string perf_exec(std::uint64_t time, std::uint32_t pid, std::string_view name) {
  return perf_comm(time, pid, name, 1U << 13);
}

struct PerfMapText {
  std::uint64_t start = 0;
  std::uint64_t length = 0x1000;
  std::uint64_t offset = 0;
  std::string_view path;
};

inline std::string perf_mmap(std::uint64_t time, std::uint32_t pid, const PerfMapText& map) {
  return perf_record(1, 2,
                     halves({pid, pid}) + numbers({map.start, map.length, map.offset}) +
                         padded(map.path) + perf_id(pid, pid, time));
}

inline std::string perf_fork(std::uint64_t time, std::uint32_t pid, std::uint32_t parent) {
  return perf_record(
      7, 0, halves({pid, parent, pid, parent}) + numbers({time}) + perf_id(parent, parent, time));
}

// A sample of PerfText's default event: address, thread, time, period, chain.
inline std::string perf_sample(std::uint64_t time, std::uint32_t tid,
                               std::initializer_list<std::uint64_t> chain,
                               std::uint64_t period = 1) {
  return perf_record(
      9, 2,
      numbers({0}) + halves({tid, tid}) + numbers({time, period, chain.size()}) + numbers(chain));
}

// A file with the one event that `attribute` describes (perf_event_attr).
struct PerfText {
  static constexpr std::uint64_t kIpTidTimeChainPeriod = 1U | 2U | 4U | 32U | 256U;

  std::uint32_t type = 1;  // software
  std::uint64_t config = 0;
  std::uint64_t sample_type = kIpTidTimeChainPeriod;
  std::uint64_t read_format = 0;
  std::uint64_t regs_user = 0;

  std::string attribute() const {
    constexpr std::uint64_t kSampleIdAll = 1U << 18;
    return halves({type, 136}) + numbers({config, 1, sample_type, read_format, kSampleIdAll, 0, 0,
                                          0, 0, regs_user, 0, 0, 0, 0, 0, 0});
  }

  // `data_size` is what the header says; perf fills it in last.
  std::string file(const std::string& records, bool finished = true) const {
    constexpr std::uint64_t kHeader = 104;
    const std::string attributes = attribute() + numbers({0, 0});
    const std::uint64_t data = kHeader + attributes.size();
    return "PERFILE2" +
           numbers({kHeader, attributes.size(), kHeader, attributes.size(), data,
                    finished ? records.size() : 0, 0, 0, 0, 0, 0, 0}) +
           attributes + records;
  }
};

}  // namespace tidemark
