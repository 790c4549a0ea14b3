#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/model/profile.h"

namespace tidemark {

// The stacks that each stack of a profile calls directly, as lists in the order of
// their ids. A view of the profile as it was when it was made.
//
//   for (StackId at = callees.first(stack); at != kRoot; at = callees.next(at)) ...
class Callees {
 public:
  explicit Callees(const Profile& profile)
      : first_(profile.stacks(), kRoot), next_(profile.stacks(), kRoot) {
    for (auto i = static_cast<std::uint32_t>(profile.stacks()); i-- > 1;) {
      StackId& first = first_[static_cast<std::size_t>(profile.caller(StackId{i}))];
      next_[i] = first;
      first = StackId{i};
    }
  }

  // kRoot at the end of a list, since nothing calls it.
  StackId first(StackId stack) const { return first_[static_cast<std::size_t>(stack)]; }
  StackId next(StackId stack) const { return next_[static_cast<std::size_t>(stack)]; }

 private:
  std::vector<StackId> first_;
  std::vector<StackId> next_;
};

}  // namespace tidemark
