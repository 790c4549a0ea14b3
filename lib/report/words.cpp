#include "lib/report/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <numeric>

#include "lib/analyze/frames.h"
#include "lib/report/amounts.h"

namespace tidemark {
namespace {

std::string base_name(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos || slash + 1 == path.size() ? path : path.substr(slash + 1);
}

std::string place_in(const std::string& file, std::int64_t line) {
  return line > 0 ? fmt::format("{}:{}", file, line) : file;
}

std::string signal_text(int number) {
  const char* const name = sigabbrev_np(number);
  return name == nullptr ? fmt::format("signal {}", number)
                         : fmt::format("signal {} (SIG{})", number, name);
}

std::string ending(const End& end) {
  switch (end.kind) {
    case EndKind::kRunning:
      return "did not end";
    case EndKind::kExited:
      return fmt::format("exited with {}", end.code);
    case EndKind::kSignalled:
      return "died of " + signal_text(end.code);
    case EndKind::kStopped:
      return "stopped when asked";
    case EndKind::kKilled:
      return "did not stop when asked, was killed";
    case EndKind::kNotStarted:
      return "did not start";
    case EndKind::kNeverReady:
      return "never became ready";
  }
  return "";
}

std::string quoted_argument(const std::string& argument) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,@%+";
  const bool plain = !argument.empty() && argument.find_first_not_of(kPlain) == std::string::npos;
  if (plain) return argument;
  std::string out = "'";
  for (const char c : argument) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string without_tabs(const std::string& line) {
  std::string out;
  for (const char c : line) {
    if (c == '\t') {
      out.append(8 - out.size() % 8, ' ');
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string_view code_of(Verdict verdict) {
  constexpr std::array<std::string_view, 4> kCodes = {"clean", "found", "failed", "undecided"};
  return kCodes.at(static_cast<std::size_t>(verdict));
}

std::string_view code_of(SiteStatus status) {
  constexpr std::array<std::string_view, 4> kCodes = {"unjudged", "new", "known", "fixed"};
  return kCodes.at(static_cast<std::size_t>(status));
}

std::string short_place(const Frame& frame) {
  if (!frame.file.empty()) return place_in(base_name(frame.file), frame.line);
  return frame.module.empty() ? "" : base_name(frame.module);
}

std::string full_place(const Frame& frame) {
  if (!frame.file.empty()) return place_in(frame.file, frame.line);
  return frame.module;
}

std::string end_text(const End& end) {
  std::string text = ending(end);
  // What only says the same again.
  if (end.kind == EndKind::kExited && end.why == fmt::format("exit code {}", end.code)) return text;
  constexpr std::string_view kStopped = "stopped";
  if (end.kind == EndKind::kStopped && end.why.starts_with(kStopped)) {
    return text + end.why.substr(kStopped.size());
  }
  return end.why.empty() ? text : text + ": " + end.why;
}

std::string command_text(const std::vector<std::string>& command) {
  std::string out;
  for (const std::string& argument : command) {
    out += (out.empty() ? "" : " ") + quoted_argument(argument);
  }
  return out;
}

std::string cost_text(const Site& site) {
  if (!is_leak(site.kind)) return plural(site.count, "time");
  const std::string bytes = estimate_text(site.bytes, site.bytes_error);
  return site.blocks == 0 ? bytes : fmt::format("{} in {}", bytes, plural(site.blocks, "block"));
}

std::vector<StackLine> stack_lines(const CallStack& stack, bool all_frames) {
  std::vector<StackLine> lines;
  std::size_t next = 0;
  const auto fold_until = [&](std::size_t end) {
    if (end > next) lines.push_back({.first = next, .count = end - next, .folded = true});
  };
  std::vector<std::size_t> shown(all_frames ? stack.size() : 0);
  std::iota(shown.begin(), shown.end(), std::size_t{0});
  if (!all_frames) shown = folded(stack);
  for (const std::size_t index : shown) {
    fold_until(index);
    lines.push_back({.first = index});
    next = index + 1;
  }
  fold_until(stack.size());
  return lines;
}

const Profile* main_profile(const Document& document) {
  if (document.profiles.empty()) return nullptr;
  const Profile& first = document.profiles.front();
  return first.title.starts_with("all processes") ? &first : &document.profiles.back();
}

std::size_t shown_value(const Profile& profile) {
  return profile.default_value < profile.value_types().size() ? profile.default_value : 0;
}

Snippet snippet_of(const Frame& place, const ReportOptions& options) {
  if (!options.source || place.file.empty() || place.line <= 0) return {};
  const auto context = static_cast<std::int64_t>(std::min<std::size_t>(options.context, 50));
  const std::int64_t first = std::max<std::int64_t>(1, place.line - context);
  const std::int64_t last = place.line <= INT64_MAX - context ? place.line + context : place.line;
  Snippet snippet{.first = first, .marked = place.line};
  snippet.lines = options.source(place.file, first, last);
  // A file that is shorter than the line it should hold is another version.
  if (static_cast<std::int64_t>(snippet.lines.size()) <= place.line - first) return {};
  std::ranges::transform(snippet.lines, snippet.lines.begin(), without_tabs);
  return snippet;
}

}  // namespace tidemark
