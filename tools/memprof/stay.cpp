#include "tools/memprof/stay.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/process/heap_agent.h"
#include "lib/report/amounts.h"
#include "tools/memprof/raw_files.h"

namespace tidemark::memprof {
namespace {

namespace fs = std::filesystem;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds kStep{50};
constexpr std::chrono::seconds kSampleEvery{1};

// "stood still for 3.1 ms, 2.0 ms of it for want of a processor".
std::string stop_text(const Visit& visit) {
  const auto ms = [](std::chrono::microseconds time) {
    return std::chrono::duration<double, std::milli>(time).count();
  };
  return fmt::format("thread {} stood still for {:.1f} ms, {:.1f} ms of it for want of a processor",
                     visit.thread, ms(visit.stopped), ms(visit.queued));
}

bool lives(const ProcessStatus& process) {
  const std::optional<ProcessStatus> now = process_status(process.pid);
  return now && now->start_ticks == process.start_ticks && now->state != 'Z';
}

void say(const std::string& text) { std::fputs(text.c_str(), stderr); }

}  // namespace

Stay::Stay(const StayOrder& order, RunDirectory& directory)
    : order_(order), directory_(directory) {}

void Stay::note(std::string text) { directory_.run().notes.push_back(std::move(text)); }

std::vector<ProcessStatus> Stay::wanted() const {
  const std::optional<ProcessStatus> first = process_status(order_.pid);
  if (!first) throw Error(fmt::format("there is no process {}", order_.pid));
  std::vector<ProcessStatus> all = {*first};
  if (order_.tree) {
    for (ProcessStatus& process : descendants(order_.pid)) all.push_back(std::move(process));
  }
  return all;
}

void Stay::climb_one(const ProcessStatus& process) {
  const std::vector<RungState> ladder = plan_ladder(process.pid, order_.library);
  const Rung rung = order_.rung.value_or(best_of(ladder));
  if (process.pid == order_.pid) say(ladder_text(ladder, rung));
  Stand stand = Stand::climb(process.pid, rung, order_.library, order_.heap);
  std::string text =
      fmt::format("process {} ({}): rung {}", process.pid, printable(process.name), name_of(rung));
  if (const std::optional<Visit>& visit = stand.visit()) {
    text += "; " + stop_text(*visit);
  }
  say(fmt::format("memprof: {}\n", text));
  note(std::move(text));
  places_.push_back({.process = process, .stand = std::move(stand)});
}

void Stay::climb() {
  for (const ProcessStatus& process : wanted()) {
    try {
      climb_one(process);
    } catch (const Error& error) {
      if (process.pid == order_.pid || !lives(process)) {
        if (process.pid != order_.pid) continue;
        throw;
      }
      note(fmt::format("process {}: {}", process.pid, error.what()));
    }
  }
  series_ = SeriesWriter::open(directory_.path() / "series.db");
  rss_ = series_->add("rss", "bytes");
  directory_.list({.path = "series.db", .format = "sqlite"});
  directory_.save();
  begin_ = Clock::now();
  snapshot_at_ = begin_ + order_.snapshot_every;
}

void Stay::sample() {
  if (Clock::now() < sampled_ + kSampleEvery) return;
  sampled_ = Clock::now();
  std::vector<ProcessStatus> now;
  for (const Place& place : places_) {
    if (std::optional<ProcessStatus> status = process_status(place.process.pid)) {
      now.push_back(std::move(*status));
    }
  }
  rss_bytes_ = usage(now).rss_bytes;
  if (first_rss_ == 0) first_rss_ = rss_bytes_;
  series_->append(*rss_, now_ms(), rss_bytes_);
}

void Stay::take_snapshots() {
  if (order_.snapshot_every.count() == 0 || Clock::now() < snapshot_at_) return;
  const auto at = duration_cast<milliseconds>(Clock::now() - begin_);
  snapshot_at_ += order_.snapshot_every;
  for (Place& place : places_) {
    if (place.stand.rung() != Rung::kAgent && place.stand.rung() != Rung::kInjection) continue;
    for (const fs::path& file : place.stand.files()) {
      snapshot_heap(file, directory_.raw() / snapshot_name(at.count(), heap_header(file).pid,
                                                           kHeapFileEnd.substr(1)));
    }
  }
}

void Stay::wait() {
  while (interrupts_.count() == 0) {
    sample();
    take_snapshots();
    const auto spent = Clock::now() - begin_;
    if (order_.run_for && spent >= *order_.run_for) return;
    if (!lives(places_.front().process)) {
      directory_.run().cut_short = "the process ended";
      return;
    }
    progress_.show(fmt::format("with process {} · {} s · rss {}", order_.pid,
                               duration_cast<std::chrono::seconds>(spent).count(),
                               bytes_text(rss_bytes_)));
    std::this_thread::sleep_for(kStep);
  }
  if (order_.run_for) directory_.run().cut_short = "interrupted";
}

// Files of several processes may have the same name, each in a namespace of its own.
void Stay::copy(const Place& place) {
  const bool heap = place.stand.rung() != Rung::kAllocator;
  for (const fs::path& file : place.stand.files()) {
    const std::string name =
        heap ? fmt::format("heap.{}", heap_header(file).pid) : file.stem().string();
    const int before = names_[name]++;
    const std::string numbered = before == 0 ? name : fmt::format("{}.{}", name, before);
    if (heap) {
      snapshot_heap(file, directory_.raw() / (numbered + std::string(kHeapFileEnd)));
    } else {
      fs::copy_file(file, directory_.raw() / (numbered + ".heap"));
    }
  }
}

// What was measured: the agent's own time, of the process's CPU time while we were there.
void Stay::note_cost(const Place& place) {
  const std::optional<ProcessStatus> now = process_status(place.process.pid);
  const std::vector<fs::path> files = place.stand.files();
  std::string text;
  if (!files.empty() && place.stand.rung() != Rung::kAllocator && now) {
    const heap_file::Header header = heap_header(files.front());
    const auto cpu_ms = static_cast<double>(now->cpu_ms - place.process.cpu_ms);
    const bool since_we_came = place.stand.rung() == Rung::kInjection && cpu_ms > 0;
    const double share = since_we_came
                             ? static_cast<double>(header.agent_ns) / 1e6 / cpu_ms
                             : static_cast<double>(header.agent_ns) /
                                   static_cast<double>(std::max<std::uint64_t>(header.cpu_ns, 1));
    if (since_we_came || header.cpu_ns > 0) {
      text = fmt::format("{} samples cost {:.2f} % of its CPU time", header.samples, 100 * share);
    }
  }
  if (const std::optional<Visit>& leave = place.stand.leave()) {
    text += fmt::format("{}at the end {}", text.empty() ? "" : "; ", stop_text(*leave));
  }
  if (text.empty()) return;
  say(fmt::format("memprof: process {}: {}\n", place.process.pid, text));
  note(fmt::format("process {}: {}", place.process.pid, text));
}

void Stay::leave() {
  progress_.clear();
  for (Place& place : places_) {
    try {
      if (lives(place.process)) place.stand.ask();
      place.stand.release();
    } catch (const Error& error) {
      note(fmt::format("process {}: {}", place.process.pid, error.what()));
    }
    note_cost(place);
    copy(place);
  }
  series_->flush();
  if (places_.front().stand.rung() == Rung::kProc) {
    note(fmt::format("resident memory: {} at first, {} at the end", bytes_text(first_rss_),
                     bytes_text(rss_bytes_)));
  }
  Run& run = directory_.run();
  run.ended_ms = now_ms();
  run.end = {.kind = EndKind::kStopped, .why = "detached; the process runs on"};
  if (!lives(places_.front().process)) {
    run.end = {.kind = EndKind::kStopped, .why = "the process ended while we looked"};
  }
}

}  // namespace tidemark::memprof
