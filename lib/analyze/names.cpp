#include "lib/analyze/names.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tidemark {
namespace {

constexpr std::string_view kAnonymous = "(anonymous namespace)";
constexpr std::string_view kOperator = "operator";

// What compilers append to the name of a function that they copied or split.
constexpr std::array<std::string_view, 9> kCloneSuffixes = {
    ".isra.", ".constprop.", ".part.",   ".cold",  ".lto_priv.",
    ".llvm.", ".localalias", ".__uniq.", ".clone."};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

// "core::fmt::write::h0123456789abcdef": Rust's legacy hash.
std::string_view without_rust_hash(std::string_view name) {
  constexpr std::size_t kLength = 19;
  if (name.size() <= kLength) return name;
  const std::string_view tail = name.substr(name.size() - kLength);
  const bool hash = tail.starts_with("::h") && std::ranges::all_of(tail.substr(3), [](char c) {
                      return is_digit(c) || (c >= 'a' && c <= 'f');
                    });
  return hash ? name.substr(0, name.size() - kLength) : name;
}

std::string_view without_suffixes(std::string_view name) {
  const std::size_t clone = name.find(" [clone ");
  if (clone != std::string_view::npos && clone > 0) name = name.substr(0, clone);
  for (const std::string_view suffix : kCloneSuffixes) {
    const std::size_t at = name.find(suffix);
    if (at != std::string_view::npos && at > 0) name = name.substr(0, at);
  }
  const std::size_t version = name.find('@');
  if (version != std::string_view::npos && version > 0) name = name.substr(0, version);
  return without_rust_hash(name);
}

// Copies a C++ name without what is in angle brackets, parentheses and square
// brackets. A closing bracket that closes nothing is an ordinary character.
class Stripper {
 public:
  explicit Stripper(std::string_view name) : name_(name) { out_.reserve(name.size()); }

  std::string strip() && {
    while (at_ < name_.size()) step();
    while (out_.ends_with(' ')) out_.pop_back();  // "operator<< <char>"
    return std::move(out_);
  }

 private:
  void step() {
    if (at_operator()) return copy_operator();
    const std::string_view rest = name_.substr(at_);
    if (rest.starts_with(kAnonymous)) return copy(kAnonymous.size());
    switch (rest.front()) {
      case '<':
        return skip_group('<', '>');
      case '(':
        return skip_parameters();
      case '[':
        if (rest.starts_with("[abi:")) return skip_group('[', ']');
        return copy(1);
      case '{':
        return shorten_braces();
      case '\'':
        return shorten_lambda();
      default:
        return copy(1);
    }
  }

  void copy(std::size_t length) {
    out_ += name_.substr(at_, length);
    at_ += length;
  }

  bool at_operator() const {
    const bool starts = name_.substr(at_).starts_with(kOperator);
    const std::size_t next = at_ + kOperator.size();
    return starts && (at_ == 0 || !is_word(name_[at_ - 1])) &&
           (next == name_.size() || !is_word(name_[next]));
  }

  // The symbols of an operator are part of its name: "operator<<", "operator()".
  void copy_operator() {
    copy(kOperator.size());
    const std::string_view rest = name_.substr(at_);
    if (rest.starts_with("()") || rest.starts_with("[]")) return copy(2);
    for (const std::string_view symbol :
         {"<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "<", ">"}) {
      if (rest.starts_with(symbol)) return copy(symbol.size());
    }
  }

  // Goes behind the bracket that closes this one; behind this one alone when
  // none does.
  void skip_group(char open, char close) {
    std::size_t depth = 0;
    for (std::size_t i = at_; i < name_.size(); ++i) {
      if (name_[i] == open) ++depth;
      const bool arrow = close == '>' && i > 0 && name_[i - 1] == '-';
      if (name_[i] == close && !arrow && --depth == 0) {
        at_ = i + 1;
        return;
      }
    }
    copy(1);
  }

  void skip_parameters() {
    if (out_.empty()) return copy(1);  // "(below main)"
    skip_group('(', ')');
    for (const std::string_view qualifier : {" const", " volatile", " &&", " &"}) {
      if (name_.substr(at_).starts_with(qualifier)) at_ += qualifier.size();
    }
  }

  // "{lambda(int)#2}" is "{lambda}", "{closure#0}" is "{closure}".
  void shorten_braces() {
    copy(1);
    while (at_ < name_.size() && is_word(name_[at_])) copy(1);
    const std::size_t close = name_.find('}', at_);
    if (close != std::string_view::npos) at_ = close;
  }

  // clang's "'lambda0'(int)" is "'lambda'".
  void shorten_lambda() {
    copy(1);
    while (at_ < name_.size() && is_word(name_[at_])) {
      if (is_digit(name_[at_])) {
        ++at_;
      } else {
        copy(1);
      }
    }
    if (at_ < name_.size() && name_[at_] == '\'') copy(1);
  }

  std::string_view name_;
  std::size_t at_ = 0;
  std::string out_;
};

// "void ns::f" is "ns::f"; "ns::T::operator bool" stays.
std::string without_return_type(std::string name) {
  std::size_t end = name.size();
  for (std::size_t at = name.find(kOperator); at != std::string::npos;
       at = name.find(kOperator, at + 1)) {
    const std::size_t next = at + kOperator.size();
    const bool starts = at == 0 || !is_word(name[at - 1]);
    if (starts && next < name.size() && !is_word(name[next])) {
      end = at;
      break;
    }
  }
  std::size_t start = 0;
  for (std::size_t i = 0; i < end; ++i) {
    if (name.compare(i, kAnonymous.size(), kAnonymous) == 0) {
      i += kAnonymous.size() - 1;
    } else if (name[i] == ' ' && i + 1 < name.size()) {
      start = i + 1;
    }
  }
  while (start < name.size() && (name[start] == '*' || name[start] == '&')) ++start;
  return start >= name.size() ? name : name.substr(start);
}

// "main::$_0" is clang's lambda.
std::string without_clang_numbers(std::string name) {
  for (std::size_t at = name.find("$_"); at != std::string::npos; at = name.find("$_", at + 2)) {
    std::size_t end = at + 2;
    while (end < name.size() && is_digit(name[end])) ++end;
    name.erase(at + 2, end - at - 2);
  }
  return name;
}

}  // namespace

std::string plain_function(std::string_view function) {
  if (std::ranges::all_of(function, is_word)) return std::string(function);
  const std::string_view name = without_suffixes(function);
  // "<T as Trait>::f" is Rust's, "(below main)" valgrind's; "[heap]" a profiler's.
  if (name.starts_with('<') || name.starts_with('[') ||
      (name.starts_with('(') && !name.starts_with(kAnonymous))) {
    return std::string(name);
  }
  std::string plain = without_clang_numbers(without_return_type(Stripper(name).strip()));
  return plain.empty() ? std::string(name) : plain;
}

std::string plain_module(std::string_view path) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  const std::size_t slash = path.rfind('/');
  std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const std::size_t shared = name.find(".so");
  const bool ends =
      shared != std::string_view::npos && (shared + 3 == name.size() || name[shared + 3] == '.');
  if (!ends || shared == 0) return std::string(name.empty() ? path : name);
  name = name.substr(0, shared);
  const std::size_t dash = name.rfind('-');
  if (dash != std::string_view::npos && dash > 0 &&
      std::ranges::all_of(name.substr(dash + 1), [](char c) { return is_digit(c) || c == '.'; })) {
    name = name.substr(0, dash);
  }
  return std::string(name);
}

}  // namespace tidemark
