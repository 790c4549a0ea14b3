#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <vector>

#include "lib/cli/pages.h"
#include "lib/cli/table.h"

namespace tidemark::cli {
namespace {

// "--output|-o" for a case of the shell.
std::string pattern(const Option& option) {
  const std::string_view brief = short_name(option);
  return brief.empty() ? std::string(long_name(option))
                       : fmt::format("{}|{}", long_name(option), brief);
}

// What the shell offers after an option that takes a value: its choices, else
// files.
std::string value_case(const Option& option) {
  const auto choices = choices_of(option);
  const std::string words =
      choices.empty() ? "-f" : fmt::format("-W '{}'", fmt::join(choices, " "));
  return fmt::format("      {}) COMPREPLY=($(compgen {} -- \"$word\")); return ;;\n",
                     pattern(option), words);
}

std::string verb_case(const Verb& verb) {
  std::vector<std::string_view> names;
  std::string values;
  for (const auto options : {verb.options, common_options()}) {
    for (const Option& option : options) {
      names.push_back(long_name(option));
      if (!is_flag(option)) values += value_case(option);
    }
  }
  if (!values.empty()) values = "    case \"$before\" in\n" + values + "    esac\n";
  return fmt::format("  {})\n{}    options='{}' ;;\n", verb.name.empty() ? "*" : verb.name, values,
                     fmt::join(names, " "));
}

}  // namespace

// After "--" comes another command with arguments of its own, for which files
// are offered.
std::string bash_completion(const Tool& tool) {
  std::vector<std::string_view> verbs;
  std::string cases;
  for (const Verb& verb : tool.verbs) {
    verbs.push_back(verb.name);
    cases += verb_case(verb);
  }
  std::string script = fmt::format(
      "# bash completion for {0}, made by {0} --completion bash\n"
      "_{0}() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}\n"
      "  local options='' i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    [[ ${{COMP_WORDS[i]}} == -- ]] && {{ COMPREPLY=($(compgen -f -- \"$word\")); return; "
      "}}\n"
      "  done\n",
      tool.name);
  if (has_verbs(tool)) {
    script += fmt::format(
        "  if ((COMP_CWORD == 1)); then\n"
        "    COMPREPLY=($(compgen -W '{} --help --version' -- \"$word\"))\n"
        "    return\n"
        "  fi\n",
        fmt::join(verbs, " "));
  }
  script +=
      fmt::format("  case \"{}\" in\n{}  esac\n", has_verbs(tool) ? "${COMP_WORDS[1]}" : "", cases);
  script += fmt::format(
      "  if [[ $word == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
      "  fi\n"
      "}}\n"
      "complete -o filenames -F _{0} {0}\n",
      tool.name);
  return script;
}

}  // namespace tidemark::cli
