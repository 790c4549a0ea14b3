#pragma once

#include <string>
#include <unordered_map>

#include "lib/analyze/frames.h"
#include "lib/model/finding.h"

namespace tidemark {

// What names the same trouble in two runs: 16 hexadecimal digits made of the
// kind and of the innermost 8 interesting frames (kCode) of the first stack.
//
// A frame counts by its plain function and plain module, so lines, addresses,
// template arguments, overloads and directories do not matter; frames of
// allocators, the runtime and start-up are left out; a function that shows up
// again further out (recursion, however deep) counts once. A frame without a
// function counts by its offset in its module: such a fingerprint lasts as long
// as that build does. A data race is the unordered pair of its two stacks; a
// lock order the unordered set of its. Without any stack, the message counts,
// less its numbers.
std::string fingerprint_of(const Finding& finding);

// The same for many findings: what is known of a frame is worked out once.
// The findings' frames must outlive it.
class Fingerprinter {
 public:
  std::string fingerprint_of(const Finding& finding);

 private:
  struct Known {
    FrameRole role = FrameRole::kCode;
    std::string name;
  };

  const Known& known(const Frame& frame);
  std::string text_of(const CallStack& stack);

  std::unordered_map<const Frame*, Known> known_;
};

}  // namespace tidemark
