#pragma once

#include <cstdint>
#include <deque>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lib/model/finding.h"
#include "parsers/valgrind_xml_stacks.h"

namespace tidemark {

// What one <error> element says. Texts point into the ErrorReader that read it
// and hold until it reads the next.
struct ErrorText {
  static constexpr std::uint32_t kNoStack = 0xFFFFFFFF;
  struct Part {
    std::string_view label;
    std::uint32_t stack = kNoStack;  // in the StackTable
  };

  std::uint64_t unique = 0;  // valgrind's number for it, in <errorcounts> again
  std::string_view tid;
  std::string_view thread_name;
  std::string_view code;
  std::string message;
  std::int64_t bytes = 0;
  std::int64_t blocks = 0;
  std::int64_t indirect_bytes = 0;
  std::int64_t loss_record = 0;        // "in loss record 3 of 10": 3; 0: not a leak
  std::vector<std::uint64_t> threads;  // helgrind's thread numbers, in the order of the texts
  std::vector<Part> parts;             // the first is where it happened
  std::string suppression;
};

// Reads <error>, <fatal_signal> and <announcethread>, one at a time.
class ErrorReader {
 public:
  explicit ErrorReader(StackTable& stacks) : stacks_(&stacks) {}

  // Whether `raw`, one whole element, is well-formed and has the elements it
  // must have, each once; `error` is what it says. Two elements that were
  // written into each other are not well-formed.
  bool read(std::string_view raw, ErrorText& error);

 private:
  bool cut_stacks(std::string_view raw);
  bool take(const pugi::xml_node& node, ErrorText& error);

  StackTable* stacks_;
  std::string rest_;                // the element without its stacks
  std::deque<std::string> labels_;  // those that are not in rest_ as they are
  pugi::xml_document document_;
};

// What kind of trouble valgrind's <kind> is; `message` decides where a kind
// covers two. kOther for one that is not known.
FindingKind kind_of(std::string_view code, std::string_view message);

// "300 bytes in 3 blocks are definitely lost", as valgrind puts it.
std::string leak_message(const Finding& leak);

}  // namespace tidemark
