#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/id_table.h"
#include "parsers/perf_data_mappings.h"
#include "parsers/perf_data_objects.h"
#include "parsers/perf_data_records.h"

namespace tidemark {

// What a thread was called and what its process had mapped, at each moment of a
// recording.
//
//   collect(record, time)..., settle(build_ids), at(...)...
//
// The buffers of different processors come one after the other in a file, so
// that a sample may come before the mapping it lies in: all that is collected is
// put in the order of time first. What perf itself tells of the time before the
// recording has time 0.
//
// A *space* is a number for what is mapped in a process. It changes when an
// address gets another meaning (a fork that maps more, an exec, a library in
// place of another), not with each mapping: so equal call chains in one space are
// equal stacks.
class PerfProcesses {
 public:
  static constexpr std::uint32_t kUnnamed = 0xFFFFFFFF;
  static constexpr std::uint64_t kForever = 0xFFFFFFFFFFFFFFFF;

  // Takes a record about mappings, commands, forks; `id_size` bytes at its end
  // are not its own. False when it is about something else.
  bool collect(const PerfRecord& record, std::uint64_t time, std::size_t id_size);

  void settle(const std::map<std::string, std::string>& build_ids);

  // What holds from `from` up to `to`, less the end.
  struct Moment {
    std::uint64_t from = 0;
    std::uint64_t to = kForever;
    std::uint32_t command = kUnnamed;
    std::uint32_t space = 0;
  };
  Moment at(std::uint32_t pid, std::uint32_t tid, std::uint64_t time) const;

  const std::string& command(std::uint32_t id) const { return commands_[id]; }

  const PerfMappings& mappings() const { return mappings_; }
  PerfMappings::Set mapped_in(std::uint32_t space) const { return spaces_[space]; }
  PerfMappings::Set mapped_in_kernel() const { return kernel_; }
  const PerfObjects& objects() const { return objects_; }

  // The kernel's own mapping, with the address of _text as its offset; end is 0
  // when the file does not tell.
  const PerfMapping& kernel() const { return kernel_text_; }

 private:
  struct Change {
    enum class Kind : std::uint8_t { kMap, kCommand, kExec, kFork };
    std::uint64_t time = 0;
    Kind kind = Kind::kMap;
    std::uint32_t pid = 0;
    std::uint32_t tid = 0;
    std::uint32_t parent_pid = 0;
    std::uint32_t parent_tid = 0;
    std::uint32_t command = 0;
    PerfMapping mapping;
  };
  struct Point {
    std::uint64_t from = 0;
    std::uint32_t value = 0;
  };
  using History = std::vector<Point>;
  struct Process {
    History spaces;
    bool shares = false;  // its space with another process, after a fork
  };

  void collect_mmap(const PerfRecord& record, std::uint64_t time, std::size_t id_size);
  void collect_kernel_function(const PerfRecord& record, std::size_t id_size);
  void add_to_kernel(const PerfMapping& mapping);
  void apply(const Change& change);
  void map(const Change& change);
  void fork(const Change& change);
  bool changes_meaning(PerfMappings::Set set, const PerfMapping& mapping) const;
  std::uint32_t intern_command(std::string_view command);
  std::uint32_t new_space(PerfMappings::Set set);

  std::vector<Change> changes_;
  std::vector<std::string> commands_;
  IdTable command_ids_;
  PerfObjects objects_;
  PerfMappings mappings_;
  std::vector<PerfMappings::Set> spaces_{PerfMappings::kNone};
  std::unordered_map<std::uint32_t, Process> processes_;  // by pid
  std::unordered_map<std::uint32_t, History> threads_;    // by tid: commands
  PerfMappings::Set kernel_ = PerfMappings::kNone;
  PerfMapping kernel_text_;
};

}  // namespace tidemark
