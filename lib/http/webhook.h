#pragma once

#include <poll.h>

#include <chrono>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "lib/http/client.h"

namespace tidemark::http {

// How long a webhook is asked again, and how often.
struct Patience {
  using Ms = std::chrono::milliseconds;

  Ms first_pause{1000};  // doubled after each attempt
  Ms longest_pause{300'000};
  Ms answer{10'000};       // that an attempt may take
  Ms give_up{86'400'000};  // after this since the first attempt
  // Whether an answer that says that the request is wrong, or is to go elsewhere (300 to 499 but
  // 408, 425 and 429), is the last.
  bool obeys_refusals = false;
};

// POSTs JSON texts to a URL, one after the other, without ever waiting. What is not accepted (a
// status from 200 to 299) is tried again after pauses that double, each cut by up to a half at
// random, so that many who were refused at once do not come back at once. A Retry-After in seconds
// is kept to.
//
// What is behind the host in a URL is often a secret: no text of ours has it.
class Webhook {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Webhook(Url url, Patience patience = {});

  // Another `headers` than the content's type.
  void post(std::string json, std::vector<Header> headers = {});
  void advance(Clock::time_point now);
  void add_to(std::vector<pollfd>& events) const;
  bool busy() const { return !waiting_.empty(); }

  // When advance() has something to do again though no file is ready. REQUIRES: busy().
  Clock::time_point next() const;

  // What became of a text. One that failed for the first time is tried again.
  struct News {
    enum class What { kDelivered, kFailed, kGivenUp };
    What what = What::kFailed;
    int attempts = 1;
    int status = 0;   // of the last answer; 0: there was none
    std::string why;  // for people; empty when it was delivered
  };

  // Since the last call.
  std::vector<News> news();

 private:
  struct Text {
    std::string json;
    std::vector<Header> headers;
  };
  // An attempt that failed.
  struct Failure {
    std::string why;
    int status = 0;
    std::optional<std::chrono::seconds> retry_after;
  };

  Exchange begin(Clock::time_point now);
  void judge(const Response& response, Clock::time_point now);
  void delivered(int status);
  void failed(Clock::time_point now, const Failure& failure);
  Clock::duration pause_after(const Failure& failure);
  std::string without_secret(std::string text) const;

  Url url_;
  Patience patience_;
  std::minstd_rand random_;
  std::deque<Text> waiting_;
  std::optional<Exchange> exchange_;
  int attempts_ = 0;  // of the first that waits, that failed
  Clock::time_point next_;
  Clock::time_point give_up_;
  std::vector<News> news_;
};

// "http://HOST:PORT/...", "unix:SOCKET": what may be said of where a request goes.
std::string place_of(const Url& url);

}  // namespace tidemark::http
