#include "tools/signoff/report/github.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "lib/base/lines.h"
#include "lib/model/finding.h"
#include "lib/report/escape.h"
#include "lib/report/words.h"
#include "tools/signoff/report/words.h"

namespace tidemark::signoff {
namespace {

constexpr std::size_t kMostOfALevel = 10;
constexpr std::size_t kLongest = 1000;  // bytes of one message

enum Level : std::uint8_t { kError, kWarning, kNotice };
constexpr std::array<std::string_view, 3> kLevels = {"error", "warning", "notice"};

// What ends a command, or a property of one, as its escape. Control characters are visible
// escapes already, so that no text starts a command of its own.
std::string escaped(std::string_view text, bool property) {
  std::string out;
  for (const char c : printable(text)) {
    const bool ends = c == '%' || (property && (c == ':' || c == ','));
    out += ends ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return out;
}

std::string shortened(std::string text) {
  if (text.size() <= kLongest) return text;
  return std::string(cut(text, kLongest)) + "…";
}

class Annotations {
 public:
  void add(Level level, const Place& place, std::string_view title, std::string message) {
    if (++counts_.at(level) > kMostOfALevel) return;
    std::string properties;
    const auto property = [&](std::string_view name, const std::string& value) {
      properties += fmt::format("{}{}={}", properties.empty() ? " " : ",", name, value);
    };
    if (!place.file.empty()) property("file", escaped(place.file, true));
    if (place.line > 0) property("line", fmt::format("{}", place.line));
    if (place.column > 0) property("col", fmt::format("{}", place.column));
    property("title", escaped(shortened(std::string(title)), true));
    text_ += fmt::format("::{}{}::{}\n", kLevels.at(level), properties,
                         escaped(shortened(std::move(message)), false));
  }

  std::string text() const {
    std::size_t left_out = 0;
    for (const std::size_t count : counts_)
      left_out += count > kMostOfALevel ? count - kMostOfALevel : 0;
    if (left_out == 0) return text_;
    return text_ + fmt::format("::notice title=Tidemark::{} more in the report\n", left_out);
  }

 private:
  std::array<std::size_t, 3> counts_{};
  std::string text_;
};

Level level_of(State state, bool strict) {
  if (state == State::kFailed) return kError;
  if (state == State::kInconclusive) return strict ? kError : kWarning;
  return state == State::kNotDone ? kWarning : kNotice;
}

void add_rule(Annotations& out, const RuleResult& rule, bool strict) {
  if (rule.state == State::kPassed || rule.state == State::kSkipped ||
      rule.state == State::kNotApplicable)
    return;
  std::string message = rule.decision.why;
  for (const std::string& more : {more_text(rule), waiver_text(rule)})
    if (!more.empty()) message += (message.empty() ? "" : "; ") + more;
  if (!rule.phase.empty()) message = rule.where() + ": " + message;
  out.add(level_of(rule.state, strict), place_of(rule.rule.place),
          fmt::format("{}: {}", name_of(rule.state), rule.rule.text), message);
}

void add_finding(Annotations& out, const FoundSite& found) {
  const bool known = found.site.status == SiteStatus::kKnown;
  out.add(known ? kNotice : kWarning,
          {.file = found.site.place.file, .line = std::max<std::int64_t>(0, found.site.place.line)},
          fmt::format("{}{}", known ? "known " : "", tidemark::name_of(found.site.kind)),
          found.phase + ": " + found.site.title);
}

}  // namespace

std::string result_github(const SignoffResult& result) {
  Annotations out;
  const Level level = result.exit_code() == 0 ? kNotice : level_of(result.state, result.strict);
  std::string sentence = result.headline;
  if (!rehearsal_text(result).empty()) sentence += " (" + rehearsal_text(result) + ")";
  out.add(level, {}, fmt::format("{}: {}", verdict_of(result), result.campaign), sentence);
  for (const RuleResult* rule : worst_first(result.rules)) add_rule(out, *rule, result.strict);
  for (const PhaseResult& phase : result.phases)
    if (phase.state == State::kNotDone) out.add(kWarning, {}, "not done: " + phase.id(), phase.why);
  for (const FoundSite& found : result.findings) add_finding(out, found);
  return out.text();
}

}  // namespace tidemark::signoff
