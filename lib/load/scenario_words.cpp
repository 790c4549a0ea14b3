#include "lib/load/scenario_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "lib/base/lines.h"
#include "lib/base/quantities.h"
#include "lib/load/words_for.h"

namespace tidemark::load {
namespace {

using Out = std::back_insert_iterator<std::string>;

std::string_view arrivals_words(Arrivals arrivals) {
  switch (arrivals) {
    case Arrivals::kPoisson:
      return "open: requests come at their rate, as from independent users (Poisson);\n"
             "  latency counts from the moment when each was due";
    case Arrivals::kConstant:
      return "open: requests come at their rate, at equal distances;\n"
             "  latency counts from the moment when each was due";
    case Arrivals::kClosed:
      break;
  }
  return "closed: so many clients, each waits for its answer before it asks again";
}

std::string rate_text(double rate) { return fmt::format("{:.6g}/s", rate); }

// "from 0/s to 50/s over 5s, 50/s for 1m, about 3,125".
std::string stage_words(const Scenario& scenario, const Stage& stage, double before) {
  const bool closed = scenario.load.arrivals == Arrivals::kClosed;
  const double amount = closed ? stage.clients : stage.rate;
  if (scenario.personas.empty()) return duration_text(stage.ramp + stage.hold);
  if (amount == 0 && stage.ramp == Duration(0)) {
    return fmt::format("nothing for {}", duration_text(stage.hold));
  }
  const auto said = [&](double value) {
    return closed ? fmt::format("{} {}", value, value == 1 ? "client" : "clients")
                  : rate_text(value);
  };
  std::vector<std::string> parts;
  if (stage.ramp > Duration(0)) {
    parts.push_back(fmt::format("from {} to {} over {}", said(before), said(amount),
                                duration_text(stage.ramp)));
  }
  if (stage.hold > Duration(0)) {
    parts.push_back(fmt::format("{} for {}", said(amount), duration_text(stage.hold)));
  }
  if (!closed) {
    const bool visits = std::ranges::any_of(
        scenario.personas, [](const Persona& persona) { return !persona.session.empty(); });
    parts.push_back(fmt::format("about {}{}",
                                grouped(std::llround(expected_arrivals(stage, before))),
                                visits ? " visits" : ""));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

void append_stages(std::string& text, const Scenario& scenario) {
  const std::vector<Stage> stages = stages_of(scenario.load);
  std::size_t width = 0;
  for (const Stage& stage : stages) width = std::max(width, stage.name.size());
  Duration at{0};
  double before = 0;
  for (const Stage& stage : stages) {
    fmt::format_to(Out(text), "  {}  {:<{}}  {}\n", clock_text(at), stage.name, width,
                   stage_words(scenario, stage, before));
    at += stage.ramp + stage.hold;
    before = scenario.load.arrivals == Arrivals::kClosed ? stage.clients : stage.rate;
  }
  fmt::format_to(Out(text), "  {}  end\n", clock_text(at));
}

struct MixLine {
  double share = 0;  // of all requests
  double each = 0;   // how often it is made for one arrival
  const Persona* persona = nullptr;
  const Request* request = nullptr;
};

std::vector<MixLine> mix_of(const Scenario& scenario) {
  std::vector<MixLine> lines;
  double shares = 0;
  for (const Persona& persona : scenario.personas) shares += persona.share;
  double all = 0;
  for (const Persona& persona : scenario.personas) {
    double weights = 0;
    for (const Request& request : persona.mix) weights += request.weight;
    for (std::size_t i = 0; i < persona.mix.size(); ++i) {
      const double times = persona.session.empty()
                               ? persona.mix[i].weight / weights
                               : static_cast<double>(std::ranges::count(persona.session, i));
      const double each = persona.share / shares * times;
      lines.push_back({.each = each, .persona = &persona, .request = &persona.mix[i]});
      all += each;
    }
  }
  for (MixLine& line : lines) line.share = line.each / all;
  return lines;
}

double all_arrivals(const Scenario& scenario) {
  double all = 0;
  double before = 0;
  for (const Stage& stage : stages_of(scenario.load)) {
    all += expected_arrivals(stage, before);
    before = stage.rate;
  }
  return all;
}

void append_requests(std::string& text, const Scenario& scenario) {
  if (scenario.personas.empty()) return;
  const std::vector<MixLine> lines = mix_of(scenario);
  const double arrivals = all_arrivals(scenario);
  double each = 0;
  std::size_t width = 0;
  for (const MixLine& line : lines) {
    each += line.each;
    width = std::max(width, label_of(*line.persona, *line.request).size());
  }
  if (arrivals > 0) {
    fmt::format_to(Out(text), "\nRequests, about {}:\n", grouped(std::llround(arrivals * each)));
  } else {
    text += "\nRequests, as many as are answered:\n";
  }
  for (const MixLine& line : lines) {
    const std::string expected =
        arrivals > 0 ? fmt::format("  {:>11}", grouped(std::llround(arrivals * line.each))) : "";
    fmt::format_to(Out(text), "  {:>5.1f} %{}  {:<{}}  {}\n", 100 * line.share, expected,
                   label_of(*line.persona, *line.request), width, words_for(*line.request));
  }
  for (const Persona& persona : scenario.personas) {
    if (persona.session.empty()) continue;
    std::vector<std::string> steps;
    for (const std::size_t step : persona.session) steps.push_back(persona.mix[step].name);
    fmt::format_to(Out(text), "  {} {}: {}, on one connection\n",
                   persona.name.empty() ? "a visit" : "a visit of", persona.name,
                   fmt::join(steps, ", then "));
  }
}

void append_beside(std::string& text, const Scenario& scenario) {
  if (scenario.beside.empty()) return;
  text += "\nBeside them:\n";
  std::size_t width = 0;
  for (const Beside& beside : scenario.beside) width = std::max(width, beside.name.size());
  for (const Beside& beside : scenario.beside) {
    fmt::format_to(Out(text), "  {:<{}}  {}\n", beside.name, width, words_for(beside));
  }
}

void append_faults(std::string& text, const Scenario& scenario) {
  if (scenario.faults.empty()) return;
  text += "\nFaults:\n";
  const Duration length = length_of(scenario.load);
  for (const Fault& fault : scenario.faults) {
    std::vector<std::string> words;
    for (const Injection& injection : fault.inject) words.push_back(printable(injection.text));
    fmt::format_to(Out(text), "  {}  {}", clock_text(fault.at), fmt::join(words, ", then "));
    if (fault.every) {
      const std::int64_t times = (length - fault.at - Duration(1)) / *fault.every + 1;
      fmt::format_to(Out(text), "; again every {}, {} in all", duration_text(*fault.every),
                     times == 1 ? "once" : fmt::format("{} times", times));
    }
    text += '\n';
  }
}

void append_limits(std::string& text, const Scenario& scenario) {
  if (scenario.pass.empty()) {
    text += "\nNothing is judged: there is no [pass].\n";
    return;
  }
  text += "\nIt passes when:\n";
  for (const Limit& limit : scenario.pass) {
    fmt::format_to(Out(text), "  {}\n", printable(limit.text));
  }
}

void append_conditions(std::string& text, const Scenario& scenario) {
  const LoadPlan& load = scenario.load;
  fmt::format_to(Out(text), "  at most {} connections; no answer within {} is a failure;\n",
                 grouped(load.connections), duration_text(load.timeout));
  if (load.pipeline > 1) {
    fmt::format_to(Out(text), "  up to {} requests under way on one connection;\n", load.pipeline);
  }
  if (load.streams > 1) {
    fmt::format_to(Out(text), "  up to {} streams on one connection;\n", load.streams);
  }
  if (!load.verify_tls) text += "  certificates are not verified;\n";
  fmt::format_to(Out(text), "  no valid measurement unless our own send lag has {}; seed {}\n",
                 printable(load.send_lag.text), scenario.seed);
}

}  // namespace

double expected_arrivals(const Stage& stage, double rate_before) {
  const auto seconds = [](Duration time) { return static_cast<double>(time.count()) / 1e9; };
  return (rate_before + stage.rate) / 2 * seconds(stage.ramp) + stage.rate * seconds(stage.hold);
}

std::string scenario_words(const Scenario& scenario) {
  std::string text = fmt::format(
      "{}: {} of load on {}\n", printable(scenario.name), duration_text(length_of(scenario.load)),
      scenario.target ? printable(scenario.target->text) : "the target that --target names");
  if (scenario.launch) {
    fmt::format_to(Out(text), "\nStarts first: {}\n", words_for(*scenario.launch));
  } else if (scenario.pid) {
    fmt::format_to(Out(text), "\nThe memory of process {} is watched.\n", *scenario.pid);
  }
  if (scenario.personas.empty()) {
    text += "\nStages:\n";
  } else {
    fmt::format_to(Out(text), "\nLoad, {};\n", arrivals_words(scenario.load.arrivals));
    append_conditions(text, scenario);
    text += "\nStages:\n";
  }
  append_stages(text, scenario);
  append_requests(text, scenario);
  append_beside(text, scenario);
  append_faults(text, scenario);
  append_limits(text, scenario);
  fmt::format_to(Out(text), "\nStops itself when {}.\n", words_for(scenario.guard));
  return text;
}

}  // namespace tidemark::load
