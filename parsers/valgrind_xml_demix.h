#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// Takes apart the elements that several processes wrote into each other.
//
// Processes that forked without exec share valgrind's output file and write a
// line (a whole <frame> counts as one) at a time, so an element of one may
// stand in the middle of another's:
//
//   <error>            the first's            <error>           1
//     <unique>0x1</unique>                      <unique>0x1</unique>
//   <error>            the second's             <tid>1</tid>
//     <unique>0x7</unique>              =>      ...
//     <tid>1</tid>     the first's, since     </error>
//     ...              ...                    <error>           2 ...
//
// Each element that is open expects what the format's grammar allows next; a
// line goes to the one that expects it, and to the one written last when
// several do. When such a choice fell while two were written in turns, their
// lines may be swapped: they are `mixed`.
//
//   add(line)...; take_whole() at any time; cut() at the end
class Demixer {
 public:
  struct Element {
    std::string name;
    std::string text;
    std::size_t offset = 0;  // where it starts in the file
    bool mixed = false;
  };

  // The next line of the file, its newline included, and its place.
  void add(std::string_view line, std::size_t offset);

  // Whether no element is open.
  bool idle() const { return open_.empty(); }

  // The elements that became whole since the last call, in the order of their
  // ends.
  std::vector<Element> take_whole();

  // What was given up since the last call, because its end did not come for
  // long; and, at the end of the file, what is open.
  std::vector<Element> take_cut();
  std::vector<Element> take_open();

  // The place of each line that no element expected, since the last call.
  std::vector<std::size_t> take_stray();

 private:
  struct Level {
    int rule = 0;   // in the grammar
    int child = 0;  // which of its parent's children it is
    int last = -1;  // its own last child
  };
  // What an open element expects next.
  struct Place {
    std::string_view root;  // the name of the element
    std::vector<Level> levels;
    bool verbatim = false;  // inside <![CDATA[

    bool follow(std::string_view line);
    bool enter(std::string_view name);
    bool leave(std::string_view name);
  };
  struct Open {
    Element element;
    Place place;
    bool ambiguous = false;  // got, or may have missed, a line that fits another too
    std::uint64_t opened = 0;
    std::uint64_t written = 0;
  };

  bool start(std::string_view line, std::size_t offset);
  void give(Open open, std::string_view line);

  std::vector<Open> open_;  // in the order in which they were written to last
  std::vector<Element> whole_;
  std::vector<Element> cut_;
  std::vector<std::size_t> stray_;
  std::uint64_t lines_ = 0;
  std::uint64_t last_turn_ = 0;  // when an element was written to after a younger open one
};

// The name of a top-level element that `line` starts, such as "error"; empty
// when it starts none. It stays valid: it is a literal.
std::string_view top_level_name(std::string_view line);

}  // namespace tidemark
