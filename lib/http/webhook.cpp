#include "lib/http/webhook.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMostWaiting = 1000;
constexpr int kMostDoublings = 20;
constexpr std::size_t kMostReason = 60;

bool is_accepted(int status) { return status >= 200 && status < 300; }

bool is_refusal(int status) {
  const bool later = status == 408 || status == 425 || status == 429;
  return status >= 300 && status < 500 && !later;
}

std::optional<seconds> retry_after(const Response& response) {
  const auto number = to_number(response.header("Retry-After"));
  if (!number || *number < 0) return std::nullopt;
  return seconds(std::min<std::int64_t>(*number, 86'400));
}

}  // namespace

std::string place_of(const Url& url) {
  if (!url.socket.empty()) return "unix:" + printable(url.socket);
  return fmt::format("http://{}/{}", printable(url.authority()), url.target == "/" ? "" : "...");
}

Webhook::Webhook(Url url, Patience patience)
    : url_(std::move(url)), patience_(patience), random_(std::random_device{}()) {}

void Webhook::post(std::string json, std::vector<Header> headers) {
  if (waiting_.size() == kMostWaiting) return;
  headers.push_back({.name = "Content-Type", .value = "application/json"});
  waiting_.push_back({.json = std::move(json), .headers = std::move(headers)});
}

// The messages of Exchange name the URL; an answer's reason may repeat it.
std::string Webhook::without_secret(std::string text) const {
  if (url_.target == "/") return text;
  const std::string secret = printable(url_.target);
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), "/...");
    at += 4;
  }
  return text;
}

void Webhook::delivered(int status) {
  news_.push_back({.what = News::What::kDelivered, .attempts = attempts_ + 1, .status = status});
  waiting_.pop_front();
  attempts_ = 0;
}

Webhook::Clock::duration Webhook::pause_after(const Failure& failure) {
  const milliseconds longest = std::max(patience_.longest_pause, milliseconds(1));
  const std::int64_t doubled = patience_.first_pause.count() << std::min(attempts_, kMostDoublings);
  const std::int64_t whole = std::clamp<std::int64_t>(doubled, 1, longest.count());
  const milliseconds pause(std::uniform_int_distribution<std::int64_t>(whole / 2, whole)(random_));
  return std::max<Clock::duration>(pause, failure.retry_after.value_or(seconds(0)));
}

void Webhook::failed(Clock::time_point now, const Failure& failure) {
  const std::string why = without_secret(failure.why);
  next_ = now + pause_after(failure);
  ++attempts_;
  const bool refused = patience_.obeys_refusals && is_refusal(failure.status);
  const bool last = refused || next_ >= give_up_;
  if (attempts_ == 1 || last) {
    news_.push_back({.what = last ? News::What::kGivenUp : News::What::kFailed,
                     .attempts = attempts_,
                     .status = failure.status,
                     .why = why});
  }
  if (!last) return;
  waiting_.pop_front();
  attempts_ = 0;
}

// An attempt ends when we give up, too, however long an answer might take.
Exchange Webhook::begin(Clock::time_point now) {
  if (attempts_ == 0) give_up_ = now + patience_.give_up;
  const auto left = std::chrono::ceil<milliseconds>(give_up_ - now);
  const Text& text = waiting_.front();
  return Exchange({.url = url_,
                   .method = "POST",
                   .headers = text.headers,
                   .body = text.json,
                   .time = std::clamp(left, milliseconds(1), patience_.answer),
                   .head_only = true});
}

void Webhook::judge(const Response& response, Clock::time_point now) {
  if (is_accepted(response.status)) return delivered(response.status);
  const std::string reason = without_secret(printable(response.reason));
  failed(now, {.why = fmt::format("answered with {} {}", response.status,
                                  std::string_view(reason).substr(0, kMostReason)),
               .status = response.status,
               .retry_after = retry_after(response)});
}

void Webhook::advance(Clock::time_point now) {
  if (waiting_.empty()) return;
  try {
    if (!exchange_) {
      if (attempts_ > 0 && now < next_) return;
      exchange_.emplace(begin(now));
    }
    if (!exchange_->advance()) return;
    const Response response = exchange_->response();
    exchange_.reset();
    judge(response, now);
  } catch (const Error& error) {
    exchange_.reset();
    failed(now, {.why = error.what()});
  }
}

void Webhook::add_to(std::vector<pollfd>& events) const {
  if (exchange_) events.push_back({.fd = exchange_->fd(), .events = exchange_->events()});
}

Webhook::Clock::time_point Webhook::next() const {
  if (exchange_) return Clock::now() + exchange_->time_left();
  return attempts_ > 0 ? next_ : Clock::now();
}

std::vector<Webhook::News> Webhook::news() { return std::exchange(news_, {}); }

}  // namespace tidemark::http
