#pragma once

#include <poll.h>

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "lib/http/client.h"

namespace tidemark::leakwatch {

// POSTs JSON texts to a URL, one after the other, without ever waiting. What is not
// accepted (a status from 200 to 299) is tried again after 1, 2, 4, ... seconds, at
// most every five minutes, for a day.
class Webhook {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Webhook(http::Url url) : url_(std::move(url)) {}

  void post(std::string json);
  void advance(Clock::time_point now);
  void add_to(std::vector<pollfd>& events) const;
  bool busy() const { return !waiting_.empty(); }

  // What was delivered, or failed for the first time, since the last call.
  std::vector<std::string> news();

 private:
  void delivered();
  void failed(Clock::time_point now, const std::string& why);

  http::Url url_;
  std::deque<std::string> waiting_;
  std::optional<http::Exchange> exchange_;
  int attempts_ = 0;  // of the first that waits
  Clock::time_point next_;
  Clock::time_point give_up_;
  std::vector<std::string> news_;
};

}  // namespace tidemark::leakwatch
