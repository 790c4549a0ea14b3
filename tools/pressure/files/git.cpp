#include "tools/pressure/files/git.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/error.h"

namespace tidemark::pressure {
namespace {

constexpr int kCommitted = 50;  // files of a commit
constexpr Time kPiece = 2 * kMillisecond;
constexpr Time kPoll = 5 * kMillisecond;

Command git(const std::filesystem::path& directory, const std::vector<std::string>& arguments) {
  const std::string nothing = "/dev/null";
  Command command{.arguments = {"git", "-c", "gc.auto=0", "-c", "core.hooksPath=/dev/null", "-c",
                                "commit.gpgSign=false", "-c", "user.name=pressure", "-c",
                                "user.email=pressure@localhost", "-c", "core.fsmonitor=false"},
                  .environment = {{"GIT_CONFIG_GLOBAL", nothing},
                                  {"GIT_CONFIG_SYSTEM", nothing},
                                  {"GIT_TERMINAL_PROMPT", "0"},
                                  {"GIT_EDITOR", "true"},
                                  {"GIT_CEILING_DIRECTORIES", directory.parent_path().string()}},
                  .without = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
                              "GIT_NAMESPACE", "GIT_TEMPLATE_DIR"},
                  .directory = directory};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  return command;
}

std::vector<std::string> paths(std::string_view side, int count) {
  std::vector<std::string> result;
  result.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) result.push_back(fmt::format("{}{}.txt", side, i));
  return result;
}

}  // namespace

Git::Git(FileWork& work, const std::filesystem::path& directory, std::uint64_t seed)
    : work_(work),
      desk_(directory),
      random_(seed),
      errors_(directory.parent_path() / (directory.filename().string() + ".errors")) {
  if (!find_program("git")) throw Error("file clients as \"git\" need git, which is not in PATH");
  plan_repository();
}

void Git::plan_repository() {
  plan_.push_back({.what = "init", .arguments = {"init", "-q", "-b", "main", "--template="}});
  plan_.push_back({.what = "write", .arguments = {}, .files = paths("left", kCommitted)});
  plan_.push_back({.what = "write", .arguments = {}, .files = paths("right", kCommitted)});
  plan_.push_back({.what = "add", .arguments = {"add", "-A"}});
  plan_.push_back({.what = "commit", .arguments = {"commit", "-q", "-m", "the beginning"}});
}

// The branch changes what main does not, so that merges have no conflicts.
void Git::plan_round() {
  const std::string branch = fmt::format("work{}", ++round_);
  plan_.push_back({.what = "switch", .arguments = {"switch", "-q", "-c", branch}});
  plan_.push_back({.what = "write", .arguments = {}, .files = paths("left", kCommitted)});
  plan_.push_back({.what = "add", .arguments = {"add", "-A"}});
  plan_.push_back({.what = "commit", .arguments = {"commit", "-q", "-m", branch}});
  plan_.push_back({.what = "switch", .arguments = {"switch", "-q", "main"}});
  plan_.push_back({.what = "write", .arguments = {}, .files = paths("right", 5)});
  plan_.push_back({.what = "add", .arguments = {"add", "-A"}});
  plan_.push_back({.what = "commit", .arguments = {"commit", "-q", "-m", "main meanwhile"}});
  plan_.push_back(
      {.what = "merge", .arguments = {"merge", "-q", "--no-ff", "-m", "merge " + branch, branch}});
  plan_.push_back({.what = "branch", .arguments = {"branch", "-q", "-D", branch}});
}

Time Git::step() {
  if (tree_) return wait_for_git();
  if (plan_.empty()) {
    plan_round();
    return work_.pause(random_);
  }
  if (plan_.front().arguments.empty()) return write_some();
  start_git();
  return clock_now() + kPoll;
}

Time Git::write_some() {
  const std::vector<std::string>& files = plan_.front().files;
  const Time from = clock_now();
  while (written_ < files.size() && clock_now() - from < kPiece) {
    const Time start = clock_now();
    const std::string text = some_text(512 + random_.below(2048), random_);
    work_.count("write", start, desk_.save_beside(files[written_], text));
    ++written_;
  }
  if (written_ < files.size()) return from + 2 * kPiece;
  written_ = 0;
  plan_.pop_front();
  return from + kPiece;
}

void Git::start_git() {
  started_ = clock_now();
  try {
    tree_.emplace(
        Tree::start(git(desk_.path(), plan_.front().arguments), {.output = {}, .errors = errors_}));
  } catch (const Error& error) {  // out of processes, or of room for `errors_`
    const LabelId label = work_.tally->label(work_.name + "." + plan_.front().what);
    work_.tally->failed(label, {.intended = started_, .sent = started_, .done = clock_now()},
                        load::Failure::kStorage);
    work_.note(error.what());
    plan_.clear();
  }
}

Time Git::wait_for_git() {
  const std::optional<End> end = tree_->ended();
  if (!end) return clock_now() + kPoll;
  tree_.reset();
  const Piece piece = std::move(plan_.front());
  plan_.pop_front();
  const LabelId label = work_.tally->label(work_.name + "." + piece.what);
  const Time now = clock_now();
  if (end->kind == EndKind::kExited && end->code == 0) {
    work_.tally->measured(label, now - started_);
    return now;
  }
  work_.tally->failed(label, {.intended = started_, .sent = started_, .done = now},
                      load::Failure::kStatus);
  work_.note(fmt::format("git {}: {}: {}", piece.what, end->why, last_words()));
  // Whatever state it is in: back to what the last commit on main was.
  plan_.clear();
  if (round_ == 0) {
    plan_repository();
  } else {
    plan_.push_back({.what = "reset", .arguments = {"reset", "-q", "--hard"}});
    plan_.push_back({.what = "switch", .arguments = {"switch", "-q", "-f", "main"}});
  }
  return work_.pause(random_);
}

std::string Git::last_words() const {
  std::string text = read_kernel_file(errors_).value_or("");
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace tidemark::pressure
