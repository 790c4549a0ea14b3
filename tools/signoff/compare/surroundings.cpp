#include "tools/signoff/compare/surroundings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <set>
#include <string_view>

#include "lib/base/error.h"
#include "lib/report/words.h"
#include "lib/run/load_file.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;

// What makes two sides incomparable when it differs.
struct Essential {
  std::string_view name;
  std::string_view problem;
  Spoils spoils;
};

constexpr auto kEssential = std::to_array<Essential>({
    {"tool", "different tools", Spoils::kFindings},
    {"backend", "different backends", Spoils::kFindings},
    {"target", "different targets", Spoils::kFindings},
    {"host", "different hosts, so times are not comparable", Spoils::kTimes},
    {"option --scale", "different scales", Spoils::kAll},
    {"option --rehearse", "different scales", Spoils::kAll},
    {"option --compress", "time is compressed differently", Spoils::kAll},
    {"option --for", "they ran for different times", Spoils::kAll},
    {"load", "different loads", Spoils::kAll},
    {"load scenario", "different scenarios", Spoils::kAll},
    {"load stages", "different rates or numbers of clients", Spoils::kAll},
    {"load seed", "different seeds, so other requests were sent", Spoils::kLoad},
    {"load under", "the target was slowed down differently", Spoils::kLoad},
});

// Options that say how a run was made; others are in what run.json tells by itself.
constexpr auto kOptions =
    std::to_array<std::string_view>({"--scale", "--rehearse", "--compress", "--for", "--mean",
                                     "--every", "--sites", "--profiler-option"});

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_port(std::string_view word) {
  return word.size() >= 2 && word.size() <= 5 && std::ranges::all_of(word, is_digit);
}

// The numbers after a colon in a word: "41873" of "http://127.0.0.1:41873/leak".
void add_ports(std::set<std::string>& ports, std::string_view word) {
  for (std::size_t colon = word.find(':'); colon != std::string_view::npos;
       colon = word.find(':', colon + 1)) {
    std::size_t end = colon + 1;
    while (end < word.size() && is_digit(word[end])) ++end;
    const std::string_view port = word.substr(colon + 1, end - colon - 1);
    if (is_port(port)) ports.emplace(port);
  }
}

// Where services listen is chosen anew for every run: what follows a colon, -p or --port
// anywhere in the commands.
std::set<std::string> ports_of(const Run& run) {
  std::set<std::string> ports;
  for (const std::vector<std::string>* words : {&run.command, &run.target, &run.load}) {
    for (std::size_t i = 0; i < words->size(); ++i) {
      const std::string& word = (*words)[i];
      add_ports(ports, word);
      const bool option = word == "-p" || word == "--port";
      if (option && i + 1 < words->size() && is_port((*words)[i + 1]))
        ports.insert((*words)[i + 1]);
      constexpr std::string_view kPort = "--port=";
      if (word.starts_with(kPort)) ports.insert(word.substr(kPort.size()));
    }
  }
  return ports;
}

// A word with each number that is one of `ports` as PORT, and of a path its last part only:
// a build, a checkout and a scratch directory may be anywhere.
std::string word_text(const std::string& word, const std::set<std::string>& ports) {
  if (word.starts_with('/') && word.find('/', 1) != std::string::npos)
    return fs::path(word).filename().string();
  std::string out;
  for (std::size_t i = 0; i < word.size();) {
    std::size_t end = i;
    while (end < word.size() && is_digit(word[end])) ++end;
    const std::string number = word.substr(i, end - i);
    out += ports.contains(number) ? "PORT" : number;
    if (end < word.size()) out += word[end++];
    i = end;
  }
  return out;
}

std::string command_of(const std::vector<std::string>& words, const std::set<std::string>& ports) {
  std::vector<std::string> shown;
  shown.reserve(words.size());
  for (const std::string& word : words) shown.push_back(word_text(word, ports));
  return command_text(shown);
}

// What `words` say for an option at place `i`: "--for 10s" or "--for=10s"; empty: it is not there.
std::string value_at(const std::vector<std::string>& words, std::size_t i,
                     std::string_view option) {
  const std::string& word = words[i];
  if (word == option) return i + 1 < words.size() ? words[i + 1] : "";
  const std::string start = std::string(option) + "=";
  return word.starts_with(start) ? word.substr(start.size()) : "";
}

// The values of options in the tool's own command, before "--".
void add_options(Terms& terms, const std::vector<std::string>& command) {
  for (std::size_t i = 0; i < command.size() && command[i] != "--"; ++i) {
    for (const std::string_view option : kOptions) {
      const std::string value = value_at(command, i, option);
      if (value.empty()) continue;
      std::string& term = terms["option " + std::string(option)];
      term += (term.empty() ? "" : " ") + value;
    }
  }
}

std::string stages_text(const load::RunResult& result) {
  std::string text;
  for (const load::StageResult& stage : result.stages) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", stage.name,
                        stage.rate > 0 ? fmt::format("{:g}/s", stage.rate)
                                       : fmt::format("{} clients", stage.clients));
  }
  return text;
}

void add_load(Terms& terms, const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(directory / kLoadFile, error)) return;
  try {
    const load::RunResult result = read_load(directory);
    terms.erase("load");  // its command, which says less
    terms["load scenario"] = fs::path(result.scenario).filename().string();
    std::set<std::string> ports;
    add_ports(ports, result.target);
    terms["load target"] = word_text(result.target, ports);
    terms["load seed"] = fmt::format("{}", result.seed);
    terms["load stages"] = stages_text(result);
    terms["load under"] = result.under;
  } catch (const Error&) {
    // The facts have a warning about it.
    terms["load scenario"] = "load.json cannot be read";
  }
}

std::string joined(const std::set<std::string>& values) {
  std::string text;
  for (const std::string& value : values) {
    if (value.empty() && values.size() > 1) continue;
    text += (text.empty() ? "" : " | ") + value;
  }
  return text;
}

using ValueSets = std::map<std::string, std::set<std::string>>;

ValueSets values_of(const std::vector<Terms>& side) {
  ValueSets all;
  for (const Terms& terms : side)
    for (const auto& [name, value] : terms)
      if (!value.empty()) all[name].insert(value);
  return all;
}

bool overlaps(const std::string& joined_before, const std::string& joined_after) {
  // Repetitions with seeds or hosts of their own on both sides: no difference of the sides.
  return joined_before.find(" | ") != std::string::npos &&
         joined_after.find(" | ") != std::string::npos;
}

std::string unfinished(const RunFacts& facts) {
  const Run& run = facts.run;
  if (!run.cut_short.empty()) return "was cut short: " + run.cut_short;
  if (run.state != "ended") return "did not come to its end";
  if (run.end.kind == EndKind::kNotStarted || run.end.kind == EndKind::kNeverReady)
    return "never served: " + end_text(run.end);
  return "";
}

void add_unfinished(std::vector<Concern>& concerns, const Side& side) {
  for (const RunFacts* facts : side) {
    const std::string problem = unfinished(*facts);
    if (problem.empty()) continue;
    concerns.push_back({.text = facts->directory.string() + " " + problem, .spoils = Spoils::kAll});
  }
}

}  // namespace

Terms terms_of(const RunFacts& facts) {
  const Run& run = facts.run;
  const std::set<std::string> ports = ports_of(run);
  Terms terms = {
      {"tool", run.tool},
      {"tool version", run.tool_version},
      {"backend", run.backend},
      {"backend version", run.backend_version},
      {"host", run.host},
      {"kernel", run.kernel},
      {"build id", run.target_build_id},
      {"target", run.target.empty() ? "" : fs::path(run.target.front()).filename().string()},
      {"command", command_of(run.target, ports)},
      {"load", command_of(run.load, ports)}};
  for (const auto& [name, value] : run.environment) terms["variable " + name] = value;
  for (const auto& [name, value] : facts.environment)
    if (!run.environment.contains(name)) terms.emplace(name, value);
  add_options(terms, run.command);
  add_load(terms, facts.directory);
  return terms;
}

std::vector<Surrounding> surroundings(const std::vector<Terms>& before,
                                      const std::vector<Terms>& after) {
  const ValueSets old = values_of(before);
  const ValueSets now = values_of(after);
  std::set<std::string> names;
  for (const ValueSets* side : {&old, &now})
    for (const auto& entry : *side) names.insert(entry.first);
  std::vector<Surrounding> differing;
  const std::set<std::string> none;
  for (const std::string& name : names) {
    const auto a = old.find(name);
    const auto b = now.find(name);
    const std::set<std::string>& was = a == old.end() ? none : a->second;
    const std::set<std::string>& is = b == now.end() ? none : b->second;
    if (was != is) differing.push_back({.name = name, .before = joined(was), .after = joined(is)});
  }
  return differing;
}

std::vector<Concern> concerns_of(const std::vector<Surrounding>& differing, const Side& before,
                                 const Side& after) {
  std::vector<Concern> concerns;
  for (const Essential& essential : kEssential) {
    const auto found = std::ranges::find(differing, essential.name, &Surrounding::name);
    if (found == differing.end() || overlaps(found->before, found->after)) continue;
    const auto shown = [](const std::string& value) { return value.empty() ? "none" : value; };
    concerns.push_back({.text = fmt::format("{}: {} and {}", essential.problem,
                                            shown(found->before), shown(found->after)),
                        .spoils = essential.spoils});
  }
  add_unfinished(concerns, before);
  add_unfinished(concerns, after);
  return concerns;
}

std::vector<std::string> deaths_of(const Side& side) {
  std::vector<std::string> deaths;
  for (const RunFacts* facts : side)
    if (facts->run.end.kind == EndKind::kSignalled)
      deaths.push_back(facts->directory.string() + ": " + end_text(facts->run.end));
  return deaths;
}

}  // namespace tidemark::signoff
