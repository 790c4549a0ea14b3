#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>
#include <string_view>

#include "lib/cli/pages.h"
#include "lib/cli/table.h"

namespace tidemark::cli {
namespace {

// `text` as troff prints it: a backslash and a minus are commands of its own,
// and a line must not start with a dot or a quote.
std::string plain(std::string_view text) {
  std::string escaped;
  if (text.starts_with('.') || text.starts_with('\'')) escaped = "\\&";
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string upper(std::string_view text) {
  std::string upper;
  for (const char c : text) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

std::string option_entry(const Option& option) {
  std::string entry = ".TP\n";
  if (!short_name(option).empty()) entry += fmt::format("\\fB{}\\fR, ", plain(short_name(option)));
  entry += fmt::format("\\fB{}\\fR", plain(long_name(option)));
  if (!is_flag(option)) entry += fmt::format(" \\fI{}\\fR", plain(option.value));
  entry += fmt::format("\n{}.", plain(option.summary));
  const auto choices = choices_of(option);
  if (!choices.empty()) entry += plain(fmt::format(" One of {}.", fmt::join(choices, ", ")));
  if (!option.fallback.empty()) entry += plain(fmt::format(" Default: {}.", option.fallback));
  if (option.repeats) entry += " May be repeated.";
  return entry + '\n';
}

constexpr std::string_view kExitStatus =
    ".SH EXIT STATUS\n"
    ".TP\n0\nNothing to report.\n"
    ".TP\n1\nFound what it looks for: a leak, a regression.\n"
    ".TP\n2\nThe command line, or a file that the user wrote, is wrong.\n"
    ".TP\n3\nAn input, a profiler or the profiled program failed.\n"
    ".TP\n4\nNot enough data to decide.\n";

}  // namespace

std::string man_page(const Tool& tool) {
  std::string page = fmt::format(".TH {} 1 \"\" \"tidemark {}\" \"User Commands\"\n",
                                 upper(tool.name), TIDEMARK_VERSION);
  page += fmt::format(".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n", tool.name, plain(tool.summary));
  for (const Verb& verb : tool.verbs) {
    page += fmt::format("\\fB{}\\fR{}\n.br\n", plain(command_of(tool, verb)),
                        plain(usage_of(tool, verb).substr(command_of(tool, verb).size())));
  }
  page += ".SH DESCRIPTION\n";
  for (const Verb& verb : tool.verbs) {
    if (has_verbs(tool)) page += fmt::format(".SS {}\n", plain(command_of(tool, verb)));
    page += plain(verb.summary) + '\n';
    for (const Option& option : verb.options) page += option_entry(option);
    for (const Example& example : verb.examples) {
      page += fmt::format(".PP\n{}:\n.PP\n.EX\n{}\n.EE\n", plain(example.about),
                          plain(example.command));
    }
  }
  page += kExitStatus;
  return page;
}

}  // namespace tidemark::cli
