#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "lib/base/lines.h"
#include "lib/load/scenario_keys.h"
#include "lib/load/sections.h"

namespace tidemark::load {
namespace {

class PersonaReader {
 public:
  PersonaReader(const RequestDefaults& defaults, const Scenario& scenario)
      : defaults_(defaults), scenario_(scenario) {}

  // A mix that is no persona's, or `session` as well.
  Persona read(const TomlValue& mix, const std::optional<TomlValue>& session) {
    Persona persona;
    lines_ = mix.members(kMostThings);
    if (lines_.empty()) mix.fail_at_key("expected a request");
    for (const TomlValue& line : lines_) find_captures(line);
    const RequestPlace place{
        .scenario = &scenario_, .defaults = &defaults_, .captures = &captures_};
    for (const TomlValue& line : lines_) {
      line.key_name();
      persona.mix.push_back(read_request(line, place));
    }
    if (session) {
      read_session(*session, persona);
    } else {
      check_without_session(mix, persona);
    }
    return persona;
  }

 private:
  void find_captures(const TomlValue& line) {
    if (!line.is_table()) return;  // read_request() says so
    const auto captures = line.get("capture");
    if (!captures) return;
    for (const TomlValue& capture : captures->members(kMostThings)) {
      const std::string name = capture.key_name();
      if (Template::is_place(name)) {
        capture.fail_at_key("this name is taken by what templates have");
      }
      if (std::ranges::find(captures_, name) == captures_.end()) captures_.push_back(name);
    }
  }

  // What a request needs of earlier answers.
  static std::vector<std::string_view> captures_in(const Request& request) {
    std::vector<std::string_view> names;
    for (const Template* const one : templates_of(request)) {
      for (const std::string_view name : one->captured()) {
        if (name != "marker") names.push_back(name);
      }
    }
    return names;
  }

  void read_session(const TomlValue& session, Persona& persona) const {
    std::vector<std::string_view> names;
    std::ranges::transform(persona.mix, std::back_inserter(names), &Request::name);
    std::set<std::string_view> captured;
    for (const TomlValue& step : session.items(kMostThings)) {
      const auto request = std::ranges::find(persona.mix, step.text(), &Request::name);
      if (request == persona.mix.end()) step.fail_unknown("request", step.text(), names);
      for (const std::string_view name : captures_in(*request)) {
        if (captured.contains(name)) continue;
        step.fail(fmt::format("{} needs ${{{}}}, which nothing before it captures",
                              tidemark::quoted(step.text()), name));
      }
      for (const Capture& capture : request->captures) captured.insert(capture.name);
      persona.session.push_back(static_cast<std::size_t>(request - persona.mix.begin()));
    }
    if (persona.session.empty()) session.fail("expected the names of requests, in their order");
    check_all_in_session(persona);
  }

  void check_all_in_session(const Persona& persona) const {
    for (std::size_t i = 0; i < persona.mix.size(); ++i) {
      if (std::ranges::find(persona.session, i) == persona.session.end()) {
        lines_[i].fail_at_key("it is not in the session, so nothing would request it");
      }
      if (const auto weight = lines_[i].get("weight")) {
        weight->fail_at_key("a session makes its requests in order, not by weight");
      }
    }
  }

  void check_without_session(const TomlValue& mix, const Persona& persona) const {
    for (std::size_t i = 0; i < persona.mix.size(); ++i) {
      for (const std::string_view name : captures_in(persona.mix[i])) {
        lines_[i].fail_at_key(
            fmt::format("${{{}}} is captured from an earlier answer, and without a session "
                        "none is earlier",
                        name),
            R"(give the persona a session: session = ["first", "second"])");
      }
    }
    if (std::ranges::all_of(persona.mix, [](const Request& one) { return one.weight == 0; })) {
      mix.fail_at_key("all weights are 0: nothing would be requested");
    }
  }

  const RequestDefaults& defaults_;
  const Scenario& scenario_;
  std::vector<TomlValue> lines_;
  std::vector<std::string> captures_;
};

}  // namespace

void read_mix(const TomlValue& section, const RequestDefaults& defaults, Scenario& scenario) {
  scenario.personas.push_back(PersonaReader(defaults, scenario).read(section, std::nullopt));
}

void read_personas(const TomlValue& section, const RequestDefaults& defaults, Scenario& scenario) {
  std::size_t requests = 0;
  for (const TomlValue& value : section.members(kMostThings)) {
    value.only(keys::kPersona);
    Persona persona =
        PersonaReader(defaults, scenario).read(value.need("mix"), value.get("session"));
    persona.name = value.key_name();
    if (const auto share = value.get("share")) {
      persona.share = share->is_text() ? share->share() : share->number(0, 1e9);
    }
    requests += persona.mix.size();
    if (requests > kMostThings) {
      value.fail_at_key(fmt::format("expected at most {} requests in all", kMostThings));
    }
    scenario.personas.push_back(std::move(persona));
  }
  if (scenario.personas.empty()) section.fail_at_key("expected [persona.NAME]");
  if (std::ranges::all_of(scenario.personas, [](const Persona& one) { return one.share == 0; })) {
    section.fail_at_key("all shares are 0: nobody would come");
  }
}

}  // namespace tidemark::load
