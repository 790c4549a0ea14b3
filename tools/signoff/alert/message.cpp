#include "tools/signoff/alert/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "lib/base/lines.h"
#include "lib/report/json_writer.h"

namespace tidemark::signoff {
namespace {

constexpr std::size_t kMostProblems = 100;

const RuleResult* rule_of(const SignoffResult& result, const Problem& problem) {
  const auto found = std::ranges::find_if(result.rules, [&](const RuleResult& rule) {
    return printable(rule.phase) == problem.phase && printable(rule.rule.id) == problem.rule;
  });
  return found == result.rules.end() ? nullptr : &*found;
}

std::string why_of_phase(const SignoffResult& result, const Problem& problem) {
  const auto found = std::ranges::find_if(result.phases, [&](const PhaseResult& phase) {
    return printable(phase.id()) == problem.phase;
  });
  return found == result.phases.end() ? "" : found->why;
}

void add_problem(JsonWriter& json, const SignoffResult& result, const Problem& problem) {
  json.open('{').key("phase").text(problem.phase).key("rule").text(problem.rule);
  if (const RuleResult* const rule = problem.rule.empty() ? nullptr : rule_of(result, problem)) {
    json.key("why").text(rule->decision.why).key("owner").text(rule->rule.owner);
    json.key("hard").truth(rule->rule.hard);
    json.key("value").number(rule->decision.value).key("limit").number(rule->decision.limit);
    json.key("unit").text(budget::name_of(rule->rule.unit));
  } else {
    json.key("why").text(why_of_phase(result, problem));
  }
  json.close();
}

void add_problems(JsonWriter& json, const SignoffResult& result) {
  const std::vector<Problem> all =
      result.state == State::kPassed ? std::vector<Problem>() : problems_of(result);
  json.key("problems").open('[');
  for (const Problem& problem : std::span(all).first(std::min(all.size(), kMostProblems))) {
    add_problem(json, result, problem);
  }
  json.close();
  json.key("problems_in_all").number(static_cast<std::int64_t>(all.size()));
}

void add_changes(JsonWriter& json, const char* key, const std::vector<Problem>& problems) {
  json.key(key).open('[');
  for (const Problem& problem :
       std::span(problems).first(std::min(problems.size(), kMostProblems))) {
    json.open('{').key("phase").text(problem.phase).key("rule").text(problem.rule).close();
  }
  json.close();
}

}  // namespace

std::string text_of(const Message& message) {
  const SignoffResult& result = message.result;
  std::string text = result.campaign;
  if (!result.version.empty()) text += " " + result.version;
  text += message.event.name == "recovered" ? " has recovered" : " " + message.event.name;
  if (result.scale < 1) text += fmt::format(" (a rehearsal at scale {})", result.scale);
  if (!result.headline.empty()) text += ": " + result.headline;
  return printable(text);
}

std::string json_of(const Message& message) {
  const SignoffResult& result = message.result;
  JsonWriter json;
  json.open('{').key("format").text("tidemark-alert").key("version").number(std::int64_t{1});
  json.key("text").text(text_of(message));
  json.key("event").text(message.event.name);
  const bool resolved = message.event.name == "passed" || message.event.name == "recovered";
  json.key("status").text(resolved ? "resolved" : "firing");
  json.key("id").text(message.incident.id);
  json.key("since_ms").number(message.incident.since_ms);
  json.key("campaign").text(result.campaign).key("product").text(result.version);
  json.key("flavour").text(result.flavour).key("scale").number(result.scale);
  json.key("state").text(name_of(result.state)).key("headline").text(result.headline);
  json.key("exit_code").number(std::int64_t{result.exit_code()});
  json.key("score").number(result.score.points).key("band").text(result.score.band);
  json.key("started_ms").number(result.started_ms).key("ended_ms").number(result.ended_ms);
  add_problems(json, result);
  add_changes(json, "new", message.event.added);
  add_changes(json, "gone", message.event.gone);
  json.key("directory").text(message.directory.string());
  json.key("report").text((message.directory / "report.html").string());
  json.close();
  return json.out() + "\n";
}

}  // namespace tidemark::signoff
