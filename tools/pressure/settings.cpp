#include "tools/pressure/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/cli/values.h"

namespace tidemark::pressure {
namespace {

using Kind = load::Target::Kind;

constexpr int kClients = 10;
constexpr std::chrono::seconds kFor{10};
constexpr int kPatience = 10;  // times the time-out, with a target that a profiler slows down
constexpr std::string_view kSendLag = "p99 < 10ms";  // unless the scenario says so

// What is asked of a target that was given without a scenario.
load::Action simplest(const load::Target& target) {
  const std::vector<std::string> none;
  switch (target.kind) {
    case Kind::kHttp:
    case Kind::kHttp2: {
      const std::string& path = target.prefix.empty() ? "/" : target.prefix;
      return load::HttpRequest{.path = load::Template(path, "target", none)};
    }
    case Kind::kRedis:
      return load::RedisCommand{.words = {load::Template("PING", "target", none)}};
    case Kind::kPostgres:
      return load::SqlCommand{.text = "select 1"};
    case Kind::kTcp:
    case Kind::kUdp:
      break;
  }
  throw UsageError(
      fmt::format("{}: what to send there is for a scenario file to say", target.text));
}

load::Scenario without_file(const std::string& url, const cli::Args& args) {
  load::Scenario scenario{.name = "command line", .target = load::parse_target(url, "target")};
  scenario.personas = {{.mix = {{.name = "request", .action = simplest(*scenario.target)}}}};
  load::Stage stage{.name = "load", .hold = kFor};
  if (args.given("--rate")) {
    if (args.given("--clients")) throw UsageError("--rate and --clients exclude each other");
    const auto rate = to_double(args.value("--rate"));
    if (!rate || !(*rate > 0 && *rate <= 1e7)) {
      throw UsageError("--rate: expected requests a second, such as 200");
    }
    stage.rate = *rate;
  } else {
    scenario.load.arrivals = load::Arrivals::kClosed;
    stage.clients =
        args.given("--clients")
            ? static_cast<int>(cli::count_of(args.value("--clients"), "--clients", {1, 100'000}))
            : kClients;
    scenario.load.connections = std::max(scenario.load.connections, stage.clients);
  }
  if (args.given("--for")) stage.hold = cli::duration_of(args.value("--for"), "--for");
  scenario.load.stages = {stage};
  return scenario;
}

load::Scenario scenario_of(const std::string& operand, const cli::Args& args) {
  if (operand.find("://") != std::string::npos) return without_file(operand, args);
  for (const std::string_view option : {"--rate", "--clients"}) {
    if (args.given(option)) {
      throw UsageError(fmt::format("{}: is for a target without a scenario; {} says it itself",
                                   option, operand));
    }
  }
  const File file = read_file(operand);
  return load::parse_scenario(file.input(), args.given("--target") ? args.value("--target") : "");
}

load::Duration times(load::Duration time, double share) {
  return load::Duration(std::llround(static_cast<double>(time.count()) * share));
}

void rehearse(load::Scenario& scenario, double share) {
  for (load::Stage& stage : scenario.load.stages) {
    stage.ramp = times(stage.ramp, share);
    stage.hold = times(stage.hold, share);
  }
  if (scenario.load.ladder) scenario.load.ladder->hold = times(scenario.load.ladder->hold, share);
  for (load::Fault& fault : scenario.faults) {
    fault.at = times(fault.at, share);
    if (fault.every) fault.every = times(*fault.every, share);
  }
}

// "pressure-soak-20261121-081500".
std::filesystem::path default_output(const std::string& scenario) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 32> stamp{};
  const std::size_t length = std::strftime(stamp.data(), stamp.size(), "%Y%m%d-%H%M%S", &local);
  return fmt::format("pressure-{}-{}", scenario, std::string_view(stamp.data(), length));
}

void take_directory(const std::string& operand, const cli::Args& args, Settings& settings) {
  settings.into = args.given("--into");
  if (settings.into && args.given("--output")) {
    throw UsageError("--into and --output exclude each other");
  }
  const bool file = operand.find("://") == std::string::npos;
  const std::string name = file ? std::filesystem::path(operand).stem().string() : "run";
  settings.output = settings.into            ? std::filesystem::path(args.value("--into"))
                    : args.given("--output") ? std::filesystem::path(args.value("--output"))
                                             : default_output(name);
  if (args.given("--replace")) settings.former = FormerRun::kReplace;
}

}  // namespace

Settings settings_from(const cli::Args& args) {
  const std::string& operand = args.operands()[0];
  Settings settings{.scenario = scenario_of(operand, args)};
  load::Scenario& scenario = settings.scenario;
  if (args.given("--seed")) {
    scenario.seed = static_cast<std::uint64_t>(cli::count_of(args.value("--seed"), "--seed"));
  }
  if (!args.rest().empty()) {
    if (!scenario.launch) scenario.launch.emplace();
    scenario.launch->command = args.rest();
  }
  if (args.given("--pid")) {
    if (scenario.launch)
      throw UsageError("--pid: the target is started, by the scenario or after --");
    scenario.pid = cli::count_of(args.value("--pid"), "--pid", {1, INT32_MAX});
  }
  if (args.given("--for")) settings.run_for = cli::duration_of(args.value("--for"), "--for");
  if (args.given("--rehearse")) {
    const auto share = to_double(args.value("--rehearse"));
    if (!share || !(*share > 0 && *share <= 1)) {
      throw UsageError("--rehearse: expected a share above 0 and up to 1, such as 0.01");
    }
    settings.rehearse = *share;
    rehearse(scenario, *share);
  }
  if (scenario.load.send_lag.text.empty()) {
    scenario.load.send_lag = load::parse_limit(kSendLag, "send_lag");
  }
  if (args.given("--under")) {
    settings.under = args.value("--under");
    scenario.load.timeout *= kPatience;
  }
  settings.owned = args.values("--i-own-this-target");
  settings.skip_impossible_faults = args.given("--skip-impossible-faults");
  settings.view = !args.given("--plain");
  take_directory(operand, args, settings);
  return settings;
}

}  // namespace tidemark::pressure
