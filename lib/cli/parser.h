#pragma once

#include <string>
#include <vector>

#include "lib/cli/tool.h"

namespace tidemark::cli {

// Reads the arguments of one verb by its table. The only door to CLI11.
class Parser {
 public:
  Parser(const Tool& tool, const Verb& verb) : tool_(tool), verb_(verb) {}

  // `words` is what followed the verb; `command_line` is kept for run.json.
  // Throws UsageError, which says what is wrong with which word and, for a
  // mistyped option, what was probably meant.
  Args parse(const std::vector<std::string>& words, std::vector<std::string> command_line) const;

 private:
  void read_options(const std::vector<std::string>& words, Args& args) const;
  void add_operand(const std::string& word, Args& args) const;
  void check_operands(const Args& args) const;
  std::string hint() const;

  const Tool& tool_;
  const Verb& verb_;
};

}  // namespace tidemark::cli
