#include "tools/signoff/campaign/placeholders.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"
#include "lib/base/quantities.h"
#include "lib/process/own_tool.h"

namespace tidemark::signoff {
namespace {

// What follows the name of a placeholder.
enum class Rest : std::uint8_t { kNone, kName, kTime };

struct Kind {
  std::string_view name;
  Rest rest = Rest::kNone;
  bool alone = false;  // becomes arguments, so it must be one by itself
};

constexpr std::array<Kind, 14> kKinds = {{{.name = "command", .alone = true},
                                          {.name = "url"},
                                          {.name = "ready"},
                                          {.name = "port"},
                                          {.name = "load", .rest = Rest::kName},
                                          {.name = "dir"},
                                          {.name = "scratch"},
                                          {.name = "campaign"},
                                          {.name = "time", .rest = Rest::kTime},
                                          {.name = "scale"},
                                          {.name = "rehearse"},
                                          {.name = "compress"},
                                          {.name = "env", .rest = Rest::kName},
                                          {.name = "bin"}}};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

[[noreturn]] void fail(const std::string& what, const std::string& problem, std::string hint = "") {
  throw UsageError(fmt::format("{}: {}", what, problem), std::move(hint));
}

[[noreturn]] void fail_unknown(const std::string& what, std::string_view name) {
  std::array<std::string_view, kKinds.size()> names{};
  std::ranges::transform(kKinds, names.begin(), &Kind::name);
  const std::string_view meant = nearest(name, names);
  fail(what, fmt::format("unknown placeholder {}", tidemark::quoted(fmt::format("{{{}}}", name))),
       meant.empty() ? fmt::format("there are {}; a brace itself is {{{{", fmt::join(names, ", "))
                     : fmt::format("did you mean {{{}}}?", meant));
}

// "load.mcp" or "time 24h", without the braces.
Piece placeholder(std::string_view inner, const std::string& what) {
  const std::size_t end = std::min(inner.find_first_of(". "), inner.size());
  const std::string_view name = inner.substr(0, end);
  const auto* const kind = std::ranges::find(kKinds, name, &Kind::name);
  if (kind == kKinds.end()) fail_unknown(what, name);
  const std::string_view rest = inner.substr(std::min(end + 1, inner.size()));
  const char mark = end < inner.size() ? inner[end] : '\0';
  const bool right = kind->rest == Rest::kNone   ? mark == '\0'
                     : kind->rest == Rest::kName ? mark == '.' && !rest.empty()
                                                 : mark == ' ' && to_duration(rest).has_value();
  if (!right) {
    const std::string_view wanted = kind->rest == Rest::kNone   ? "{{{}}}"
                                    : kind->rest == Rest::kName ? "{{{}.NAME}}"
                                                                : "{{{} 24h}}";
    fail(what, fmt::format("expected {}, found {}", fmt::format(fmt::runtime(wanted), name),
                           tidemark::quoted(fmt::format("{{{}}}", inner))));
  }
  return {.text = "", .name = std::string(name), .rest = std::string(rest)};
}

void check_alone(const std::vector<Piece>& pieces, const std::string& what) {
  for (const Piece& piece : pieces) {
    const auto* const kind = std::ranges::find(kKinds, piece.name, &Kind::name);
    if (kind != kKinds.end() && kind->alone && pieces.size() > 1) {
      fail(what,
           fmt::format("{{{}}} becomes arguments of its own, so it must stand alone", piece.name));
    }
  }
}

// The arguments and texts of one execution.
class Expander {
 public:
  explicit Expander(const Execution& execution) : execution_(execution) {}

  Expanded expand(const std::vector<std::string>& args) {
    Expanded result;
    for (const std::string& arg : args) add(arg, result.arguments);
    for (const auto& [name, value] : execution_.target->environment) {
      result.environment[name] = text(value);
    }
    return result;
  }

 private:
  void add(const std::string& arg, std::vector<std::string>& into) {
    if (arg == "{command}") {
      for (const std::string& word : execution_.target->command) into.push_back(text(word));
    } else if (arg == "{rehearse}") {
      if (execution_.scale == 1) return;
      into.emplace_back("--rehearse");
      into.push_back(scale());
    } else {
      into.push_back(text(arg));
    }
  }

  std::string text(std::string_view from) {
    std::string result;
    for (const Piece& piece : pieces_of(from, "")) {
      result += piece.name.empty() ? piece.text : value(piece);
    }
    return result;
  }

  std::string value(const Piece& piece) {
    const TargetPlan& target = *execution_.target;
    if (piece.name == "url") return text(target.url);
    if (piece.name == "ready") return text(target.ready);
    if (piece.name == "load") return load(target.load.at(piece.rest));
    if (piece.name == "port") return std::to_string(port());
    if (piece.name == "dir") return execution_.directory.string();
    if (piece.name == "scratch") return execution_.scratch.string();
    if (piece.name == "campaign") return execution_.campaign.string();
    if (piece.name == "bin") return own_directory().string();
    if (piece.name == "time") return time(*to_duration(piece.rest));
    if (piece.name == "scale") return scale();
    if (piece.name == "rehearse") return execution_.scale == 1 ? "" : "--rehearse " + scale();
    if (piece.name == "compress") return fmt::format("{:g}", 1 / execution_.scale);
    return variable(piece.rest);
  }

  std::string scale() const { return fmt::format("{:g}", execution_.scale); }

  // A path relative to the campaign's file, or a command, which has blanks.
  std::string load(const std::string& entry) {
    std::string value = text(entry);
    if (value.find(' ') != std::string::npos) return value;
    return (execution_.campaign / value).lexically_normal().string();
  }

  std::string time(Duration at_scale_1) const {
    using std::chrono::milliseconds;
    return duration_text(std::chrono::round<milliseconds>(scaled(at_scale_1, execution_.scale)));
  }

  static std::string variable(const std::string& name) {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) {
      throw Error(fmt::format("the variable {} is not set", printable(name)),
                  "the campaign's file takes it from the environment");
    }
    return value;
  }

  std::uint16_t port() {
    if (!port_) port_ = execution_.port();
    return *port_;
  }

  const Execution& execution_;
  std::optional<std::uint16_t> port_;
};

}  // namespace

std::vector<Piece> pieces_of(std::string_view text, const std::string& what) {
  std::vector<Piece> pieces;
  std::string plain;
  const auto end_plain = [&] {
    if (!plain.empty()) pieces.push_back({.text = std::move(plain)});
    plain.clear();
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (text[at] == '{' && next == '{') {
      plain += text[++at];
    } else if (text[at] == '{' && is_letter(next)) {
      const std::size_t end = text.find('}', at);
      if (end == std::string_view::npos) fail(what, "expected '}' after a placeholder");
      end_plain();
      pieces.push_back(placeholder(text.substr(at + 1, end - at - 1), what));
      at = end;
    } else {
      plain += text[at];
    }
  }
  end_plain();
  check_alone(pieces, what);
  return pieces;
}

bool has_placeholder(std::string_view text, std::string_view name) {
  return std::ranges::any_of(pieces_of(text, ""),
                             [&](const Piece& piece) { return piece.name == name; });
}

Duration scaled(Duration time, double scale) {
  const std::chrono::duration<double, std::nano> exact =
      std::chrono::duration<double, std::nano>(time) * scale;
  return std::max<Duration>(std::chrono::round<Duration>(exact), std::chrono::seconds(1));
}

Expanded expand(const std::vector<std::string>& args, const Execution& execution) {
  return Expander(execution).expand(args);
}

}  // namespace tidemark::signoff
