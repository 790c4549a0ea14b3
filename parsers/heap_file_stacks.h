#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/model/profile.h"
#include "parsers/heap_file_view.h"

namespace tidemark {

// The stacks of a heap file in a Profile. Links between nodes that lead nowhere, or in a
// circle, end a stack early, and so do more frames than the agent takes: nodes share their
// callers, so that many deep stacks would be far larger than the file. warnings() says so.
class HeapFileStacks {
 public:
  // Both must outlive it.
  HeapFileStacks(const HeapFileView& file, Profile& profile);

  // The stack whose innermost frame is node number `node`.
  StackId stack(std::uint32_t node);

  std::vector<std::string> warnings() const;

 private:
  static constexpr std::uint16_t kDeepest = 1024;
  static constexpr std::uint32_t kUnknown = 0xffffffff;
  static constexpr std::uint32_t kOnTheWay = 0xfffffffe;

  void read_modules();
  FrameId frame(std::uint64_t place);
  Frame describe(std::uint64_t place);
  void broken(std::size_t node);

  const HeapFileView& file_;
  Profile& profile_;
  struct Code {
    bool known = false;
    std::string path;
    std::uint64_t bias = 0;
    std::uint64_t shift = 0;
  };
  std::vector<Code> modules_;
  std::map<std::uint64_t, FrameId> frames_;  // by place
  std::vector<std::uint32_t> stacks_;        // by node: its stack, or one of the two above
  std::vector<std::uint16_t> depths_;        // by node: frames of its stack
  std::uint64_t broken_ = 0;
  std::size_t first_broken_ = 0;
};

}  // namespace tidemark
