#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/load/scenario.h"
#include "tools/pressure/engine/beside.h"
#include "tools/pressure/judge.h"

namespace tidemark::pressure {

// All clients beside the mix, of whatever kind (beside.h).
class Company {
 public:
  // Throws UsageError or Error for the first that cannot work. `setup` is that of all; the
  // name is each one's own.
  Company(const BesideSetup& setup, const std::vector<load::Beside>& all);
  Company(const Company&) = delete;
  Company& operator=(const Company&) = delete;
  ~Company();

  // That what needs the target's help gets it. Throws Error. REQUIRES: the target is ready.
  void prove(const std::function<bool()>& give_up);

  void start();
  void stop();

  // What they measure that is no duration: "feed.connected".
  std::vector<Measure> measures() const;

  // What went wrong, for people.
  std::vector<std::string> warnings() const;

 private:
  struct Member;
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace tidemark::pressure
