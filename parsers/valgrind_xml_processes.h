#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/id_table.h"
#include "lib/model/recording.h"
#include "parsers/valgrind_xml_error.h"
#include "parsers/valgrind_xml_stacks.h"

namespace tidemark {

// Puts the findings of a valgrind XML file together, per process.
//
// A document names its process at its start; one that forked without exec
// names none. It goes on in its parent's document and ends in a report of its
// own, so such a document, a family, has several ends:
//
//   <valgrindoutput> <pid>7</pid> errors of 7 and of its children
//     FINISHED leaks <errorcounts>... </valgrindoutput>        a child's report
//     FINISHED leaks <errorcounts>... </valgrindoutput>        7's report
//
// The last report is taken for that of the process that the document names: a
// parent waits for its children. The others have pid 0, "not known". An error
// that came before the reports belongs to the process whose <errorcounts> alone
// lists it; one that all list happened before the fork, to the parent; one that
// several processes had each for itself has pid 0.
//
// Equal findings of one process (kind and stacks) are one, their bytes, blocks
// and counts summed. A leak search that a later one repeats is left out.
class Processes {
 public:
  Processes(Recording& recording, const StackTable& stacks)
      : recording_(&recording), stacks_(&stacks) {}

  void open();  // <valgrindoutput>
  void pid(std::int64_t pid);
  void parent(std::int64_t pid);
  void command(std::string command);
  void finished();  // <state>FINISHED</state>
  void close();     // </valgrindoutput>

  void add(const ErrorText& error);
  void add_fatal(const ErrorText& error);  // code: the signal's name
  void announce(std::uint64_t thread, std::uint32_t stack);
  void count(std::uint64_t unique, std::int64_t count);  // one <pair> of <errorcounts>

  // Decides what depends on the whole file. Nothing else may follow.
  struct Summary {
    bool whole = true;         // every process wrote its end
    bool shared = false;       // processes without a pid of their own
    bool any = false;          // a process or a finding is known
    std::int64_t cut_pid = 0;  // the first process that did not write its end
  };
  Summary finish();

 private:
  // A process's own report: what follows FINISHED.
  struct Report {
    std::map<std::uint64_t, std::int64_t> counts;
    std::uint32_t owner = 0;
    bool closed = false;
    bool leaks = false;
  };
  struct Seen {
    std::uint64_t unique = 0;
    std::uint32_t finding = 0;
  };
  struct Family {
    ProcessRecord process;
    std::uint32_t owner = 0;  // of errors before the reports
    std::vector<Report> reports;
    std::vector<Seen> seen;
    std::map<std::uint64_t, std::uint32_t> threads;  // where each was created
    std::uint32_t search_owner = 0;                  // of leaks before the reports
    std::uint32_t search = 0;  // the number of the last leak search before them
    std::int64_t last_loss_record = 0;
    bool unfinished = false;     // something came after the last end
    std::size_t own_report = 0;  // that of `process`, if there is any
  };
  static constexpr std::int64_t kUndecided = -1;
  static constexpr std::uint32_t kAnySearch = 0xFFFFFFFF;
  static constexpr std::uint32_t kNoSearch = 0xFFFFFFFE;
  struct Key {
    std::uint32_t owner = 0;
    std::uint32_t search = 0;
    std::vector<std::uint32_t> stacks;
  };

  Family& family();
  static Report* open_report(Family& family);
  static std::uint32_t owner_of(Family& family, const ErrorText& error);
  std::uint32_t merge(std::uint32_t owner, const ErrorText& error);
  std::vector<LabelledStack> stacks_of(const Family& family, const ErrorText& error) const;
  void decide(Family& family);
  void attribute(Family& family);
  void attribute(const Family& family, std::span<const Seen> same);
  void happened(const Seen& seen, std::int64_t count, std::int64_t pid);

  Recording* recording_;
  const StackTable* stacks_;
  std::vector<Family> families_;
  std::vector<std::size_t> open_;  // families that did not end, innermost last
  std::size_t last_closed_ = 0;    // where a forked process goes on
  bool shared_ = false;
  std::uint32_t owners_ = 0;
  std::vector<std::int64_t> pids_;          // one an owner
  std::vector<std::uint32_t> last_search_;  // the same: the leak search that counts
  IdTable ids_;
  std::vector<Key> keys_;  // one a finding
};

}  // namespace tidemark
