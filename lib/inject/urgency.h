#pragma once

#include <sched.h>
#include <sys/types.h>

namespace tidemark {

// While it lives the calling thread does not wait for a processor, if we have the right to
// ask for that: another process stands still until we are done with it. Nothing changes when
// we have not.
class Urgency {
 public:
  Urgency();
  ~Urgency();
  Urgency(const Urgency&) = delete;
  Urgency& operator=(const Urgency&) = delete;

 private:
  int policy_;
  int slack_;  // of sleeps, in nanoseconds
  sched_param before_{};
};

}  // namespace tidemark
