#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/http/url.h"
#include "lib/http/webhook.h"
#include "tools/leakwatch/watch/evidence.h"
#include "tools/leakwatch/watch/jobs.h"
#include "tools/leakwatch/watch/members.h"

namespace tidemark::leakwatch {

// What is to happen on an alarm.
struct AlarmPlan {
  std::vector<std::string> command;  // to run; empty: none
  std::optional<http::Url> webhook;
  std::vector<Evidence> evidence;
  bool smaps = true;  // may be read
};

// Does it, while the soak goes on.
class Alarms {
 public:
  Alarms(AlarmPlan plan, std::filesystem::path directory);

  struct Alarm {
    std::string text;
    std::string json;  // verdict.json as of now
  };
  void raise(const Alarm& alarm, const std::vector<Member>& living);

  void advance();
  void add_to(std::vector<pollfd>& events) const;
  bool busy() const { return jobs_.busy() || (webhook_ && webhook_->busy()); }

  // What happened since the last call, for people.
  std::vector<std::string> news();

 private:
  AlarmPlan plan_;
  std::filesystem::path directory_;
  Jobs jobs_;
  std::optional<http::Webhook> webhook_;
  int raised_ = 0;
  std::vector<std::string> news_;
};

}  // namespace tidemark::leakwatch
