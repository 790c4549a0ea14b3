#include "parsers/perf_script_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "lib/base/numbers.h"

namespace tidemark::perf_script {
namespace {

constexpr std::string_view kUnknown = "[unknown]";

bool is_lower_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
bool is_hex(char c) { return is_lower_hex(c) || (c >= 'A' && c <= 'F'); }

// "a->b->c" is c, inlined into b, inlined into a: perf-map-agent writes such names
// for Java. C++'s operator-> is no such name.
std::vector<std::string_view> split_calls(std::string_view symbol, Rules rules) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (std::size_t at = symbol.find("->"); at != std::string_view::npos;
       at = symbol.find("->", at + 2)) {
    if (rules == Rules::kBest && symbol.substr(0, at).ends_with("operator")) continue;
    parts.push_back(symbol.substr(start, at - start));
    start = at + 2;
  }
  parts.push_back(symbol.substr(start));
  if (rules == Rules::kFlameGraph) {  // Perl's split() drops what is empty at the end
    while (!parts.empty() && parts.back().empty()) parts.pop_back();
  }
  return parts;
}

constexpr std::string_view kAnonymous = "(anonymous namespace)";

// All that follows the first parenthesis is noise, unless the name looks like one
// of Go's methods: "net/http.(*Client).Do".
std::string_view cut_at_parenthesis(std::string_view name) {
  const std::size_t go = name.find(".(");
  if (go != std::string_view::npos && name.find(").", go + 2) != std::string_view::npos) {
    return name;
  }
  for (std::size_t at = name.find('('); at != std::string_view::npos; at = name.find('(', at + 1)) {
    if (!name.substr(at).starts_with(kAnonymous)) return name.substr(0, at);
  }
  return name;
}

// How much of `name` from `at` on is an operator whose signs are no brackets:
// "operator<<", "operator->"; 0: none.
std::size_t operator_length(std::string_view name, std::size_t at) {
  constexpr std::string_view kOperator = "operator";
  const auto in_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  if (name[at] != 'o' || !name.substr(at).starts_with(kOperator) ||
      (at > 0 && in_name(name[at - 1])))
    return 0;
  std::size_t end = at + kOperator.size();
  while (end < name.size() && end < at + kOperator.size() + 3 &&
         (name[end] == '<' || name[end] == '>' || name[end] == '-' || name[end] == '=')) {
    ++end;
  }
  // Demanglers put a space between operator< and its template arguments.
  return end - at;
}

// Whether the parenthesis at `at` starts arguments.
bool starts_arguments(std::string_view name, std::size_t at) {
  const bool go = at > 0 && name[at - 1] == '.';
  return name[at] == '(' && !go && !name.substr(at).starts_with(kAnonymous);
}

// The same outside of template brackets only: "f<g(int)>(char)" is "f<g(int)>".
std::string_view cut_arguments(std::string_view name, Rules rules) {
  std::ptrdiff_t depth = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const std::size_t skipped = rules == Rules::kBest ? operator_length(name, i) : 0;
    if (skipped > 0) i += skipped - 1;
    if (skipped > 0) continue;
    if (name[i] == '<') ++depth;
    if (name[i] == '>' && depth > 0) --depth;
    if (depth == 0 && starts_arguments(name, i)) return name.substr(0, i);
  }
  return name;
}

std::string tidy(std::string_view part, const PerfScriptOptions& options) {
  std::string name(options.rules == Rules::kFlameGraph ? cut_at_parenthesis(part)
                                                       : cut_arguments(part, options.rules));
  std::ranges::replace(name, ';', ':');
  if (options.rules == Rules::kFlameGraph) {
    std::erase_if(name, [](char c) { return c == '\'' || c == '"'; });
  }
  return name;
}

// "[libc.so.6]", "[unknown]", "[libc.so.6 <7f12>]".
std::string nameless(const FrameLine& frame, const PerfScriptOptions& options) {
  const std::string_view module = frame.module;
  const bool known = module != kUnknown &&
                     (options.rules != Rules::kBest || (!module.empty() && module != "unknown"));
  if (!known && !options.addrs) return std::string(kUnknown);
  const std::string_view base = known ? module.substr(module.rfind('/') + 1) : "unknown";
  std::string name =
      options.addrs ? fmt::format("[{} <{}>]", base, frame.address) : fmt::format("[{}]", base);
  // The two scripts tidy this as if it were a function.
  if (options.rules != Rules::kBest) return tidy(name, options);
  std::ranges::replace(name, ';', ':');
  return name;
}

void annotate(std::string& name, bool first, std::string_view module,
              const PerfScriptOptions& options) {
  const auto add = [&](std::string_view mark) {
    const bool twice = options.rules != Rules::kInferno && name.find(mark) != std::string::npos;
    if (!twice) name += mark;
  };
  if (!first) {
    add("_[i]");
  } else if (options.kernel && is_kernel(module, options.rules)) {
    name += "_[k]";
  } else if (options.jit && is_jit(module, options.rules)) {
    add("_[j]");
  }
}

// Modules that are no file which addr2line could read.
bool has_debug_file(std::string_view module) {
  if (module.find("kernel.") != std::string_view::npos) return false;
  if (module.starts_with("/tmp/perf-") && module.ends_with(".map")) return false;
  const std::size_t open = module.find('[');
  return open == std::string_view::npos || module.find(']', open + 2) == std::string_view::npos;
}

// ":server.c:12". addr2line prints ":??:0" where it does not know.
std::string place_of(const Frame& call, Rules rules) {
  const std::string_view file = call.file;
  if (file.empty()) return rules == Rules::kBest ? "" : ":??:0";
  return fmt::format(":{}:{}", file.substr(file.rfind('/') + 1), call.line);
}

bool add_inlined(const FrameLine& frame, const PerfScriptOptions& options,
                 std::vector<std::string>& names) {
  const auto address = to_hex(frame.address);
  if (!has_debug_file(frame.module) || !address) return false;
  const std::vector<Frame> calls =
      options.inlined_at(std::string(frame.module), *address, frame.symbol);
  for (std::size_t i = calls.size(); i-- > 0;) {
    std::string name = name_of(calls[i]);
    if (options.context) name += place_of(calls[i], options.rules);
    std::ranges::replace(name, ';', ':');
    names.push_back(std::move(name));
  }
  return !calls.empty();
}

}  // namespace

// inferno takes "+0x" off as well, Perl only what it
// prints itself.
std::string_view without_offset(std::string_view symbol, Rules rules) {
  const std::size_t plus = symbol.rfind("+0x");
  if (plus == std::string_view::npos) return symbol;
  const std::string_view digits = symbol.substr(plus + 3);
  if (digits.empty() && rules != Rules::kInferno) return symbol;
  const bool offset = rules == Rules::kFlameGraph ? std::ranges::all_of(digits, is_lower_hex)
                                                  : std::ranges::all_of(digits, is_hex);
  return offset ? symbol.substr(0, plus) : symbol;
}

void fold_names(const FrameLine& frame, const PerfScriptOptions& options, bool java,
                std::vector<std::string>& names) {
  if (options.inlined && add_inlined(frame, options, names)) return;
  const Rules rules = options.rules;
  std::string_view symbol = without_offset(frame.symbol, rules);
  if (symbol.starts_with('(')) return;  // the name of a process, as old perfs print it
  std::string demangled;
  if (rules != Rules::kFlameGraph) {
    demangled = rust_name(symbol);
    symbol = demangled;
  }
  bool first = true;
  for (const std::string_view part : split_calls(symbol, rules)) {
    std::string name = part == kUnknown ? nameless(frame, options) : tidy(part, options);
    if (java && name.starts_with('L') && name.find('/') != std::string::npos) name.erase(0, 1);
    if (name.empty() && rules == Rules::kBest) name.push_back(' ');
    annotate(name, first, frame.module, options);
    if (rules == Rules::kInferno) name = with_replacements(name);
    names.push_back(std::move(name));
    first = false;
  }
}

std::string root_name(const EventLine& event, const PerfScriptOptions& options) {
  std::string name(event.comm);
  if (options.tid) {
    name += fmt::format("-{}/{}", event.pid, event.tid);
  } else if (options.pid) {
    name += fmt::format("-{}", event.pid);
  }
  std::ranges::replace(name, ' ', '_');
  return options.rules == Rules::kInferno ? with_replacements(name) : name;
}

std::string tidy_source(std::string_view line) {
  std::string text;
  while (!line.empty()) {
    const std::size_t open = line.find('[');
    const std::size_t close =
        open == std::string_view::npos ? std::string_view::npos : line.find(']', open);
    if (close == std::string_view::npos) {
      text += line;
      break;
    }
    text += line.substr(0, open);
    line.remove_prefix(close + 1);
  }
  return std::string(without_spaces_around(text));
}

}  // namespace tidemark::perf_script

namespace tidemark {

std::vector<std::string> folded_runtime_names(std::string_view function) {
  const bool java = function.starts_with('L') && function.find(";::") != std::string_view::npos;
  std::vector<std::string> names;
  perf_script::fold_names({.address = "", .symbol = function}, {}, java, names);
  if (names.empty()) names.emplace_back(function);
  return names;
}

}  // namespace tidemark
