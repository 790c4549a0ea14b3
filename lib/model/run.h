#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// How a program that we started ended.
enum class EndKind : std::uint8_t {
  kRunning,     // it has not ended, or the writer died before it could say so
  kExited,      // by itself, with `code`
  kSignalled,   // by signal `code` that was not ours
  kStopped,     // because we asked it to; `code` is its exit code, or minus the signal
  kKilled,      // did not stop when asked, so we killed it
  kNotStarted,  // the program could not be executed
  kNeverReady,  // started, but did not become ready in time
};

std::string_view name_of(EndKind kind);
EndKind end_kind(std::string_view name);  // throws Error

struct End {
  EndKind kind = EndKind::kRunning;
  int code = 0;
  std::string why;  // one line for people: "the memory guard stopped it at 85 %"

  friend bool operator==(const End&, const End&) = default;
};

// One file of a run directory, path relative to it.
struct RunFile {
  std::string path;
  std::string format;    // a name from the table of formats, or "json", "sqlite", "html", "text"
  std::int64_t pid = 0;  // the process it is about; 0: the run, or not known

  friend bool operator==(const RunFile&, const RunFile&) = default;
};

// What run.json holds; docs/formats/run.md describes the file.
struct Run {
  std::string tool;  // "memprof"
  std::string tool_version;
  std::vector<std::string> command;  // how the tool itself was called
  std::vector<std::string> target;   // the target's command, without the profiler
  std::string target_build_id;
  std::string backend;  // "memcheck"
  std::string backend_version;
  std::map<std::string, std::string> environment;  // the variables that matter
  std::string host;
  std::string kernel;
  std::string state = "running";  // "running" or "ended"
  std::int64_t writer_pid = 0;    // who writes, while it is running
  std::int64_t writer_ticks = 0;  // when it started: clock ticks since boot; 0: not known
  std::string boot_id;            // which boot writer_pid belongs to
  std::int64_t started_ms = 0;    // since the epoch
  std::int64_t ended_ms = 0;      // 0: not yet
  std::int64_t stop_ms = 0;       // when the target was asked to stop; 0: it was not
  End end;                        // the target's
  std::vector<std::string> load;  // the load's command; empty: none
  End load_end;
  std::string cut_short;           // why it was stopped before its time; empty: it was not
  std::vector<std::string> notes;  // what was chosen, worked around or went wrong
  std::vector<RunFile> files;

  friend bool operator==(const Run&, const Run&) = default;
};

}  // namespace tidemark
