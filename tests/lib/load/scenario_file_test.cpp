#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/file.h"
#include "tests/lib/load/scenario_text.h"

namespace tidemark::load {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

Scenario everything() {
  const File file = read_file(TIDEMARK_TEST_DATA "/scenario/everything.toml");
  return parse_scenario(file.input());
}

const Request& request(const Scenario& scenario, std::string_view name) {
  for (const Persona& persona : scenario.personas) {
    for (const Request& one : persona.mix) {
      if (one.name == name) return one;
    }
  }
  throw Error("no such request");
}

const HttpRequest& http(const Scenario& scenario, std::string_view name) {
  return std::get<HttpRequest>(request(scenario, name).action);
}

TEST(ScenarioFile, ReadsTheHeadOfTheProposal) {
  const Scenario scenario = everything();
  EXPECT_EQ(scenario.name, "everything.toml");
  EXPECT_EQ(scenario.target->text, "http://127.0.0.1:8000");
  EXPECT_EQ(scenario.seed, 42U);
  EXPECT_THAT(scenario.out,
              ElementsAre("live", "report.html", "report.json", "latency.hlog", "prom::9464"));
  EXPECT_THAT(scenario.launch->command, ElementsAre("./server", "--port", "8000"));
  EXPECT_EQ(scenario.launch->under, "heap");
  EXPECT_EQ(scenario.launch->ready_path, "/health");
  EXPECT_EQ(scenario.launch->ready_within, 30s);
  EXPECT_EQ(scenario.guard.memory, 0.85);
  EXPECT_EQ(scenario.guard.cpu, 0.9);
  EXPECT_EQ(scenario.guard.disk_free, std::int64_t{2} << 30);
  EXPECT_EQ(scenario.guard.within, 10s);
}

TEST(ScenarioFile, ReadsTheLoadOfTheProposal) {
  const LoadPlan load = everything().load;
  EXPECT_EQ(load.arrivals, Arrivals::kPoisson);
  EXPECT_EQ(load.connections, 1000);
  EXPECT_EQ(load.timeout, 5s);
  EXPECT_EQ(load.send_lag.metric, "p99");
  EXPECT_EQ(load.send_lag.value, 1e6);
  ASSERT_EQ(load.stages.size(), 3U);
  EXPECT_EQ(load.stages[1].name, "x10");
  EXPECT_EQ(load.stages[1].rate, 500);
  EXPECT_EQ(load.stages[1].ramp, 1min);
  EXPECT_EQ(load.stages[2].hold, 24h);
  EXPECT_EQ(length_of(load), 24h + 22min + 30s);
}

TEST(ScenarioFile, KeepsTheOrderOfTheMix) {
  const Scenario scenario = everything();
  ASSERT_EQ(scenario.personas.size(), 1U);
  std::vector<std::string> names;
  for (const Request& one : scenario.personas[0].mix) names.push_back(one.name);
  EXPECT_THAT(names, ElementsAre("search", "add", "list", "status"));
}

TEST(ScenarioFile, WritesJsonRpc) {
  const Scenario scenario = everything();
  EXPECT_EQ(http(scenario, "search").body.text(),
            R"({"jsonrpc":"2.0","id":${seq},"method":"search_workspace",)"
            R"("params":{"query":"${word}","limit":10}})");
  EXPECT_TRUE(http(scenario, "search").json_rpc);
  EXPECT_EQ(http(scenario, "search").method, "POST");
  EXPECT_EQ(http(scenario, "search").path.text(), "/");
  EXPECT_EQ(request(scenario, "add").expect.pointer, "/result");
  EXPECT_EQ(request(scenario, "list").think.high, 2s);
  EXPECT_EQ(request(scenario, "status").expect.status, 200);
  EXPECT_EQ(request(scenario, "status").weight, 10);
}

TEST(ScenarioFile, ReadsTheClientsBesideTheMix) {
  const Scenario scenario = everything();
  ASSERT_EQ(scenario.beside.size(), 4U);
  const auto& feed = std::get<SseClients>(scenario.beside[0].what);
  EXPECT_EQ(feed.path, "/stream");
  EXPECT_EQ(feed.clients, 25);
  EXPECT_EQ(feed.backoff.low, 100ms);
  EXPECT_TRUE(feed.ordered && feed.lossless);
  const auto& chat = std::get<WebSocketClients>(scenario.beside[1].what);
  EXPECT_EQ(chat.send.text(), R"({"seq":${seq}})");
  EXPECT_EQ(chat.ack, "seq");
  EXPECT_EQ(chat.every.low, 100ms);
  const auto& sql = std::get<SqlClients>(scenario.beside[2].what);
  EXPECT_EQ(sql.pipeline, 16);
  EXPECT_EQ(sql.file, TIDEMARK_TEST_DATA "/scenario/mix.sql");
  const auto& edit = std::get<FileClients>(scenario.beside[3].what);
  EXPECT_EQ(edit.directory, "work/");
  EXPECT_EQ(edit.kind, FileClients::Kind::kCoding);
  EXPECT_EQ(edit.visible, "search has ${marker}");
  EXPECT_EQ(edit.queue, "/watches#queue_depth");
}

TEST(ScenarioFile, ReadsFaultsAndLimits) {
  const Scenario scenario = everything();
  ASSERT_EQ(scenario.faults.size(), 1U);
  EXPECT_EQ(scenario.faults[0].at, 2h);
  EXPECT_EQ(scenario.faults[0].every, Duration(4h));
  ASSERT_EQ(scenario.faults[0].inject.size(), 4U);
  EXPECT_EQ(scenario.faults[0].inject[2].kind, "memory");
  EXPECT_THAT(scenario.faults[0].inject[2].arguments, ElementsAre("1GiB", "30s"));
  EXPECT_EQ(scenario.pass.size(), 10U);
}

TEST(ScenarioFile, PutsThePrefixOfTheTargetBeforePaths) {
  EXPECT_EQ(http(parsed(with("")), "home").path.text(), "/api/");
  const std::string text = with("");
  const Scenario other =
      parse_scenario({.name = "soak.toml", .bytes = text}, "http://127.0.0.1:9/v2");
  EXPECT_EQ(other.target->port, 9);
  EXPECT_EQ(http(other, "home").path.text(), "/v2/");
}

TEST(ScenarioFile, ReadsEachWayToAskOverHttp) {
  const Scenario scenario = parsed(with(R"(
put = { put = "/a/${word}", body = "${text:10}", headers = { X-Id = "${uuid}" } }
json = { patch = "/a", json = { n = "${int:1..9}", t = "\"${seq}", l = [1.5, true] } }
gone = { delete = "/a", expect = { status = 204 } }
there = { head = "/a", think = "1s" }
is = { get = "/a", expect = { pointer = "/a~1b/0", equals = 7, contains = "x" } }
)"));
  EXPECT_EQ(http(scenario, "put").method, "PUT");
  EXPECT_EQ(http(scenario, "put").path.text(), "/api/a/${word}");
  EXPECT_EQ(http(scenario, "put").headers.at(0).first, "x-id");
  EXPECT_EQ(http(scenario, "json").body.text(),
            R"({"n":${int:1..9},"t":"\"${seq}","l":[1.5,true]})");
  EXPECT_EQ(http(scenario, "json").headers.at(0).second.text(), "application/json");
  EXPECT_EQ(request(scenario, "gone").expect.status, 204);
  EXPECT_EQ(request(scenario, "there").think.low, 1s);
  EXPECT_EQ(request(scenario, "is").expect.equals, "7");
}

TEST(ScenarioFile, GivesEachRequestTheHeadersOfTheLoad) {
  const Scenario scenario = parsed(R"(
load = { headers = { Authorization = "Bearer x", a = "1" }, stages = [{ rate = 1, hold = "1s" }] }
mix = { one = { get = "/", headers = { A = "2" } } }
)");
  const auto& headers = http(scenario, "one").headers;
  ASSERT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers[0].first, "authorization");
  EXPECT_EQ(headers[1].second.text(), "2");
}

TEST(ScenarioFile, ReadsRedisSqlAndRawRequests) {
  constexpr std::string_view kLoad = "load = { stages = [{ rate = 1, hold = '1s' }] }\n[mix]\n";
  const Scenario redis = parsed("target = 'redis://127.0.0.1'\n" + std::string(kLoad) +
                                "get = { redis = 'GET  key:${int:1..10}', expect = 'v' }\n"
                                "set = { redis = ['SET', 'a b', '${text:9}'] }\n");
  EXPECT_EQ(std::get<RedisCommand>(request(redis, "get").action).words.size(), 2U);
  EXPECT_EQ(std::get<RedisCommand>(request(redis, "set").action).words[1].text(), "a b");
  EXPECT_EQ(request(redis, "get").expect.contains, "v");
  const Scenario sql = parsed("target = 'dbname=app'\n" + std::string(kLoad) +
                              "one = { sql = 'select $1', parameters = ['${int:1..10}', 7] }\n"
                              "all = { sql = 'select 1', mode = 'simple' }\n");
  const auto& one = std::get<SqlCommand>(request(sql, "one").action);
  EXPECT_EQ(one.mode, SqlCommand::Mode::kPrepared);
  EXPECT_EQ(one.parameters.at(1).text(), "7");
  EXPECT_EQ(std::get<SqlCommand>(request(sql, "all").action).mode, SqlCommand::Mode::kSimple);
  const Scenario raw = parsed("target = 'tcp://127.0.0.1:7'\n" + std::string(kLoad) +
                              "ping = { send = \"PING\\r\\n\", until = \"\\r\\n\" }\n"
                              "four = { send = '${hex:4}', bytes = 4 }\n");
  EXPECT_EQ(std::get<RawMessage>(request(raw, "ping").action).until, "\r\n");
  EXPECT_EQ(std::get<RawMessage>(request(raw, "four").action).bytes, 4);
}

TEST(ScenarioFile, ReadsPersonasAndTheirSessions) {
  const Scenario scenario = parsed(R"(
target = "http://127.0.0.1"
load = { arrivals = "closed", stages = [{ clients = 5, hold = "1m" }] }
[persona.buyer]
share = 70
session = ["login", "cart", "cart"]
[persona.buyer.mix]
cart = { get = "/cart/${id}", headers = { cookie = "s=${sid}" } }
login = { post = "/login", capture = { id = "/user/id", sid = "header:X-Session" } }
[persona.guest]
mix = { home = { get = "/" } }
)");
  ASSERT_EQ(scenario.personas.size(), 2U);
  EXPECT_EQ(scenario.personas[0].share, 70);
  EXPECT_THAT(scenario.personas[0].session, ElementsAre(1, 0, 0));
  EXPECT_EQ(scenario.personas[0].mix[1].captures[1].header, "X-Session");
  EXPECT_EQ(label_of(scenario.personas[1], scenario.personas[1].mix[0]), "guest.home");
}

TEST(ScenarioFile, ReadsALadder) {
  const LoadPlan load = parsed(R"(
load = { ladder = [1, 2, 5], hold = "20s" }
mix = { home = { get = "/" } }
pass = { limits = ["p95@2 clients < 1s"] }
)")
                            .load;
  EXPECT_EQ(load.arrivals, Arrivals::kClosed);
  EXPECT_THAT(load.ladder->clients, ElementsAre(1, 2, 5));
  EXPECT_EQ(length_of(load), 1min);
}

TEST(ScenarioFile, NeedsNoMixBesideOtherClients) {
  const Scenario scenario = parsed(R"(
load = { stages = [{ name = "live", hold = "1m" }] }
[beside]
k6 = { exec = ["k6", "run", "x.js"], repeat = true }
)");
  EXPECT_TRUE(std::get<Program>(scenario.beside[0].what).repeat);
  EXPECT_EQ(scenario.load.stages[0].rate, 0);
}

}  // namespace
}  // namespace tidemark::load
