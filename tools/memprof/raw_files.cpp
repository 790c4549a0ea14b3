#include "tools/memprof/raw_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "lib/analyze/profile_findings.h"
#include "lib/analyze/teardown.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/numbers.h"
#include "lib/process/heap_agent.h"
#include "parsers/formats.h"

// Which file in raw/ is what:
//
//   memcheck.4711.xml               the last word of process 4711
//   snapshot-00060000-4711.txt      what it said after 60 s
//   gperf-heap.0001.heap, .0002 ... the last of a sequence is the last word, the
//   gperf-heap_4712.0001.heap ...   others are snapshots
//   heap.4711.tmheap                the heap agent's file as process 4711 left it
//   heap-at-stop.4711.tmheap        the same before it was told to stop: then this is the last word
//   *.log, perf.data                for people; their contents are in other files

namespace tidemark::memprof {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSnapshot = "snapshot-";
constexpr std::string_view kHeapFormat = "tidemark-heap";
constexpr std::string_view kAtStop = "heap-at-stop.";

struct SnapshotKey {
  std::int64_t at = 0;
  std::int64_t pid = 0;
};

std::optional<SnapshotKey> snapshot_key(std::string_view name) {
  if (!name.starts_with(kSnapshot)) return std::nullopt;
  name.remove_prefix(kSnapshot.size());
  const std::size_t dash = name.find('-');
  const std::size_t dot = name.find('.');
  if (dash == std::string_view::npos || dot == std::string_view::npos || dot < dash) {
    return std::nullopt;
  }
  const auto at = to_number(name.substr(0, dash));
  const auto pid = to_number(name.substr(dash + 1, dot - dash - 1));
  if (!at || !pid) return std::nullopt;
  return SnapshotKey{.at = *at, .pid = *pid};
}

// "gperf-heap_4712" of "gperf-heap_4712.0001.heap"; empty for all else.
std::string_view sequence_of(std::string_view name) {
  if (!name.starts_with("gperf-heap") || !name.ends_with(".heap")) return "";
  return name.substr(0, name.find('.'));
}

bool for_people(std::string_view name) {
  return name.ends_with(".log") || name == "perf.data" || name.ends_with(".supp");
}

// When the file was written, after the start of the run.
std::int64_t written_at(const fs::path& path, const Run& run) {
  std::error_code failed;
  const auto time = std::chrono::file_clock::to_sys(fs::last_write_time(path, failed));
  if (failed) return 0;
  const auto epoch = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return std::max<std::int64_t>(epoch.count() - run.started_ms, 0);
}

// Everything in raw/ that is to be parsed, by name.
std::vector<fs::path> files_in(const fs::path& raw) {
  std::vector<fs::path> paths;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(raw, failed)) {
    if (entry.is_regular_file() && !entry.is_symlink()) paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

// Reads the files of one run, one by one.
class Reader {
 public:
  Reader(const fs::path& directory, const Run& run) : raw_(directory / "raw"), run_(run) {}

  RawResults read() {
    const std::vector<fs::path> paths = files_in(raw_);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const std::string_view sequence = sequence_of(paths[i].filename().native());
      const bool last = sequence.empty() || i + 1 == paths.size() ||
                        sequence_of(paths[i + 1].filename().native()) != sequence;
      read_one(paths[i], last);
    }
    give_snapshots();
    return std::move(results_);
  }

 private:
  // What one process had not freed, by its stack.
  using Unfreed = std::map<std::string, Finding>;

  // One process's part of a snapshot.
  struct Part {
    std::string process;
    Unfreed unfreed;
    bool changes_only = false;  // lists what changed since the part before
  };

  void read_one(const fs::path& path, bool last) {
    const std::string name = path.filename().string();
    RunFile file{.path = "raw/" + name, .format = "text"};
    if (!for_people(name)) {
      try {
        take(path, name, last, file);
      } catch (const Error& error) {
        results_.warnings.emplace_back(error.what());
        file.format = "unknown";
      }
    }
    results_.files.push_back(std::move(file));
  }

  void take(const fs::path& path, const std::string& name, bool last, RunFile& file) {
    if (is_superseded(path, name)) {
      file.format = kHeapFormat;
      return;
    }
    const File input = read_file(path);
    if (const Format* format = recognize(input.bytes())) file.format = format->name;
    Recording recording = parse(input);
    file.pid = recording.processes.size() == 1 ? recording.processes[0].pid : 0;
    if (const std::optional<SnapshotKey> key = snapshot_key(name)) {
      take_snapshot(key->at, fmt::format("{}", key->pid), recording);
    } else if (!last) {
      take_snapshot(written_at(path, run_), std::string(sequence_of(name)), recording);
    } else {
      if (name.starts_with(kAtStop)) take_last_snapshot(path, name, recording);
      leave_out_teardown(recording, teardown_of(run_));
      results_.recordings.push_back(std::move(recording));
    }
  }

  // All processes are copied before the stop, one after the other: that is one moment.
  void take_last_snapshot(const fs::path& path, std::string_view name, const Recording& recording) {
    name.remove_prefix(kAtStop.size());
    if (!stopped_at_) stopped_at_ = written_at(path, run_);
    take_snapshot(*stopped_at_, std::string(name.substr(0, name.find('.'))), recording);
  }

  // Whether it is a heap file of a program that became another one by exec, or one of which
  // there is a copy from before the stop. The copies come first by name.
  bool is_superseded(const fs::path& path, const std::string& name) {
    if (!name.ends_with(kHeapFileEnd) || name.starts_with(kSnapshot)) return false;
    const heap_file::Header header = heap_header(path);
    if (header.state == static_cast<std::uint32_t>(heap_file::State::kReplaced)) return true;
    const std::pair<std::uint32_t, std::uint64_t> program = {header.pid, header.opened_ns};
    if (name.starts_with(kAtStop)) {
      at_stop_.insert(program);
      return false;
    }
    return at_stop_.contains(program);
  }

  void take_snapshot(std::int64_t at, std::string process, const Recording& recording) {
    Part part{.process = std::move(process), .changes_only = recording.producer == "memcheck"};
    for (const Finding& finding : findings_of(recording)) {
      Finding& known = part.unfreed[text_of(finding)];
      const std::int64_t bytes = checked_add(known.bytes, finding.bytes);
      const std::int64_t blocks = checked_add(known.blocks, finding.blocks);
      known = finding;
      known.bytes = bytes;
      known.blocks = blocks;
    }
    parts_[at].push_back(std::move(part));
  }

  static std::string text_of(const Finding& finding) {
    std::string text = fmt::format("{}", static_cast<int>(finding.kind));
    if (finding.stacks.empty()) return text;
    for (const Frame& frame : finding.stacks.front().frames) {
      text += fmt::format("|{:x}", frame.address);
      if (frame.address == 0) text += name_of(frame);
    }
    return text;
  }

  // What stands after `part`: it replaces what was known of its process, or
  // adds to it.
  static Unfreed after(Part& part, const std::map<std::string, Unfreed>& before) {
    Unfreed unfreed;
    const auto known = before.find(part.process);
    if (part.changes_only && known != before.end()) unfreed = known->second;
    for (auto& [stack, finding] : part.unfreed) unfreed[stack] = std::move(finding);
    return unfreed;
  }

  // A process that is not part of a snapshot any more has ended, except in a
  // sequence of files, where each is of one process.
  void give_snapshots() {
    std::map<std::string, Unfreed> processes;
    for (auto& [at, parts] : parts_) {
      std::map<std::string, Unfreed> now;
      if (!sequence_of(parts.front().process + ".heap").empty()) now = processes;
      for (Part& part : parts) now[part.process] = after(part, processes);
      processes = std::move(now);
      Snapshot snapshot{.at = at, .at_unit = "ms"};
      for (const auto& [process, unfreed] : processes) {
        for (const auto& [stack, finding] : unfreed) snapshot.findings.push_back(finding);
      }
      results_.snapshots.push_back(std::move(snapshot));
    }
  }

  fs::path raw_;
  const Run& run_;
  RawResults results_;
  std::map<std::int64_t, std::vector<Part>> parts_;
  std::optional<std::int64_t> stopped_at_;
  std::set<std::pair<std::uint32_t, std::uint64_t>> at_stop_;  // pid and when it began
};

}  // namespace

std::string snapshot_name(std::int64_t at_ms, std::int64_t pid, std::string_view extension) {
  return fmt::format("{}{:010}-{}.{}", kSnapshot, at_ms, pid, extension);
}

std::string at_stop_name(std::int64_t pid) { return fmt::format("{}{}.tmheap", kAtStop, pid); }

RawResults read_raw(const fs::path& directory, const Run& run) {
  return Reader(directory, run).read();
}

}  // namespace tidemark::memprof
