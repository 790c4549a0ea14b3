#include "lib/inject/urgency.h"

#include <sys/prctl.h>

namespace tidemark {

// The calls are about the calling thread: 0 means that one.
Urgency::Urgency() : policy_(::sched_getscheduler(0)), slack_(::prctl(PR_GET_TIMERSLACK)) {
  ::sched_getparam(0, &before_);
  sched_param first{};
  first.sched_priority = ::sched_get_priority_min(SCHED_FIFO);
  // What we start does not inherit it.
  ::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
  ::prctl(PR_SET_TIMERSLACK, 1UL);
}

Urgency::~Urgency() {
  if (policy_ >= 0) ::sched_setscheduler(0, policy_, &before_);
  if (slack_ >= 0) ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(slack_));
}

}  // namespace tidemark
