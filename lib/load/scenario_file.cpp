#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/load/scenario.h"
#include "lib/load/scenario_keys.h"
#include "lib/load/sections.h"

namespace tidemark::load {
namespace {

// "live", "report.html", "report.json", "latency.hlog", "prom:[HOST]:PORT".
void check_output(const TomlValue& value) {
  const std::string_view text = value.text();
  if (text == "live") return;
  if (text.starts_with("prom:")) {
    const std::size_t colon = text.rfind(':');
    const auto port = to_number(text.substr(colon + 1));
    if (colon >= 5 && port && *port >= 0 && *port <= 65535) return;
    value.fail(R"(expected prom:[HOST]:PORT, such as "prom::9464")");
  }
  for (const std::string_view ending : {".html", ".json", ".hlog"}) {
    if (text.size() > ending.size() && text.ends_with(ending)) return;
  }
  value.fail(fmt::format("nothing is written as {}", tidemark::quoted(text)),
             R"(there are "live", files that end in .html, .json or .hlog, and "prom::PORT")");
}

class ScenarioReader {
 public:
  ScenarioReader(const Input& input, const TomlNode& node) : file_(input.name, node) {
    const std::filesystem::path path(input.name);
    scenario_.name = path.filename().string();
  }

  Scenario read(std::string_view target) {
    file_.only(keys::kScenario);
    read_target(target);
    if (const auto seed = file_.get("seed")) {
      scenario_.seed = static_cast<std::uint64_t>(seed->whole(0));
    }
    if (const auto out = file_.get("out")) read_outputs(*out);
    read_process();
    read_work();
    if (const auto faults = file_.get("fault")) read_faults(*faults, scenario_);
    if (const auto pass = file_.get("pass")) read_pass(*pass, scenario_);
    return std::move(scenario_);
  }

 private:
  void read_target(std::string_view instead) {
    const auto target = file_.get("target");
    if (target) scenario_.target = parse_target(target->text(), target->what());
    if (!instead.empty()) scenario_.target = parse_target(instead, "--target");
  }

  void read_outputs(const TomlValue& out) {
    for (const TomlValue& value : out.items(kMostThings)) {
      check_output(value);
      scenario_.out.push_back(value.text());
    }
  }

  void read_process() {
    if (const auto pid = file_.get("pid")) {
      scenario_.pid = pid->whole(1, INT32_MAX);
      if (const auto launch = file_.get("launch")) {
        launch->fail_at_key("there is a pid already: the target is started, or it is there");
      }
    }
    if (const auto launch = file_.get("launch")) {
      scenario_.launch = read_launch(*launch, scenario_);
    }
    if (const auto guard = file_.get("guard")) scenario_.guard = read_guard(*guard);
  }

  void read_work() {
    const auto mix = file_.get("mix");
    const auto personas = file_.get("persona");
    const auto beside = file_.get("beside");
    if (mix && personas) {
      mix->fail_at_key("there are personas, each with a mix of its own",
                       "write it as [persona.NAME.mix]");
    }
    if (!mix && !personas && !beside) {
      file_.fail("expected work: [mix], [persona.NAME] or [beside]");
    }
    scenario_.load.send_lag = parse_limit("p99 < 10ms", "load.limits.send_lag");
    const RequestDefaults defaults = read_load(file_.need("load"), mix || personas, scenario_);
    if (mix) read_mix(*mix, defaults, scenario_);
    if (personas) read_personas(*personas, defaults, scenario_);
    if (beside) read_beside(*beside, scenario_);
    check_one_protocol(mix ? *mix : file_);
  }

  // Without a target that says it, the requests must agree.
  void check_one_protocol(const TomlValue& mix) const {
    for (const Persona& persona : scenario_.personas) {
      for (const Request& request : persona.mix) {
        if (request.action.index() == scenario_.personas[0].mix[0].action.index()) continue;
        mix.fail_at_key(fmt::format("{} and {} are of different protocols, and there is one target",
                                    label_of(scenario_.personas[0], scenario_.personas[0].mix[0]),
                                    label_of(persona, request)));
      }
    }
  }

  TomlValue file_;
  Scenario scenario_;
};

}  // namespace

Scenario parse_scenario(const Input& input, std::string_view target) {
  const TomlNode node = parse_toml(input);
  return ScenarioReader(input, node).read(target);
}

}  // namespace tidemark::load
