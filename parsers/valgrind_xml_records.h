#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "parsers/valgrind_xml_demix.h"

namespace tidemark {

// Says where in an input something is, as a line number, without keeping its
// pages: asked from front to back, it reads every byte once.
class LineCounter {
 public:
  explicit LineCounter(const Input& input) : input_(input) {}

  // "`name`:`line of offset`: `message`"
  std::string at(std::size_t offset, std::string_view message);

 private:
  Input input_;
  std::size_t counted_ = 0;
  std::int64_t line_ = 1;
};

// One element of a valgrind XML file that stands right below
// <valgrindoutput>, or one of the tags around them: name "error" with text
// "<error>...</error>", name "?xml", "valgrindoutput" or "/valgrindoutput".
struct Record {
  std::string_view name;
  std::string_view text;
  std::size_t offset = 0;
  bool rebuilt = false;  // put together from lines that did not follow each other
};

// Walks the records of a file from front to back, whatever tree they would
// make: files with several documents, documents inside one another, and files
// that were cut anywhere all are a sequence of records.
//
//   while (records.next(record)) if (!use(record)) records.take_apart(record);
//
// Bounded memory: what lies before the current record is forgotten.
class Records {
 public:
  explicit Records(const Input& input) : input_(input), lines_(input) {}

  // The next whole record; false at the end. Its texts hold until the next call.
  bool next(Record& record);

  // Says that `record`, the last one, is not well-formed: other records may
  // have been written into it. What can be made of it comes next, if anything.
  void take_apart(const Record& record);

  // Adds "file:line: message" to the warnings, and that something is missing;
  // from the thousandth on they are only counted.
  void damage(std::size_t offset, std::string_view message);
  void warn(std::size_t offset, std::string_view message);
  std::vector<std::string> take_warnings();

  // Whether something is missing, and how many records may hold lines of another.
  bool damaged() const { return damaged_; }
  std::int64_t mixed() const { return mixed_; }

 private:
  bool next_taken_apart(Record& record);
  bool next_in_place(Record& record);
  void take_line_apart();
  void skip_unknown();
  std::size_t end_of(std::string_view name);
  std::size_t line_end(std::size_t at) const;
  void forget_now_and_then();

  Input input_;
  LineCounter lines_;
  std::size_t at_ = 0;
  std::size_t forgotten_ = 0;
  Demixer demixer_;
  std::deque<Demixer::Element> taken_apart_;
  Demixer::Element current_;  // what the last record points to, if taken apart
  std::map<std::string_view, std::size_t> no_end_before_;
  std::vector<std::string> warnings_;
  std::int64_t not_shown_ = 0;
  std::int64_t mixed_ = 0;
  bool damaged_ = false;
};

}  // namespace tidemark
