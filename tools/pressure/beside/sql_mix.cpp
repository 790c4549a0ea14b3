#include "tools/pressure/beside/sql_mix.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"
#include "lib/base/numbers.h"

namespace tidemark::pressure {
namespace {

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_name(char c) { return is_letter(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view taken_word(std::string_view& text) {
  text = trimmed(text);
  const auto end = std::ranges::find_if(text, is_blank);
  const auto size = static_cast<std::size_t>(end - text.begin());
  const std::string_view word = text.substr(0, size);
  text.remove_prefix(size);
  return word;
}

std::string first_word(std::string_view statement) {
  std::string word;
  for (const char c : statement) {
    if (!is_letter(c)) break;
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return word;
}

class MixReader {
 public:
  explicit MixReader(const Input& input) : input_(input), text_(input.bytes) {}

  SqlMix read() {
    mix_.entries.emplace_back();
    while (skip_blanks()) {
      if (text_.substr(at_).starts_with("--")) {
        read_comment();
      } else if (text_[at_] == ':' && at_ + 1 < text_.size() && is_letter(text_[at_ + 1])) {
        read_variable();
      } else {
        read_statement();
      }
    }
    // What stands before the first heading is an entry only if it says something.
    if (entry().statements.empty() && (mix_.entries.size() > 1 || has_heading_)) {
      fail(heading_line_, "expected a statement that ends with ';' below this line");
    }
    if (entry().statements.empty()) fail(line_, "expected a statement that ends with ';'");
    check_entry();
    return std::move(mix_);
  }

 private:
  SqlMix::Entry& entry() { return mix_.entries.back(); }

  [[noreturn]] void fail(std::int64_t line, const std::string& problem,
                         std::string hint = "") const {
    throw UsageError(fmt::format("{}:{}: {}", input_.name, line, problem), std::move(hint));
  }

  void advance() { line_ += text_[at_++] == '\n' ? 1 : 0; }

  bool skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) advance();
    return at_ < text_.size();
  }

  std::string_view rest_of_line() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = text_.substr(at_, end - at_);
    at_ = end;
    return trimmed(line);
  }

  // "-- weight: 40 name: pay" begins an entry; any other comment says nothing.
  void read_comment() {
    std::string_view words = rest_of_line();
    words.remove_prefix(2);
    if (const auto start = trimmed(words);
        !start.starts_with("weight:") && !start.starts_with("name:")) {
      return;
    }
    if (has_heading_ || !entry().statements.empty()) {
      if (entry().statements.empty()) fail(heading_line_, "expected a statement below this line");
      check_entry();
      mix_.entries.emplace_back();
    }
    has_heading_ = true;
    heading_line_ = line_;
    while (!trimmed(words).empty()) read_property(words);
  }

  void read_property(std::string_view& words) {
    std::string_view key = taken_word(words);
    std::string_view value;
    if (const std::size_t colon = key.find(':'); colon + 1 < key.size()) {  // "weight:40"
      value = key.substr(colon + 1);
      key = key.substr(0, colon + 1);
    } else {
      value = taken_word(words);
    }
    if (key == "weight:") {
      const std::optional<double> weight = to_double(value);
      if (!weight || !(*weight > 0)) {
        fail(line_, fmt::format("expected a weight above 0, found {}", quoted(value)));
      }
      entry().weight = *weight;
    } else if (key == "name:" && !value.empty()) {
      entry().name = value;
    } else {
      fail(line_, fmt::format("expected 'weight: NUMBER' or 'name: WORD', found {}", quoted(key)));
    }
  }

  // ":aid = ${int:1..100000}"
  void read_variable() {
    const std::int64_t line = line_;
    const std::string_view text = rest_of_line();
    const std::size_t equals = text.find('=');
    const std::string_view name = trimmed(text.substr(1, std::max<std::size_t>(equals, 1) - 1));
    if (equals == std::string_view::npos || !std::ranges::all_of(name, is_name)) {
      fail(line, fmt::format("expected ':name = template', found {}", quoted(text)));
    }
    if (!entry().statements.empty()) {
      fail(line, fmt::format("expected :{} above the statements of its entry", name));
    }
    entry().variables.emplace_back(
        name, load::Template(trimmed(text.substr(equals + 1)),
                             fmt::format("{}:{}: :{}", input_.name, line, name), {}));
  }

  void read_statement() {
    const std::int64_t line = line_;
    SqlMix::Statement statement;
    while (at_ < text_.size() && text_[at_] != ';') read_piece(statement);
    if (at_ == text_.size()) fail(line, "expected ';' after this statement, found the end");
    ++at_;
    statement.text = trimmed(statement.text);
    if (statement.text.empty()) fail(line, "expected a statement before ';'");
    if (statement.parameters.size() > 65535) fail(line, "expected at most 65535 parameters");
    entry().statements.push_back(std::move(statement));
  }

  // A string, a quoted name, a comment, a parameter, or one letter.
  void read_piece(SqlMix::Statement& statement) {
    const std::string_view rest = text_.substr(at_);
    const char c = rest.front();
    if (rest.starts_with("--")) {
      rest_of_line();
    } else if (rest.starts_with("/*")) {
      copy(nullptr, 2, "*/");
    } else if (c == '\'' || c == '"') {
      copy(&statement.text, 1, {&c, 1});
    } else if (c == '$' && !dollar_quote(rest).empty()) {
      const std::string_view quote = dollar_quote(rest);
      copy(&statement.text, quote.size(), quote);
    } else if (rest.starts_with("::")) {
      statement.text += "::";
      at_ += 2;
    } else if (c == ':' && rest.size() > 1 && is_letter(rest[1])) {
      read_parameter(statement);
    } else {
      statement.text += c;
      advance();
    }
  }

  // "$$" or "$tag$" at the start of `text`; empty: neither.
  static std::string_view dollar_quote(std::string_view text) {
    std::size_t end = 1;
    while (end < text.size() && is_name(text[end])) ++end;
    const bool digit = end > 1 && !is_letter(text[1]);
    return end < text.size() && text[end] == '$' && !digit ? text.substr(0, end + 1)
                                                           : std::string_view();
  }

  // Goes over what begins with `opening` letters here and ends with `closing`.
  void copy(std::string* to, std::size_t opening, std::string_view closing) {
    const std::size_t end = text_.find(closing, at_ + opening);
    if (end == std::string_view::npos) fail(line_, fmt::format("expected {} after this", closing));
    const std::size_t stop = end + closing.size();
    if (to != nullptr) *to += text_.substr(at_, stop - at_);
    while (at_ < stop) advance();
  }

  void read_parameter(SqlMix::Statement& statement) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_name(text_[end])) ++end;
    const std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    const auto& variables = entry().variables;
    const auto variable = std::ranges::find(variables, name, [](const auto& v) { return v.first; });
    if (variable == variables.end()) {
      std::vector<std::string_view> known;
      known.reserve(variables.size());
      for (const auto& [one, value] : variables) known.push_back(one);
      const std::string_view meant = nearest(name, known);
      fail(line_, fmt::format("expected a line ':{} = ...' above", name),
           meant.empty() ? "" : fmt::format("did you mean :{}?", meant));
    }
    const auto place = static_cast<std::size_t>(variable - variables.begin());
    auto& parameters = statement.parameters;
    const auto known = std::ranges::find(parameters, place);
    const auto number = known - parameters.begin() + 1;
    if (known == parameters.end()) parameters.push_back(place);
    statement.text += fmt::format("${}", number);
    at_ = end;
  }

  void check_entry() {
    const auto& statements = entry().statements;
    const std::string first = first_word(statements.front().text);
    entry().is_transaction = first == "begin" || first == "start";
    if (!entry().is_transaction) return;
    constexpr std::array<std::string_view, 4> kEnds = {"commit", "end", "rollback", "abort"};
    if (std::ranges::find(kEnds, first_word(statements.back().text)) == kEnds.end()) {
      fail(line_, "expected 'commit;' or 'rollback;' at the end of a transaction");
    }
  }

  const Input& input_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
  std::int64_t heading_line_ = 1;
  bool has_heading_ = false;
  SqlMix mix_;
};

}  // namespace

SqlMix parse_sql_mix(const Input& input) { return MixReader(input).read(); }

}  // namespace tidemark::pressure
