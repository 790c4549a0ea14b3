#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::cli {

// What a tool's exit code says. A tool that needs more starts at 5.
enum ExitCode : int {
  kOk = 0,         // nothing to report
  kFound = 1,      // found what it looks for: a leak, a regression
  kUsage = 2,      // the command line, or a file that the user wrote, is wrong
  kFailed = 3,     // an input, a profiler or the profiled program failed
  kUndecided = 4,  // not enough data to decide
};

// One option. Kept in constant tables, from which parsing, --help, completion
// and the man page all come.
struct Option {
  std::string_view name;      // "--output,-o": the long name first
  std::string_view value;     // what it takes, as help shows it: "FILE"; empty: a flag
  std::string_view summary;   // one line
  std::string_view fallback;  // the default, as help shows it and value_of() returns it
  std::string_view choices;   // "text|html|json": anything else is an error
  bool repeats = false;       // may be given several times
};

struct Example {
  std::string_view command;  // works when pasted
  std::string_view about;    // what it does, one line
};

class Args;

// One verb: "memprof run". A tool without verbs has a single one whose name is
// empty.
struct Verb {
  std::string_view name;
  std::string_view summary;   // one sentence, for the list of verbs too
  std::string_view operands;  // "RUN", "[FILE]...", "-- TARGET [ARG]..."
  std::span<const Option> options;
  std::span<const Example> examples;
  int (*run)(const Args& args);  // the exit code
};

struct Tool {
  std::string_view name;
  std::string_view summary;
  std::span<const Verb> verbs;
  std::string_view file_verb;  // suggested when a file stands where a verb should
};

// What was given on the command line, defaults filled in.
class Args {
 public:
  // The value of an option that takes one; its default when it was not given.
  // REQUIRES: the option is in the verb's table.
  const std::string& value(std::string_view option) const;
  const std::vector<std::string>& values(std::string_view option) const;
  bool given(std::string_view option) const;  // a flag that was set, a value that was given

  const std::vector<std::string>& operands() const { return operands_; }
  std::string operand_or(std::string_view fallback) const;

  // What came after "--", untouched.
  const std::vector<std::string>& rest() const { return rest_; }

  // The whole command line, for run.json.
  const std::vector<std::string>& command_line() const { return command_line_; }

 private:
  friend class Parser;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::map<std::string, bool, std::less<>> given_;
  std::vector<std::string> operands_;
  std::vector<std::string> rest_;
  std::vector<std::string> command_line_;
};

// Parses, runs the verb, prints an Error as "tool: message" with its hint on a
// line of its own, and returns the exit code. Adds --help, --version, and the
// hidden --man and --completion that the build uses.
int run_tool(const Tool& tool, int argc, char** argv);

}  // namespace tidemark::cli
