// Plays a run in the live view without one: play_view SECONDS MS [LAG_US], each second in
// so many milliseconds.

#include <poll.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tools/pressure/view/live_view.h"

namespace {

using namespace tidemark;
using namespace tidemark::pressure;

constexpr std::int64_t kStart = 1'763'758'519'000;

class Played {
 public:
  explicit Played(std::int64_t lag_us) : lag_us_(lag_us), counts_(labels_.size()) {}

  void second(LiveView& view, int number) {
    Counts all;
    load::Histogram lag;
    for (int i = 0; i < 50; ++i) lag.record(lag_us_ * 1000 + i * 100);
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      counts_[i].clear();
      std::lognormal_distribution<double> times(std::log(4e6 * static_cast<double>(i + 1)), 0.5);
      const int requests = 40 + static_cast<int>(20 * std::sin(number / 5.0));
      for (int request = 0; request < requests; ++request)
        counts_[i].response.record(static_cast<std::int64_t>(times(random_)));
      counts_[i].done = requests;
      if (number % 7 == 6)
        counts_[i].failures.at(static_cast<std::size_t>(load::Failure::kTimeout)) = 1;
      all.add(counts_[i]);
    }
    const Second second{.at_ms = kStart + (number + 1) * 1000,
                        .labels = counts_,
                        .send_lag = &lag,
                        .under_way = 3,
                        .rate_due = 200};
    view.take({.second = second,
               .labels = labels_,
               .all = all,
               .stage = "normal",
               .memory = 180'000'000 + 300'000LL * number});
  }

 private:
  std::int64_t lag_us_;
  std::vector<std::string> labels_ = {"search", "add a document with a rather long name", "list",
                                      "status\x1b[31m"};
  std::vector<Counts> counts_;
  std::mt19937_64 random_{1};
};

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 60;
  const int pace_ms = argc > 2 ? std::atoi(argv[2]) : 20;
  Played played(argc > 3 ? std::atoi(argv[3]) : 31);
  LiveView view(1, "soak.toml", "http://127.0.0.1:8080/api", 1'000'000);
  for (int number = 0; number < seconds; ++number) {
    const int half = seconds / 2;
    if (number == 0 || number == half) {
      const int stage = number == 0 ? 0 : 1;
      view.begin_stage({.name = stage == 0 ? "warm-up" : "normal",
                        .number = static_cast<std::size_t>(stage + 1),
                        .of = 2,
                        .start_ms = kStart + number * 1000,
                        .end_ms = kStart + (number + half) * 1000,
                        .run_end_ms = kStart + seconds * 1000});
    }
    if (number == 12) view.say("fault: pause 1s; recovered after 2.2 s");
    played.second(view, number);
    poll(nullptr, 0, pace_ms);
    view.follow();
  }
}
