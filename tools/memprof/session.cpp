#include "tools/memprof/session.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/process/proc.h"
#include "lib/report/amounts.h"
#include "tools/memprof/backends/backends.h"

namespace tidemark::memprof {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kTick{100};
constexpr std::chrono::seconds kSampleEvery{1};
constexpr std::chrono::seconds kLastWords{30};  // for a profiler's last file

std::string clock_text(milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  return fmt::format("{:02}:{:02}", seconds / 60, seconds % 60);
}

constexpr mode_t kOpenToEveryone = S_ISVTX | 0777;  // for a target that gives up root
constexpr mode_t kOpenToUs = 0755;

void set_mode(const fs::path& directory, mode_t mode) {
  if (::chmod(directory.c_str(), mode) != 0) throw errno_error(directory.string());
}

// The first directory on the way to `path` that other users may not enter.
fs::path closed_way(const fs::path& path) {
  fs::path way;
  for (const fs::path& part : fs::absolute(path)) {
    way /= part;
    std::error_code failed;
    const fs::perms mode = fs::status(way, failed).permissions();
    if (!failed && (mode & fs::perms::others_exec) == fs::perms::none) return way;
  }
  return {};
}

}  // namespace

PipeDirectory::PipeDirectory() {
  std::string name = (fs::temp_directory_path() / "memprof-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw errno_error(name);
  path_ = name;
  if (::geteuid() == 0) set_mode(path_, kOpenToEveryone);
}

PipeDirectory::~PipeDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Session::Session(const Settings& settings, RunDirectory& directory)
    : settings_(settings),
      directory_(directory),
      guard_({.memory = settings.max_memory / 100, .cpu_pressure = settings.max_cpu_pressure}) {}

void Session::note(std::string text) { directory_.run().notes.push_back(std::move(text)); }

void Session::note_problems() {
  for (std::string& problem : probes_->problems()) note(std::move(problem));
}

Command Session::wrapped() const {
  Wrap wrap{.raw = fs::absolute(directory_.raw()),
            .vgdb = pipes_.prefix(),
            .program = installed(*settings_.backend),
            .options = settings_.options,
            .service = settings_.service()};
  return settings_.backend->wrap({.arguments = settings_.target}, wrap);
}

TreeOptions Session::tree_options() const {
  return {.output = directory_.path() / "target.stdout",
          .errors = directory_.path() / "target.stderr",
          .open_files = settings_.open_files};
}

void Session::start() {
  if (::geteuid() == 0) set_mode(directory_.raw(), kOpenToEveryone);
  series_ = SeriesWriter::open(directory_.path() / "series.db");
  rss_ = series_->add("rss", "bytes");
  directory_.list({.path = "target.stdout", .format = "text"});
  directory_.list({.path = "target.stderr", .format = "text"});
  directory_.list({.path = "series.db", .format = "sqlite"});
  directory_.save();
  target_ = Tree::start(wrapped(), tree_options());
  const Probe probe = settings_.backend->probe;
  const bool unused = probe == Probe::kProfilingSignal && !settings_.service();
  probes_.emplace(Probes::Plan{.probe = unused ? Probe::kNone : probe,
                               .raw = fs::absolute(directory_.raw()),
                               .vgdb = pipes_.prefix(),
                               .every = settings_.snapshot_every,
                               .started_ms = directory_.run().started_ms});
}

void Session::sample() {
  if (Clock::now() < sampled_ + kSampleEvery) return;
  sampled_ = Clock::now();
  rss_bytes_ = usage(target_->processes()).rss_bytes;
  series_->append(*rss_, now_ms(), rss_bytes_);
  if (std::optional<std::string> reason = guard_.check(read_host())) {
    why_ = "the guard of this machine stopped it: " + *reason;
  }
}

void Session::show(std::string_view phase) {
  std::string line =
      fmt::format("{} · {} · rss {}", phase,
                  clock_text(std::chrono::duration_cast<milliseconds>(Clock::now() - started_)),
                  bytes_text(rss_bytes_));
  if (probes_->taken() > 0) line += fmt::format(" · {} snapshots", probes_->taken());
  if (load_ && load_->rounds() > 1) line += fmt::format(" · load round {}", load_->rounds());
  progress_.show(line);
}

bool Session::go_on(std::string_view phase) {
  ended_ = target_->wait(kTick);
  if (ended_) return false;
  sample();
  show(phase);
  if (interrupts_.count() > 0) {
    why_ = "interrupted";
  }
  return why_.empty();
}

bool Session::become_ready() {
  if (settings_.ready.kind == Readiness::Kind::kNone) return true;
  const Clock::time_point limit = Clock::now() + settings_.ready_within;
  ReadyProbe probe(settings_.ready, tree_options());
  while (!probe.is_ready(*target_)) {
    if (!go_on("waiting until it is ready")) return false;
    if (Clock::now() < limit) continue;
    ended_ = target_->stop(settings_.stop);
    *ended_ = {.kind = EndKind::kNeverReady,
               .code = ended_->code,
               .why = fmt::format("{} did not come true within {:.1f} s: {}", settings_.ready.text,
                                  std::chrono::duration<double>(settings_.ready_within).count(),
                                  probe.seen())};
    return false;
  }
  note(fmt::format("ready after {:.1f} s",
                   std::chrono::duration<double>(Clock::now() - started_).count()));
  return true;
}

void Session::serve() {
  probes_->begin(*target_);
  if (!settings_.load.empty()) {
    load_.emplace(Load::Plan{.command = settings_.load,
                             .output = directory_.path() / "load.log",
                             .repeat = settings_.run_for.has_value()});
  }
  const Clock::time_point begin = Clock::now();
  bool loading = load_.has_value();
  while (go_on(loading ? "load" : "running")) {
    probes_->tick(*target_);
    loading = load_ && load_->running();
    if (settings_.run_for && Clock::now() - begin >= *settings_.run_for) break;
    if (load_ && !loading && !settings_.run_for) break;
  }
  if (ended_ && load_ && load_->running()) {
    early_end_ = "the target ended by itself while the load was still running";
  }
}

// Who is asked to stop: the target, also where the profiler is its parent and
// has its own work to finish afterwards.
pid_t Session::whom_to_ask() const {
  if (!settings_.backend->owns_root) return 0;
  const std::string wanted = fs::path(settings_.target[0]).filename().string().substr(0, 15);
  pid_t child = 0;
  for (const ProcessStatus& process : target_->processes()) {
    if (process.parent != target_->root()) continue;
    if (process.name == wanted) return process.pid;
    if (child == 0) child = process.pid;
  }
  return child;
}

// A profiler that writes at the end does so as whom the process is then.
void Session::warn_of_closed_way() {
  if (::geteuid() != 0) return;
  const fs::path closed = closed_way(directory_.path());
  if (closed.empty()) return;
  for (const ProcessStatus& process : target_->processes()) {
    const std::optional<uid_t> user = user_of(process.pid);
    if (!user || *user == 0) continue;
    note(
        fmt::format("process {} gave up root and cannot write to this directory: other users may "
                    "not enter {}",
                    process.pid, closed.string()));
  }
}

void Session::stop() {
  if (load_) {
    progress_.show("stopping the load");
    load_->stop();
    directory_.run().load_end = load_->end().value_or(End{});
    if (settings_.scenario) note_scenario(directory_.run().load_end);
    directory_.list({.path = "load.log", .format = "text"});
    if (load_->rounds() > 1) {
      note(fmt::format("the load ended before the time asked and ran {} times", load_->rounds()));
    }
  }
  if (!ended_) {
    progress_.show("stopping the target");
    warn_of_closed_way();
    if (interrupts_.count() < 2) probes_->finish(*target_, kLastWords);
    StopPlan plan = settings_.stop;
    plan.ask = whom_to_ask();
    plan.at_once = [this] { return interrupts_.count() > 1; };
    directory_.run().stop_ms = now_ms();
    ended_ = target_->stop(plan);
    if (!why_.empty()) ended_->why = ended_->why.empty() ? why_ : why_ + "; " + ended_->why;
  } else {
    target_->stop({.grace = settings_.stop.grace});  // what it left behind
  }
  note_problems();
}

// What pressure left here is listed, and why it ended as it did.
void Session::note_scenario(End& end) {
  end.why = scenario_trouble(end);
  for (const auto& [name, format] : kScenarioFiles) {
    std::error_code ignored;
    if (fs::exists(directory_.path() / name, ignored)) {
      directory_.list({.path = std::string(name), .format = std::string(format)});
    }
  }
}

void Session::finish_profiler() {
  if (settings_.backend->finish == nullptr) return;
  progress_.show("reading what the profiler wrote");
  try {
    settings_.backend->finish(fs::absolute(directory_.raw()));
  } catch (const Error& error) {
    note(error.hint().empty() ? error.what() : fmt::format("{}: {}", error.what(), error.hint()));
  }
}

void Session::run() {
  start();
  if (become_ready()) {
    serve();
  } else if (ended_ && ended_->kind == EndKind::kExited) {
    early_end_ = fmt::format("the target ended with {} before it was ready", ended_->code);
  }
  stop();
  directory_.run().end = *ended_;
  directory_.run().cut_short = why_;
  directory_.run().ended_ms = now_ms();
  series_->flush();
  finish_profiler();
  if (::geteuid() == 0) set_mode(directory_.raw(), kOpenToUs);
  progress_.clear();
}

std::vector<std::string> last_lines(const fs::path& directory) {
  constexpr std::size_t kMost = 10;
  std::vector<std::string> last;
  for (const char* name : {"target.stdout", "target.stderr"}) {
    std::error_code ignored;
    if (!fs::exists(directory / name, ignored)) continue;
    const File file = read_file(directory / name);
    std::vector<std::string> lines;
    Lines all(name, file.bytes());
    while (all.next()) {
      if (all.line().empty()) continue;
      lines.push_back(printable(all.line().substr(0, 200)));
      if (lines.size() > kMost) lines.erase(lines.begin());
    }
    for (std::string& line : lines) last.push_back(fmt::format("{}: {}", name, line));
  }
  return last;
}

}  // namespace tidemark::memprof
