#include "lib/cli/tool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <system_error>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"
#include "lib/cli/pages.h"
#include "lib/cli/parser.h"
#include "lib/cli/table.h"
#include "lib/cli/terminal.h"

namespace tidemark::cli {
namespace {

const std::string kNone;
const std::vector<std::string> kNoValues;

using Words = std::vector<std::string>;

std::size_t page_width() { return std::min<std::size_t>(width(STDOUT_FILENO), 100); }

int print(const std::string& page) {
  fmt::print("{}", page);
  return kOk;
}

// The verb called `name`; UsageError with the nearest one when there is none.
const Verb& verb_named(const Tool& tool, const std::string& name) {
  const auto found = std::ranges::find(tool.verbs, name, &Verb::name);
  if (found != tool.verbs.end()) return *found;
  std::vector<std::string_view> names;
  for (const Verb& verb : tool.verbs) names.push_back(verb.name);
  const std::string_view meant = nearest(name, names);
  if (!tool.file_verb.empty() && ::access(name.c_str(), F_OK) == 0) {
    throw UsageError(fmt::format("{} is a file, not a verb", tidemark::quoted(name)),
                     fmt::format("{} {} {}; {} --help lists other verbs", tool.name, tool.file_verb,
                                 printable(name), tool.name));
  }
  throw UsageError(fmt::format("there is no verb {}", tidemark::quoted(name)),
                   meant.empty() ? fmt::format("{} --help lists them", tool.name)
                                 : fmt::format("did you mean {} {}?", tool.name, meant));
}

bool asks_for_help(const Words& words) {
  const auto end = std::ranges::find(words, "--");
  return std::any_of(words.begin(), end,
                     [](const std::string& word) { return word == "--help" || word == "-h"; });
}

int run_verb(const Tool& tool, const Verb& verb, const Words& words, const Words& command_line) {
  if (asks_for_help(words)) return print(help_page(tool, verb, page_width()));
  return verb.run(Parser(tool, verb).parse(words, command_line));
}

int dispatch(const Tool& tool, const Words& command_line) {
  const Words words(command_line.begin() + 1, command_line.end());
  const std::string first = words.empty() ? "" : words.front();
  if (first == "--version") return print(fmt::format("{} {}\n", tool.name, TIDEMARK_VERSION));
  if (first == "--man") return print(man_page(tool));
  if (first == "--markdown") return print(markdown_page(tool));
  if (first == "--completion") {
    if (words.size() != 2 || words[1] != "bash") {
      throw UsageError("--completion knows one shell: bash");
    }
    return print(bash_completion(tool));
  }
  if (!has_verbs(tool)) return run_verb(tool, tool.verbs.front(), words, command_line);
  if (first == "--help" || first == "-h") return print(help_page(tool, page_width()));
  if (words.empty()) {
    throw UsageError("which verb?", fmt::format("{} --help lists them", tool.name));
  }
  return run_verb(tool, verb_named(tool, first), Words(words.begin() + 1, words.end()),
                  command_line);
}

// What was printed may still be in a buffer; the disk or the reader may be gone.
void flush_output() {
  const bool streams_fail = !std::cout.flush();
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || streams_fail) {
    throw errno_error("standard output");
  }
}

// A reader that closes our output early gives EPIPE, which is reported like any
// other failed write. A handler rather than SIG_IGN: exec resets a handler, so
// the programs that we start keep the usual behaviour.
void survive_closed_pipes() {
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGPIPE, &action, nullptr);
}

// `text` without what a terminal would obey; its lines stay lines.
std::string printable_lines(std::string_view text) {
  std::string safe;
  while (true) {
    const std::size_t end = text.find('\n');
    safe += printable(text.substr(0, end));
    if (end == std::string_view::npos) return safe;
    safe += '\n';
    text.remove_prefix(end + 1);
  }
}

// Names of files may hold escape sequences, as those of functions may.
int failed(const Tool& tool, const Error& error, int code) {
  fmt::print(stderr, "{}: {}\n", tool.name, printable_lines(error.what()));
  if (!error.hint().empty()) fmt::print(stderr, "  hint: {}\n", printable_lines(error.hint()));
  return code;
}

int failed(const Tool& tool, const char* what) {
  fmt::print(stderr, "{}: internal error: {}\n", tool.name, what);
  return kFailed;
}

}  // namespace

const std::string& Args::value(std::string_view option) const {
  const std::vector<std::string>& all = values(option);
  return all.empty() ? kNone : all.back();
}

const std::vector<std::string>& Args::values(std::string_view option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? kNoValues : found->second;
}

bool Args::given(std::string_view option) const {
  const auto found = given_.find(option);
  return found != given_.end() && found->second;
}

std::string Args::operand_or(std::string_view fallback) const {
  return operands_.empty() ? std::string(fallback) : operands_.front();
}

int run_tool(const Tool& tool, int argc, char** argv) {
  survive_closed_pipes();
  try {
    const int code = dispatch(tool, Words(argv, argv + argc));
    flush_output();
    return code;
  } catch (const UsageError& error) {
    return failed(tool, error, kUsage);
  } catch (const Error& error) {
    return failed(tool, error, kFailed);
  } catch (const std::system_error& error) {
    // fmt::print() throws it, and so does the standard library.
    const bool output = std::ferror(stdout) != 0;
    return failed(tool, Error(output ? "standard output: " + error.code().message() : error.what()),
                  kFailed);
  } catch (const std::bad_alloc&) {
    return failed(tool, Error("out of memory"), kFailed);
  } catch (const std::exception& error) {
    return failed(tool, error.what());
  } catch (...) {
    return failed(tool, "something that is not an exception was thrown");
  }
}

}  // namespace tidemark::cli
