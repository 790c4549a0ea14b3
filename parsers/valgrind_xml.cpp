// The XML that valgrind's memcheck, helgrind and drd write with --xml=yes:
// protocols 1 to 5, checked against valgrind 3.19 (protocol 4). Described in
// valgrind's docs/internals/xml-output.txt and xml-output-protocol4.txt.
//
//   <?xml version="1.0"?>
//   <valgrindoutput>
//   <protocolversion>4</protocolversion>
//   <protocoltool>memcheck</protocoltool>
//   <preamble> <line>Using Valgrind-3.19.0 and LibVEX; ...</line>... </preamble>
//   <pid>9814</pid> <ppid>9813</ppid> <tool>memcheck</tool>
//   <args> <vargv>...</vargv> <argv> <exe>./a</exe> <arg>1</arg>... </argv> </args>
//   <status> <state>RUNNING</state> <time>...</time> </status>
//   ( <error> | <announcethread> | <suppression> | <clientmsg> )...
//   <fatal_signal>...</fatal_signal>?
//   <status> <state>FINISHED</state> <time>...</time> </status>
//   <error>...                          the leaks
//   <errorcounts> <pair> <count>5</count> <unique>0x0</unique> </pair>... </errorcounts>
//   <suppcounts> <pair> <count>1</count> <name>dl-hack3</name> </pair>... </suppcounts>
//   </valgrindoutput>
//
// An error (helgrind: texts in <xwhat><text>, threads in <hthreadid>):
//
//   <error>
//     <unique>0x0</unique> <tid>1</tid> <threadname>?</threadname> <kind>InvalidWrite</kind>
//     <what>Invalid write of size 1</what>
//     <stack>
//       <frame> <ip>0x10</ip> <obj>/a</obj> <fn>f</fn> <dir>/src</dir> <file>a.c</file>
//               <line>7</line> </frame>...
//     </stack>
//     ( <auxwhat>Address 0x4a is 0 bytes after a block of size 8 alloc'd</auxwhat>
//       <stack>...</stack>? )...
//     <suppression>... <rawtext><![CDATA[...]]></rawtext> </suppression>?
//   </error>
//
// A target that forks makes this a sequence without a tree: see Records for how
// it is cut, Demixer for lines of several processes in turns, Processes for who
// wrote what.

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/valgrind_xml_error.h"
#include "parsers/valgrind_xml_processes.h"
#include "parsers/valgrind_xml_records.h"
#include "parsers/valgrind_xml_stacks.h"

namespace tidemark {
namespace {

constexpr std::int64_t kNewestProtocol = 5;

bool recognizes(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  const std::size_t start = head.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return false;
  head.remove_prefix(start);
  if (head.starts_with("<valgrindoutput>")) return true;
  return head.starts_with("<?xml") && head.find("<valgrindoutput>") != std::string_view::npos;
}

// Reads one file; a value of its own, so that its parts see one another.
class Reader {
 public:
  explicit Reader(const Input& input)
      : input_(input), records_(input), errors_(stacks_), processes_(recording_, stacks_) {}

  Recording read();

 private:
  bool use(const Record& record);
  bool use_error(const Record& record);
  bool use_small(const Record& record);
  void use_pairs(std::string_view text);
  bool use_announcement(const Record& record);
  void use_preamble(const pugi::xml_node& node);
  void use_arguments(const pugi::xml_node& node);
  void use_protocol(const Record& record, std::string_view version);
  void conclude();

  Input input_;
  Recording recording_;
  Records records_;
  StackTable stacks_;
  ErrorReader errors_;
  Processes processes_;
  ErrorText error_;
};

Recording Reader::read() {
  Record record;
  while (records_.next(record)) {
    if (!use(record)) records_.take_apart(record);
  }
  conclude();
  return std::move(recording_);
}

// False when the record is not well-formed.
bool Reader::use(const Record& record) {
  const std::string_view name = record.name;
  if (name == "error" || name == "fatal_signal") return use_error(record);
  if (name == "announcethread") return use_announcement(record);
  if (name == "errorcounts" || name == "suppcounts") {
    use_pairs(record.text);
    return true;
  }
  if (name == "valgrindoutput") processes_.open();
  if (name == "/valgrindoutput") processes_.close();
  // A repeated error's suppression, which the error has already (3.19).
  if (record.text.starts_with('<') && (name == "?xml" || name.ends_with("valgrindoutput"))) {
    return true;
  }
  return name == "suppression" || name == "clientmsg" || use_small(record);
}

bool Reader::use_error(const Record& record) {
  if (!errors_.read(record.text, error_)) return false;
  if (record.name == "error") {
    processes_.add(error_);
  } else {
    processes_.add_fatal(error_);
  }
  return true;
}

bool Reader::use_announcement(const Record& record) {
  if (!errors_.read(record.text, error_)) return false;
  const bool stack = !error_.parts.empty() && error_.parts.front().stack != ErrorText::kNoStack;
  if (stack && !error_.threads.empty()) {
    processes_.announce(error_.threads.front(), error_.parts.front().stack);
  }
  return true;
}

// Pair by pair: there may be many.
void Reader::use_pairs(std::string_view text) {
  constexpr std::string_view kEnd = "</pair>";
  pugi::xml_document document;
  for (std::size_t start = text.find("<pair>"); start != std::string_view::npos;) {
    const std::size_t end = text.find(kEnd, start);
    if (end == std::string_view::npos) return;
    document.load_buffer(text.data() + start, end + kEnd.size() - start, pugi::parse_default,
                         pugi::encoding_utf8);
    const pugi::xml_node pair = document.document_element();
    const auto count = to_number(pair.child_value("count"));
    const auto unique = to_hex(pair.child_value("unique"));
    const std::string_view name = pair.child_value("name");
    if (count && unique) processes_.count(*unique, *count);
    if (count && !name.empty()) {
      auto& used = recording_.suppressions_used;
      const auto known = std::ranges::find(used, name, &SuppressionUse::name);
      if (known == used.end()) {
        used.push_back({.name = std::string(name), .count = *count});
      } else {
        known->count = checked_add(known->count, *count);
      }
    }
    start = text.find("<pair>", end);
  }
}

bool Reader::use_small(const Record& record) {
  pugi::xml_document document;
  if (!document.load_buffer(record.text.data(), record.text.size(), pugi::parse_default,
                            pugi::encoding_utf8)) {
    return false;
  }
  const pugi::xml_node node = document.document_element();
  const std::string_view value = node.child_value();
  if (record.name == "pid") processes_.pid(to_number(value).value_or(0));
  if (record.name == "ppid") processes_.parent(to_number(value).value_or(0));
  if (record.name == "protocolversion") use_protocol(record, value);
  if (record.name == "tool") recording_.producer = value;
  if (record.name == "preamble") use_preamble(node);
  if (record.name == "args") use_arguments(node);
  if (record.name == "status" && std::string_view(node.child_value("state")) == "FINISHED") {
    processes_.finished();
  }
  return true;
}

void Reader::use_protocol(const Record& record, std::string_view version) {
  const auto number = to_number(version);
  if (number && *number >= 1 && *number <= kNewestProtocol) return;
  throw Error(LineCounter(input_).at(
      record.offset, fmt::format("expected valgrind's XML protocol 1 to {}, found {}",
                                 kNewestProtocol, quoted(version))));
}

void Reader::use_preamble(const pugi::xml_node& node) {
  constexpr std::string_view kUsing = "Using Valgrind-";
  for (const pugi::xml_node& line : node.children("line")) {
    std::string_view text = line.child_value();
    if (!text.starts_with(kUsing)) continue;
    text.remove_prefix(kUsing.size());
    recording_.producer_version = text.substr(0, text.find(' '));
  }
}

void Reader::use_arguments(const pugi::xml_node& node) {
  const pugi::xml_node target = node.child("argv");
  std::string command = target.child_value("exe");
  for (const pugi::xml_node& argument : target.children("arg")) {
    command += ' ';
    command += argument.child_value();
  }
  processes_.command(std::move(command));
}

void Reader::conclude() {
  const Processes::Summary summary = processes_.finish();
  const std::size_t end = input_.bytes.size();
  if (!summary.any) {
    for (const std::string& warning : records_.take_warnings()) throw Error(warning);
    throw Error(LineCounter(input_).at(
        end, "expected <pid> and what valgrind found, found the end of the file"));
  }
  if (!summary.whole) {
    records_.damage(
        end, fmt::format("the file ends before </valgrindoutput> of {}: cut off, or still being "
                         "written; {} findings before it are whole",
                         summary.cut_pid == 0 ? "a forked process"
                                              : fmt::format("process {}", summary.cut_pid),
                         recording_.findings.size()));
  }
  if (summary.shared) {
    records_.warn(0,
                  "processes that forked share this file, which does not say who wrote what: "
                  "pids are taken from the order of their reports, and some are not known; run "
                  "valgrind with --xml-file=NAME.%p to keep them apart");
  }
  if (records_.mixed() != 0) {
    records_.warn(0, fmt::format("processes wrote into the middle of each other's elements: the "
                                 "frames of {} of them may be swapped",
                                 records_.mixed()));
  }
  recording_.partial = records_.damaged();
  recording_.warnings = records_.take_warnings();
}

Recording parse(const Input& input) { return Reader(input).read(); }

}  // namespace

constinit const Format kValgrindXmlFormat = {
    .name = "valgrind-xml",
    .summary = "valgrind --xml=yes: what memcheck, helgrind or drd found",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
