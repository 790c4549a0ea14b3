#include "tools/leakwatch/sites/site_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "tools/leakwatch/sites/dump_names.h"

namespace tidemark::leakwatch {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kPatience{30'000};  // for one dump: a large heap takes seconds
constexpr milliseconds kStep{50};
constexpr std::size_t kMostNews = 20;  // one that fails fails again and again
constexpr std::size_t kLeastRounds = 9;

// Files that we have renamed: "heap_4711.000003.heap".
fs::path kept_name(pid_t pid, std::int64_t round, std::string_view ending) {
  return fmt::format("heap_{}.{:06}{}", pid, round, ending);
}

bool is_kept(const fs::path& name, std::string_view ending) {
  const std::string text = name.filename().string();
  const std::size_t dot = text.find('.');
  return dot != std::string::npos && text.size() == dot + 7 + ending.size();
}

}  // namespace

SiteWatch::SiteWatch(const HeapSource& source, const fs::path& directory, milliseconds first)
    : source_(source),
      directory_(fs::absolute(directory)),
      raw_(directory_ / "raw"),
      every_(first),
      due_(Clock::now() + first) {
  adopt();
}

// The rounds of a watcher before us, when a soak is resumed.
void SiteWatch::adopt() {
  std::map<std::int64_t, Round> found;
  std::error_code none;
  for (fs::directory_iterator it(raw_, none), end; !none && it != end; it.increment(none)) {
    if (!is_kept(it->path(), source_.ending)) continue;
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

SiteWatch::Files SiteWatch::fresh_files() const {
  Files files;
  std::error_code failed;
  for (fs::directory_iterator it(raw_, failed), end; !failed && it != end; it.increment(failed)) {
    if (it->path().extension() != source_.ending || is_kept(it->path(), source_.ending)) continue;
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
  ask_next();
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
                                raw_.string(), "--to", "json", "--output",
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
  if (end->kind == EndKind::kExited && end->code != 2 && end->code != 3) return;
  complain("the heap dumps could not be analysed: sites.log says why");
}

void SiteWatch::advance(const std::vector<pid_t>& target) {
  if (asked_ != 0) look_for_file();
  if (!open_ && Clock::now() >= due_) {
    due_ = std::max(due_ + every_, Clock::now());
    begin_round(target);
  }
  if (analysis_) follow_analysis();
  if (analysis_wanted_ && !analysis_ && Clock::now() >= analysis_due_) analyse();
}

void SiteWatch::finish(const std::vector<pid_t>& target, milliseconds limit) {
  const Clock::time_point end = Clock::now() + limit;
  const auto wait_for = [&](auto&& done) {
    while (!done() && Clock::now() < end) std::this_thread::sleep_for(kStep);
  };
  const auto round_is_done = [&] {
    if (asked_ != 0) look_for_file();
    return !open_;
  };
  wait_for(round_is_done);
  if (!open_ && Clock::now() - began_ > every_ / 4) begin_round(target);
  wait_for(round_is_done);
  const auto analysis_is_done = [&] {
    if (analysis_) follow_analysis();
    return !analysis_;
  };
  wait_for(analysis_is_done);
  if (rounds_.empty()) return complain("no heap dump was taken");
  analyse();
  wait_for(analysis_is_done);
  if (analysis_) complain("the last analysis of the heap dumps was cut short");
  analysis_.reset();
}

}  // namespace tidemark::leakwatch
