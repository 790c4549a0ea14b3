#include "tools/memprof/vgdb.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/process/proc.h"

namespace tidemark::memprof {
namespace {

constexpr std::chrono::seconds kLimit{60};  // a leak check of a large heap takes its time
constexpr std::string_view kPipe = "-from-vgdb-to-";

// The pid in the name of a pipe: "prefix-from-vgdb-to-4711-by-root-on-host".
std::optional<pid_t> pid_in(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || !name.substr(prefix.size()).starts_with(kPipe)) {
    return std::nullopt;
  }
  name.remove_prefix(prefix.size() + kPipe.size());
  const std::optional<std::int64_t> pid = to_number(name.substr(0, name.find('-')));
  return pid ? std::optional(static_cast<pid_t>(*pid)) : std::nullopt;
}

// Gives the pipes of `pid` to `user`. The directory is ours alone, so no name in
// it can lead elsewhere; links are not followed all the same.
void hand_over(const std::filesystem::path& prefix, pid_t pid, uid_t user) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(prefix.parent_path(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.find(fmt::format("-{}-by-", pid)) == std::string::npos) continue;
    if (::lchown(entry.path().c_str(), user, static_cast<gid_t>(-1)) != 0) {
      throw errno_error(entry.path().string());
    }
  }
}

}  // namespace

std::optional<uid_t> user_of(pid_t pid) {
  const std::optional<std::string> status = read_kernel_file(fmt::format("/proc/{}/status", pid));
  if (!status) return std::nullopt;
  Lines lines("status", *status);
  while (lines.next()) {
    if (!lines.line().starts_with("Uid:\t")) continue;
    std::string_view rest = lines.line().substr(5);
    rest.remove_prefix(std::min(rest.find('\t') + 1, rest.size()));
    const std::optional<std::int64_t> uid = to_number(rest.substr(0, rest.find('\t')));
    if (uid) return static_cast<uid_t>(*uid);
  }
  return std::nullopt;
}

std::vector<pid_t> valgrind_processes(const std::filesystem::path& prefix) {
  std::vector<pid_t> pids;
  const std::string start = prefix.filename().string();
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(prefix.parent_path(), ignored)) {
    const std::optional<pid_t> pid = pid_in(entry.path().filename().string(), start);
    if (!pid) continue;
    const std::optional<ProcessStatus> status = process_status(*pid);
    if (status && status->state != 'Z' && status->state != 'X') pids.push_back(*pid);
  }
  std::ranges::sort(pids);
  return pids;
}

void VgdbRound::start(std::vector<VgdbQuestion> questions) {
  std::ranges::move(questions, std::back_inserter(questions_));
}

void VgdbRound::ask_next() {
  asked_ = std::move(questions_.front());
  questions_.pop_front();
  const std::optional<uid_t> user = user_of(asked_->pid);
  if (!user) {  // it ended meanwhile, which is no problem
    asked_.reset();
    return;
  }
  std::vector<std::string> line = {"vgdb", "--vgdb-prefix=" + prefix_.string(),
                                   fmt::format("--pid={}", asked_->pid)};
  line.insert(line.end(), asked_->command.begin(), asked_->command.end());
  Command command{.arguments = std::move(line)};
  if (*user != ::geteuid()) {
    if (::geteuid() != 0) return give_up(fmt::format("it runs as user {}, not as ours", *user));
    if (pipes_ == PipesOf::kOurRun) hand_over(prefix_, asked_->pid, *user);
    command = command.under({"setpriv", fmt::format("--ruid={}", *user), "--"});
  }
  vgdb_ = Tree::start(command, {.output = asked_->answer, .errors = "/dev/null"});
  limit_ = Clock::now() + kLimit;
}

void VgdbRound::give_up(const std::string& why) {
  problems_.push_back(fmt::format("no intermediate result of process {}: {}", asked_->pid, why));
  asked_.reset();
}

bool VgdbRound::poll() {
  if (!asked_) {
    if (questions_.empty()) return true;
    ask_next();
    return false;
  }
  const std::optional<End> end = vgdb_->ended();
  if (!end && Clock::now() < limit_) return false;
  const pid_t pid = asked_->pid;
  if (!end) {
    vgdb_->stop({.grace = std::chrono::seconds(2)});
    const std::optional<ProcessStatus> status = process_status(pid);
    if (status && status->state == 'T') ::kill(pid, SIGCONT);
    give_up(fmt::format("vgdb got no answer within {} s", kLimit.count()));
  } else if (end->code != 0 && process_status(pid)) {
    give_up(fmt::format("vgdb ended with {}", end->code));
  }
  vgdb_.reset();
  asked_.reset();
  return questions_.empty();
}

std::vector<std::string> VgdbRound::problems() { return std::exchange(problems_, {}); }

}  // namespace tidemark::memprof
