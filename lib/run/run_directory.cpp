#include "lib/run/run_directory.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

// How far apart the clock that started_ms comes from and the clock of process
// start times may be.
constexpr std::int64_t kClockSlackMs = 10'000;
constexpr std::size_t kMostOfRunJson = std::size_t{16} << 20;

std::string boot_id() {
  std::error_code error;
  if (!fs::exists("/proc/sys/kernel/random/boot_id", error)) return "";
  std::string id(read_file("/proc/sys/kernel/random/boot_id").bytes());
  while (id.ends_with('\n')) id.pop_back();
  return id;
}

// When the process started, in clock ticks since boot; nothing when there is none.
std::optional<std::int64_t> start_ticks(std::int64_t pid) {
  std::string text;
  try {
    text = read_file(fmt::format("/proc/{}/stat", pid)).bytes();
  } catch (const Error&) {
    return std::nullopt;
  }
  // Field 22, counted from the end of the name; see proc(5).
  std::size_t at = text.rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t end = text.find(' ', at + 1);
  return to_number(std::string_view(text).substr(at + 1, end - at - 1));
}

// The same by the wall clock.
std::int64_t wall_clock_ms(std::int64_t ticks) {
  timespec since_boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
  const std::int64_t up_ms = since_boot.tv_sec * 1000 + since_boot.tv_nsec / 1'000'000;
  return now_ms() - up_ms + ticks * 1000 / ::sysconf(_SC_CLK_TCK);
}

// Whether the process that writes `run` lives; a later one may have its pid.
bool writer_lives(const Run& run) {
  if (run.boot_id != boot_id()) return false;
  const std::optional<std::int64_t> ticks = start_ticks(run.writer_pid);
  if (!ticks) return false;
  if (run.writer_ticks != 0) return *ticks == run.writer_ticks;
  // Not said by an older writer: a later process started after the run did.
  return wall_clock_ms(*ticks) <= run.started_ms + kClockSlackMs;
}

// The calling process writes `run` from now on.
void take_over(Run& run) {
  run.state = "running";
  run.writer_pid = ::getpid();
  run.writer_ticks = start_ticks(run.writer_pid).value_or(0);
  run.boot_id = boot_id();
}

void remove_former(const fs::path& path) {
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    // run.json goes last: what is cut off half-way is still a former run.
    if (entry.path().filename() != kRunFile) fs::remove_all(entry.path());
  }
  fs::remove(path / kRunFile);
}

void make_room(const fs::path& path, FormerRun former) {
  if (!fs::exists(path)) return;
  if (!fs::is_directory(path)) {
    throw Error(fmt::format("{}: a run needs a directory, and this is a file", path.string()),
                "name another place with --output");
  }
  if (fs::is_empty(path)) return;
  if (!fs::exists(path / kRunFile)) {
    throw Error(fmt::format("{}: holds files that are no run of ours", path.string()),
                "name an empty or a new directory with --output");
  }
  const StoredRun stored = read_run(path);
  if (stored.run.state == "running" && !stored.abandoned) {
    throw Error(
        fmt::format("{}: process {} is writing this run now", path.string(), stored.run.writer_pid),
        "name another directory with --output");
  }
  if (former == FormerRun::kKeep) {
    throw Error(fmt::format("{}: holds a former run", path.string()),
                "name another directory with --output, or replace the run with --force");
  }
  remove_former(path);
}

}  // namespace

RunDirectory::RunDirectory(fs::path path, Run run) : path_(std::move(path)), run_(std::move(run)) {}

RunDirectory RunDirectory::create(const fs::path& path, Run run, FormerRun former) {
  try {
    make_room(path, former);
    fs::create_directories(path / "raw");
  } catch (const fs::filesystem_error& error) {
    throw Error(fmt::format("{}: cannot make the run directory: {}", path.string(),
                            error.code().message()));
  }
  utsname names{};
  ::uname(&names);
  run.host = names.nodename;
  run.kernel = fmt::format("{} {} {}", names.sysname, names.release, names.machine);
  take_over(run);
  if (run.started_ms == 0) run.started_ms = now_ms();
  RunDirectory directory(fs::absolute(path), std::move(run));
  directory.save();
  return directory;
}

RunDirectory RunDirectory::resume(const fs::path& path) {
  StoredRun stored = read_run(path);
  if (stored.run.state == "running" && !stored.abandoned) {
    throw Error(fmt::format("{}: process {} is writing this run now", path.string(),
                            stored.run.writer_pid));
  }
  take_over(stored.run);
  stored.run.ended_ms = 0;
  stored.run.end = {};
  stored.run.cut_short.clear();
  RunDirectory directory(stored.directory, std::move(stored.run));
  directory.save();
  return directory;
}

void RunDirectory::list(RunFile file) {
  const auto same = std::ranges::find(run_.files, file.path, &RunFile::path);
  if (same != run_.files.end()) {
    *same = std::move(file);
  } else {
    run_.files.push_back(std::move(file));
  }
}

void RunDirectory::save() const { write_file(path_ / kRunFile, to_json(run_)); }

void RunDirectory::end() {
  run_.state = "ended";
  run_.ended_ms = now_ms();
  save();
}

StoredRun read_run(const fs::path& path) {
  std::error_code error;
  const bool directory = fs::is_directory(path, error);
  const fs::path file = directory ? path / kRunFile : path;
  if (!fs::exists(file, error)) {
    throw Error(directory
                    ? fmt::format("{}: no run directory, it has no {}", path.string(), kRunFile)
                    : fmt::format("{}: no such run", path.string()));
  }
  if (fs::is_regular_file(file, error) && fs::file_size(file, error) > kMostOfRunJson) {
    throw Error(fmt::format("{}: too large for a run.json", file.string()));
  }
  const File contents = read_file(file);
  StoredRun stored{.directory = fs::absolute(directory ? path : path.parent_path()),
                   .run = run_from_json(contents.name(), contents.bytes())};
  stored.abandoned = stored.run.state == "running" && !writer_lives(stored.run);
  return stored;
}

bool stays_inside(const std::filesystem::path& path) {
  return !path.empty() && path.is_relative() && std::ranges::find(path, "..") == path.end() &&
         path.native().find('\0') == std::string::npos;
}

}  // namespace tidemark
