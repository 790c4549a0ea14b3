#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/id_table.h"
#include "lib/model/finding.h"

namespace tidemark {

// The call stacks of one valgrind XML file, each parsed and kept once.
//
// A file repeats few stacks often, so a stack's bytes are looked up before they
// are parsed. Bytes are equal when their length and 128 bits of hash are: what
// was read before need not be read, or kept, again.
//
// Invariant: two ids are equal exactly when the frames are.
class StackTable {
 public:
  // The stack that `raw`, "<stack>...</stack>", spells; nothing when it is not
  // well-formed or holds anything but frames.
  std::optional<std::uint32_t> find_or_parse(std::string_view raw);

  // REQUIRES: `id` came from find_or_parse.
  const CallStack& operator[](std::uint32_t id) const { return stacks_[id]; }

 private:
  struct Raw {
    std::uint64_t check = 0;  // a second hash
    std::size_t length = 0;
    std::uint32_t stack = 0;
  };

  std::optional<CallStack> parse(std::string_view raw);
  CallStack::Shared intern(Frame frame);
  std::uint32_t intern(const CallStack& stack);

  IdTable raw_ids_;
  std::vector<Raw> raw_;
  IdTable frame_ids_;
  std::vector<CallStack::Shared> frames_;
  IdTable stack_ids_;
  std::vector<CallStack> stacks_;
  std::string scratch_;
  pugi::xml_document document_;
};

}  // namespace tidemark
