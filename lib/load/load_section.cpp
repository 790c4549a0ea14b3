#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lib/base/lines.h"
#include "lib/load/scenario_keys.h"
#include "lib/load/sections.h"

namespace tidemark::load {
namespace {

constexpr double kHighestRate = 10e6;

class LoadReader {
 public:
  LoadReader(const TomlValue& section, bool has_mix, Scenario& scenario)
      : section_(section), scenario_(scenario), plan_(scenario.load), has_mix_(has_mix) {}

  RequestDefaults read() {
    section_.only(keys::kLoad);
    read_arrivals();
    read_connections();
    if (const auto ladder = section_.get("ladder")) {
      read_ladder(*ladder);
    } else {
      read_stages();
    }
    check_connections();
    return read_defaults();
  }

 private:
  void read_arrivals() {
    constexpr std::string_view kWords[] = {"poisson", "constant", "closed"};
    const auto arrivals = section_.get("arrivals");
    const bool ladder = section_.get("ladder").has_value();
    if (ladder) plan_.arrivals = Arrivals::kClosed;
    if (!arrivals) return;
    const std::string_view word = arrivals->choice(kWords);
    plan_.arrivals = static_cast<Arrivals>(std::ranges::find(kWords, word) - std::begin(kWords));
    if (ladder && plan_.arrivals != Arrivals::kClosed) {
      arrivals->fail("a ladder is a closed load: its clients wait for their answers");
    }
  }

  void read_connections() {
    if (const auto limits = section_.get("limits")) read_limits(*limits);
    if (const auto pipeline = section_.get("pipeline")) {
      plan_.pipeline = static_cast<int>(pipeline->whole(1, 1000));
    }
    if (const auto streams = section_.get("streams")) {
      plan_.streams = static_cast<int>(streams->whole(1, 1000));
      if (scenario_.target && scenario_.target->kind != Target::Kind::kHttp2) {
        streams->fail_at_key("only HTTP/2 has streams", "its targets begin with h2c:// or h2://");
      }
    }
    if (const auto verify = section_.get("verify_tls")) plan_.verify_tls = verify->truth();
  }

  void read_limits(const TomlValue& limits) {
    limits.only(keys::kLimits);
    if (const auto most = limits.get("connections")) {
      plan_.connections = static_cast<int>(most->whole(1, kMostClients));
    }
    if (const auto timeout = limits.get("timeout")) {
      plan_.timeout = time_of(*timeout);
      if (plan_.timeout <= Duration(0)) timeout->fail("expected more than 0");
    }
    if (const auto lag = limits.get("send_lag")) read_send_lag(*lag);
  }

  // Each client of a closed load has a connection of its own.
  void check_connections() {
    if (plan_.arrivals != Arrivals::kClosed) return;
    int most = 0;
    for (const Stage& stage : stages_of(plan_)) most = std::max(most, stage.clients);
    const auto limits = section_.get("limits");
    const auto limit = limits ? limits->get("connections") : std::nullopt;
    if (!limit) {
      plan_.connections = std::max(plan_.connections, most);
    } else if (plan_.connections < most) {
      limit->fail(fmt::format("expected one for each client, which are {}", most));
    }
  }

  void read_send_lag(const TomlValue& lag) {
    plan_.send_lag = parse_limit(lag.text(), lag.what());
    const std::string& metric = plan_.send_lag.metric;
    const bool latency = metric.starts_with('p') || metric == "max" || metric == "mean";
    if (!latency || !plan_.send_lag.label.empty() || !plan_.send_lag.stage.empty()) {
      lag.fail("expected a limit on one percentile, such as \"p99 < 1ms\"");
    }
  }

  void read_ladder(const TomlValue& ladder) {
    if (const auto stages = section_.get("stages")) {
      stages->fail_at_key("there are stages and a ladder", "a ladder makes its own stages");
    }
    plan_.ladder = Ladder{};
    int before = 0;
    for (const TomlValue& rung : ladder.items(kMostThings)) {
      const int clients = static_cast<int>(rung.whole(1, kMostClients));
      if (clients <= before) rung.fail(fmt::format("expected more than {}", before));
      plan_.ladder->clients.push_back(clients);
      before = clients;
    }
    if (plan_.ladder->clients.empty()) ladder.fail("expected numbers of clients: [1, 2, 5, 10]");
    if (const auto hold = section_.get("hold")) {
      plan_.ladder->hold = time_of(*hold);
      if (plan_.ladder->hold <= Duration(0)) hold->fail("expected more than 0");
    }
  }

  void read_stages() {
    if (const auto hold = section_.get("hold")) {
      hold->fail_at_key("without a ladder, each stage says how long it holds");
    }
    const TomlValue stages = section_.need("stages");
    std::set<std::string, std::less<>> names;
    for (const TomlValue& value : stages.items(kMostThings)) {
      Stage stage = read_stage(value);
      if (!names.insert(stage.name).second) {
        value.fail(fmt::format("there is another stage {}", tidemark::quoted(stage.name)));
      }
      plan_.stages.push_back(std::move(stage));
    }
    if (plan_.stages.empty()) stages.fail("expected a stage");
    const auto is_idle = [](const Stage& stage) { return stage.rate == 0 && stage.clients == 0; };
    if (has_mix_ && std::ranges::all_of(plan_.stages, is_idle)) {
      stages.fail(fmt::format("no stage has {}: nothing of the mix would be sent", amount()));
    }
  }

  std::string_view amount() const {
    return plan_.arrivals == Arrivals::kClosed ? "clients" : "a rate";
  }

  Stage read_stage(const TomlValue& value) {
    value.only(keys::kStage);
    Stage stage;
    const auto name = value.get("name");
    stage.name = name ? name->name() : fmt::format("{}", plan_.stages.size() + 1);
    read_amount(value, stage);
    if (const auto ramp = value.get("ramp")) {
      stage.ramp = time_of(*ramp);
      if (!value.get("rate") && !value.get("clients")) {
        ramp->fail_at_key(fmt::format("a ramp needs {} to lead to", amount()));
      }
    }
    const bool closed = plan_.arrivals == Arrivals::kClosed;
    if (has_mix_ && !value.get(closed ? "clients" : "rate")) {
      value.fail(fmt::format("expected '{}'", closed ? "clients" : "rate"));
    }
    if (const auto hold = value.get("hold")) stage.hold = time_of(*hold);
    if (stage.ramp + stage.hold <= Duration(0)) value.fail("expected 'hold', 'ramp' or both");
    return stage;
  }

  // `rate` or `clients`, whichever fits the arrivals.
  void read_amount(const TomlValue& value, Stage& stage) const {
    const bool closed = plan_.arrivals == Arrivals::kClosed;
    if (const auto rate = value.get("rate")) {
      if (closed) {
        rate->fail_at_key("a closed load has no rate: its clients wait for their answers",
                          "say how many `clients`, or take arrivals = \"poisson\"");
      }
      require_mix(*rate);
      stage.rate = rate->number(0, kHighestRate);
    }
    if (const auto clients = value.get("clients")) {
      if (!closed) {
        clients->fail_at_key("an open load has no clients: requests come at their rate",
                             "say a `rate`, or take arrivals = \"closed\"");
      }
      require_mix(*clients);
      stage.clients = static_cast<int>(clients->whole(0, kMostClients));
    }
  }

  void require_mix(const TomlValue& amount) const {
    if (!has_mix_) amount.fail_at_key("there is no mix that it could be of");
  }

  RequestDefaults read_defaults() const {
    RequestDefaults defaults;
    const std::string prefix = scenario_.target ? scenario_.target->prefix : "";
    defaults.rpc_path = prefix.empty() ? "/" : prefix;
    if (const auto path = section_.get("rpc_path")) {
      defaults.rpc_path = fixed_path_of(*path, scenario_);
    }
    if (const auto headers = section_.get("headers")) defaults.headers = read_headers(*headers, {});
    return defaults;
  }

  const TomlValue& section_;
  Scenario& scenario_;
  LoadPlan& plan_;
  bool has_mix_;
};

}  // namespace

RequestDefaults read_load(const TomlValue& section, bool has_mix, Scenario& scenario) {
  return LoadReader(section, has_mix, scenario).read();
}

}  // namespace tidemark::load
