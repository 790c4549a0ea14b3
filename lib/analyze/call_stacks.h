#pragma once

#include <vector>

#include "lib/model/finding.h"
#include "lib/model/profile.h"

namespace tidemark {

// The stacks of a profile as CallStacks; equal frames are shared. The profile must
// outlive it.
class CallStacks {
 public:
  explicit CallStacks(const Profile& profile) : profile_(profile), frames_(profile.frames()) {}

  CallStack of(StackId stack);

 private:
  const Profile& profile_;
  std::vector<CallStack::Shared> frames_;
};

}  // namespace tidemark
