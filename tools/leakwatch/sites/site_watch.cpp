#include "tools/leakwatch/sites/site_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/process/heap_agent.h"
#include "tools/leakwatch/sites/dump_names.h"
#include "tools/leakwatch/sites/live_files.h"

namespace tidemark::leakwatch {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kPatience{30'000};  // for one dump: a large heap takes seconds
constexpr milliseconds kStep{50};
constexpr std::size_t kMostNews = 20;  // one that fails fails again and again
constexpr std::size_t kLeastRounds = 9;

}  // namespace

SiteWatch::SiteWatch(const SitePlan& plan, const fs::path& directory)
    : plan_(plan),
      source_(*plan.source),
      directory_(fs::absolute(directory)),
      raw_(directory_ / "raw"),
      every_(plan.every),
      due_(Clock::now() + plan.every) {
  if (source_.access == HeapAccess::kLadder) {
    HeapOrder order{.mean_bytes = plan.mean_bytes};
    if (plan.max_overhead_ppm != 0) order.max_overhead_ppm = plan.max_overhead_ppm;
    stands_.emplace(order);
    due_ = Clock::now();  // to climb at once: what lives longer is seen longer
  }
  adopt();
}

Command SiteWatch::wrap(const Command& target) const {
  return source_.wrap(
      target,
      {.raw = raw_, .mean_bytes = plan_.mean_bytes, .max_overhead_ppm = plan_.max_overhead_ppm});
}

// The rounds of a watcher before us, when a soak is resumed.
void SiteWatch::adopt() {
  std::map<std::int64_t, Round> found;
  std::error_code none;
  for (fs::directory_iterator it(raw_, none), end; !none && it != end; it.increment(none)) {
    if (!is_kept(it->path())) continue;
    const std::int64_t number = dump_name(it->path().filename().string()).sequence;
    found[number].number = number;
    found[number].files.push_back(it->path());
  }
  for (auto& [number, round] : found) {
    next_round_ = number + 1;
    rounds_.push_back(std::move(round));
  }
}

void SiteWatch::complain(std::string text) {
  if (news_.size() < kMostNews) news_.push_back(std::move(text));
}

std::vector<std::string> SiteWatch::news() { return std::exchange(news_, {}); }

std::vector<std::string> SiteWatch::standing() {
  return stands_ ? stands_->news() : std::vector<std::string>();
}

SiteWatch::Files SiteWatch::fresh_files() const {
  Files files;
  std::error_code failed;
  for (fs::directory_iterator it(raw_, failed), end; !failed && it != end; it.increment(failed)) {
    if (it->path().extension() != source_.ending || is_kept(it->path())) continue;
    std::error_code gone;
    const FileState state{.size = it->file_size(gone), .written = it->last_write_time(gone)};
    if (!gone) files.emplace(it->path(), state);
  }
  return files;
}

void SiteWatch::begin_round(const std::vector<pid_t>& target) {
  open_ = Round{.number = next_round_++, .files = {}};
  began_ = Clock::now();
  waiting_.assign(target.begin(), target.end());
  if (source_.access == HeapAccess::kOnRequest) return ask_next();
  if (!stands_) return;
  stands_->join(target);
  for (const pid_t pid : target) stands_->ask(pid);
}

// One process at a time: the watch goes on in between.
void SiteWatch::copy_next() {
  if (waiting_.empty()) return end_round();
  const pid_t pid = waiting_.front();
  if (stands_ && stands_->is_asking(pid)) return;
  waiting_.pop_front();
  const fs::path file = stands_ ? stands_->file(pid) : live_file_of(pid);
  if (!file.empty()) keep(pid, file);
}

void SiteWatch::keep(pid_t pid, const fs::path& file) {
  const fs::path kept = raw_ / kept_name(pid, open_->number, file.extension().string());
  try {
    if (file.extension() == kHeapFileEnd) {
      snapshot_heap(file, kept);
    } else {
      fs::copy_file(file, kept, fs::copy_options::overwrite_existing);
    }
    open_->files.push_back(kept);
  } catch (const std::exception& problem) {
    complain(fmt::format("a heap profile was lost: {}", printable(problem.what())));
  }
}

// What the agents of processes that have ended left.
void SiteWatch::copy_left_files() {
  constexpr std::size_t kMostLeft = 64;
  if (source_.access == HeapAccess::kOnRequest || !open_) return;
  for (const fs::path& file : left_files(raw_, kMostLeft)) {
    try {
      const auto pid = static_cast<pid_t>(heap_header(file).pid);
      const fs::path kept = raw_ / kept_name(pid, open_->number, kHeapFileEnd);
      if (std::ranges::find(open_->files, kept) == open_->files.end()) keep(pid, file);
    } catch (const Error&) {
      // It never sampled anything.
    }
  }
}

void SiteWatch::ask_next() {
  asked_ = 0;
  while (!waiting_.empty() && asked_ == 0) {
    before_ = fresh_files();
    if (source_.ask(waiting_.front())) asked_ = waiting_.front();
    waiting_.pop_front();
  }
  patience_ = Clock::now() + kPatience;
  if (asked_ == 0) end_round();
}

// The file that was not there, or not so, when the process was asked.
void SiteWatch::look_for_file() {
  for (const auto& [path, state] : fresh_files()) {
    const auto known = before_.find(path);
    if (known != before_.end() && known->second == state) continue;
    try {
      if (read_file(path).bytes().find(source_.mark) == std::string_view::npos) continue;
      const fs::path kept = raw_ / kept_name(asked_, open_->number, source_.ending);
      fs::rename(path, kept);
      open_->files.push_back(kept);
    } catch (const std::exception& problem) {
      complain(fmt::format("a heap dump was lost: {}", printable(problem.what())));
    }
    return ask_next();
  }
  if (Clock::now() < patience_) return;
  complain(fmt::format("process {} wrote no heap dump within {} s", asked_,
                       std::chrono::duration_cast<std::chrono::seconds>(kPatience).count()));
  ask_next();
}

void SiteWatch::end_round() {
  if (!open_->files.empty()) {
    rounds_.push_back(std::move(*open_));
    thin();
    analysis_wanted_ = rounds_.size() >= kLeastRounds;
  }
  open_.reset();
}

void SiteWatch::thin() {
  if (rounds_.size() <= kMostRounds) return;
  every_ *= 2;
  std::vector<Round> kept;
  for (std::size_t i = 0; i < rounds_.size(); ++i) {
    if (i % 2 == 0) {
      kept.push_back(std::move(rounds_[i]));
      continue;
    }
    for (const fs::path& file : rounds_[i].files) {
      std::error_code ignored;  // somebody else removed it
      fs::remove(file, ignored);
    }
  }
  rounds_ = std::move(kept);
}

void SiteWatch::analyse() {
  analysis_wanted_ = false;
  analysis_began_ = Clock::now();
  std::error_code failed;
  Command command{.arguments = {fs::read_symlink("/proc/self/exe", failed).string(), "sites",
                                directory_.string(), "--to", "json", "--output",
                                (directory_ / "sites.json").string()}};
  if (find_program("nice")) command = command.under({"nice", "-n", "19"});
  try {
    analysis_.emplace(Tree::start(command, {.errors = directory_ / "sites.log"}));
  } catch (const Error& error) {
    complain(fmt::format("the heap dumps could not be analysed: {}", error.what()));
  }
}

void SiteWatch::follow_analysis() {
  const std::optional<End> end = analysis_->ended();
  if (!end) return;
  const auto took = Clock::now() - analysis_began_;
  analysis_due_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(took / kMostCost);
  analysis_.reset();
  ++analyses_;
  if (end->kind == EndKind::kExited && end->code != 2 && end->code != 3) return;
  complain("the heap dumps could not be analysed: sites.log says why");
}

void SiteWatch::advance(const std::vector<pid_t>& target) {
  if (asked_ != 0) look_for_file();
  if (open_ && source_.access != HeapAccess::kOnRequest) copy_next();
  if (!open_ && Clock::now() >= due_) {
    due_ = std::max(due_ + every_, Clock::now());
    begin_round(target);
  }
  if (analysis_) follow_analysis();
  if (analysis_wanted_ && !analysis_ && Clock::now() >= analysis_due_) analyse();
}

// Goes on with a round; whether it is done.
bool SiteWatch::round_is_done() {
  if (asked_ != 0) look_for_file();
  if (open_ && source_.access != HeapAccess::kOnRequest) {
    if (waiting_.empty()) copy_left_files();
    copy_next();
  }
  return !open_;
}

bool SiteWatch::analysis_is_done() {
  if (analysis_) follow_analysis();
  return !analysis_;
}

void SiteWatch::finish(const std::vector<pid_t>& target, milliseconds limit) {
  const Clock::time_point end = Clock::now() + limit;
  const auto wait_for = [&](bool (SiteWatch::*done)()) {
    while (!(this->*done)() && Clock::now() < end) std::this_thread::sleep_for(kStep);
  };
  wait_for(&SiteWatch::round_is_done);
  if (!open_ && Clock::now() - began_ > every_ / 4) begin_round(target);
  wait_for(&SiteWatch::round_is_done);
  if (stands_) stands_->release();
  remove_live_files(raw_);
  wait_for(&SiteWatch::analysis_is_done);
  if (rounds_.empty()) return complain("no heap profile was taken: there are no sites");
  analyse();
  wait_for(&SiteWatch::analysis_is_done);
  if (analysis_) complain("the last analysis of the heap dumps was cut short");
  analysis_.reset();
}

}  // namespace tidemark::leakwatch
