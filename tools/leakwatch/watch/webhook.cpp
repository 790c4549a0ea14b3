#include "tools/leakwatch/watch/webhook.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/error.h"

namespace tidemark::leakwatch {
namespace {

using std::chrono::seconds;

constexpr seconds kLongestAnswer{10};
constexpr seconds kLongestPause{300};
constexpr std::chrono::hours kGiveUpAfter{24};
constexpr std::size_t kMostWaiting = 1000;
constexpr int kMostDoublings = 9;
constexpr int kFirstError = 300;

}  // namespace

void Webhook::post(std::string json) {
  if (waiting_.size() < kMostWaiting) waiting_.push_back(std::move(json));
}

void Webhook::delivered() {
  news_.push_back(attempts_ == 0
                      ? "the webhook was told"
                      : fmt::format("the webhook was told, at attempt {}", attempts_ + 1));
  waiting_.pop_front();
  attempts_ = 0;
}

void Webhook::failed(Clock::time_point now, const std::string& why) {
  if (attempts_ == 0) {
    give_up_ = now + kGiveUpAfter;
    news_.push_back(fmt::format("--webhook: {}; tries again", why));
  }
  next_ = now + std::min(kLongestPause, seconds{1} * (1 << std::min(attempts_, kMostDoublings)));
  ++attempts_;
  if (now < give_up_) return;
  news_.push_back(fmt::format("--webhook: given up after {} attempts: {}", attempts_, why));
  waiting_.pop_front();
  attempts_ = 0;
}

void Webhook::advance(Clock::time_point now) {
  if (waiting_.empty()) return;
  try {
    if (!exchange_) {
      if (attempts_ > 0 && now < next_) return;
      exchange_.emplace(http::Request{.url = url_,
                                      .method = "POST",
                                      .headers = {{"Content-Type", "application/json"}},
                                      .body = waiting_.front(),
                                      .time = kLongestAnswer});
    }
    if (!exchange_->advance()) return;
    const http::Response& response = exchange_->response();
    if (response.status < 200 || response.status >= kFirstError) {
      throw Error(fmt::format("answered with {} {}", response.status, response.reason));
    }
    exchange_.reset();
    delivered();
  } catch (const Error& error) {
    exchange_.reset();
    failed(now, error.what());
  }
}

void Webhook::add_to(std::vector<pollfd>& events) const {
  if (exchange_) events.push_back({.fd = exchange_->fd(), .events = exchange_->events()});
}

std::vector<std::string> Webhook::news() { return std::exchange(news_, {}); }

}  // namespace tidemark::leakwatch
