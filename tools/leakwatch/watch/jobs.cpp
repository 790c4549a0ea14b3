#include "tools/leakwatch/watch/jobs.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/error.h"

namespace tidemark::leakwatch {
namespace {

constexpr std::size_t kMostWaiting = 100;

std::string how(const End& end) {
  if (!end.why.empty()) return end.why;
  return fmt::format("exit code {}", end.code);
}

}  // namespace

void Jobs::add(Job job) {
  if (waiting_.size() < kMostWaiting) waiting_.push_back(std::move(job));
}

void Jobs::start(std::vector<std::string>& news) {
  running_ = std::move(waiting_.front());
  waiting_.pop_front();
  deadline_ = Clock::now() + running_->limit;
  try {
    tree_ =
        Tree::start(running_->command, {.output = running_->output, .errors = running_->output});
  } catch (const Error& error) {
    news.push_back(fmt::format("{}: {}", running_->name, error.what()));
    running_.reset();
  }
}

std::vector<std::string> Jobs::advance() {
  std::vector<std::string> news;
  if (tree_) {
    std::optional<End> end = tree_->ended();
    if (!end && Clock::now() >= deadline_) {
      end = tree_->stop({.signal = SIGKILL, .grace = std::chrono::milliseconds{0}});
    }
    if (!end) return news;
    news.push_back(fmt::format("{}: {}", running_->name, how(*end)));
    tree_.reset();
    running_.reset();
  }
  if (!tree_ && !waiting_.empty()) start(news);
  return news;
}

}  // namespace tidemark::leakwatch
