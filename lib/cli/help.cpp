#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "lib/cli/pages.h"
#include "lib/cli/table.h"

namespace tidemark::cli {
namespace {

struct Row {
  std::string term;
  std::string text;
};

// `text` broken into lines of at most `width`, the first one indented by what is
// already there, all others by `indent`.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string lines;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (column > indent && column + 1 + end > width) {
      lines += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      lines += ' ';
      ++column;
    }
    lines += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines + '\n';
}

std::string two_columns(const std::vector<Row>& rows, std::size_t width) {
  constexpr std::size_t kWidestTerm = 26;
  std::size_t term_width = 0;
  for (const Row& row : rows) {
    if (row.term.size() <= kWidestTerm) term_width = std::max(term_width, row.term.size());
  }
  std::string text;
  const std::size_t indent = term_width + 4;
  for (const Row& row : rows) {
    text += "  " + row.term;
    text += row.term.size() > term_width ? '\n' + std::string(indent, ' ')
                                         : std::string(term_width - row.term.size() + 2, ' ');
    text += wrapped(row.text, indent, width);
  }
  return text;
}

std::string option_term(const Option& option) {
  const std::string_view brief = short_name(option);
  std::string term = brief.empty() ? "    " : fmt::format("{}, ", brief);
  term += long_name(option);
  if (!is_flag(option)) term.append(" ").append(option.value);
  return term;
}

std::string option_text(const Option& option) {
  std::string text(option.summary);
  const auto choices = choices_of(option);
  if (!choices.empty()) text += fmt::format("; one of {}", fmt::join(choices, ", "));
  if (!option.fallback.empty()) text += fmt::format(" (default: {})", option.fallback);
  if (option.repeats) text += " (may be repeated)";
  return text;
}

std::string examples_text(std::span<const Example> examples, std::size_t width) {
  std::string text;
  for (const Example& example : examples) {
    text += fmt::format("\n  {}\n      ", example.command);
    text += wrapped(example.about, 6, width);
  }
  return text;
}

// A bar would end the cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped;
}

std::string markdown_row(const Option& option) {
  const std::string_view brief = short_name(option);
  std::string names = brief.empty() ? "" : fmt::format("`{}`, ", brief);
  names += fmt::format("`{}{}{}`", long_name(option), is_flag(option) ? "" : " ", option.value);
  return fmt::format("| {} | {} |\n", cell(names), cell(option_text(option)));
}

}  // namespace

std::string help_page(const Tool& tool, const Verb& verb, std::size_t width) {
  std::vector<Row> rows;
  for (const auto options : {verb.options, common_options()}) {
    for (const Option& option : options) rows.push_back({option_term(option), option_text(option)});
  }
  if (!has_verbs(tool)) rows.push_back({"    --version", "print the version"});
  std::string page = fmt::format("usage: {}\n\n", usage_of(tool, verb));
  page += wrapped(verb.summary, 0, width);
  page += "\noptions:\n" + two_columns(rows, width);
  if (!verb.examples.empty()) page += "\nexamples:" + examples_text(verb.examples, width);
  return page;
}

std::string help_page(const Tool& tool, std::size_t width) {
  if (!has_verbs(tool)) return help_page(tool, tool.verbs.front(), width);
  std::vector<Row> rows;
  for (const Verb& verb : tool.verbs)
    rows.push_back({std::string(verb.name), std::string(verb.summary)});
  std::string page = fmt::format("usage: {} VERB [OPTION]...\n\n", tool.name);
  page += wrapped(tool.summary, 0, width);
  page += "\nverbs:\n" + two_columns(rows, width);
  page += "\noptions:\n" + two_columns({{"-h, --help", "show this page; after a verb, that verb's"},
                                        {"    --version", "print the version"}},
                                       width);
  // Two examples that work when pasted: the first ones of the first two verbs.
  std::string examples;
  for (const Verb& verb : tool.verbs.first(std::min<std::size_t>(tool.verbs.size(), 2))) {
    examples +=
        examples_text(verb.examples.first(std::min<std::size_t>(verb.examples.size(), 1)), width);
  }
  if (!examples.empty()) page += "\nexamples:" + examples;
  return page;
}

std::string markdown_page(const Tool& tool) {
  std::string page;
  for (const Verb& verb : tool.verbs) {
    page += fmt::format("## `{}`\n\n{}\n\n", usage_of(tool, verb), verb.summary);
    page += "| option | what it does |\n|---|---|\n";
    for (const Option& option : verb.options) page += markdown_row(option);
    for (const Option& option : common_options()) page += markdown_row(option);
    for (const Example& example : verb.examples) {
      page += fmt::format("\n{}:\n\n```console\n$ {}\n```\n", example.about, example.command);
    }
    page += '\n';
  }
  return page;
}

}  // namespace tidemark::cli
