#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/lib/load/scenario_text.h"

namespace tidemark::load {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// What follows stands in line 6 and below.
std::string more(std::string_view text) { return error_in(with(text)); }

// A load that stands in line 1 of a file with a mix.
std::string load(const std::string& text) {
  return error_in("load = { " + text + " }\nmix = { home = { get = '/' } }\n");
}

TEST(ScenarioErrors, NameTheKeyThatWasMeant) {
  const std::string keys =
      error_in("taget = 'http://a'\nload = { stages = [] }\nmix = { a = { get = '/' } }\n");
  EXPECT_EQ(keys, "soak.toml:1:1: unknown key 'taget' | did you mean target?");
  EXPECT_EQ(load("arivals = 'closed'"),
            "soak.toml:1:10: load: unknown key 'arivals' | did you mean arrivals?");
  EXPECT_EQ(load("stages = [{ rate = 5, hodl = '1m' }]"),
            "soak.toml:1:32: load.stages[0]: unknown key 'hodl' | did you mean hold?");
  EXPECT_EQ(more("x = { get = '/', expcet = 200 }\n"),
            "soak.toml:6:18: mix.x: unknown key 'expcet' | did you mean expect?");
  EXPECT_EQ(more("[beside]\nx = { sse = '/', client = 2 }\n"),
            "soak.toml:7:18: beside.x: unknown key 'client' | did you mean clients?");
}

TEST(ScenarioErrors, NameThePlaceOfAWrongValue) {
  EXPECT_EQ(load("stages = [{ rate = 'x', hold = '1m' }]"),
            "soak.toml:1:29: load.stages[0].rate: expected a number from 0 to 10000000, found 'x'");
  EXPECT_EQ(load("stages = [{ rate = -1, hold = '1m' }]"),
            "soak.toml:1:29: load.stages[0].rate: expected a number from 0 to 10000000, found -1");
  EXPECT_EQ(load("stages = [{ rate = nan, hold = '1m' }]"),
            "soak.toml:1:29: expected a finite number");
  EXPECT_EQ(load("stages = [{ rate = 1, hold = 60 }]"),
            "soak.toml:1:39: load.stages[0].hold: expected a duration such as \"30s\" or "
            "\"1h30m\", found 60");
  EXPECT_EQ(load("stages = [{ rate = 1, hold = '60' }]"),
            "soak.toml:1:39: load.stages[0].hold: expected a duration such as \"30s\" or "
            "\"1h30m\", found '60'");
  EXPECT_EQ(load("stages = [{ rate = 1, hold = '32d' }]"),
            "soak.toml:1:39: load.stages[0].hold: expected at most 31d, found '32d'");
  EXPECT_EQ(load("limits = { timeout = '0s' }, stages = []"),
            "soak.toml:1:31: load.limits.timeout: expected more than 0");
  EXPECT_EQ(load("arrivals = 'posson'"),
            "soak.toml:1:21: load.arrivals: unknown word 'posson' | did you mean poisson?");
  EXPECT_EQ(load("limits = { send_lag = 'rate < 5' }, stages = []"),
            "soak.toml:1:32: load.limits.send_lag: expected a limit on one percentile, such as "
            "\"p99 < 1ms\"");
  EXPECT_THAT(more("x = { get = '/${wrod}' }\n"),
              "soak.toml:6:13: mix.x.get: nothing is called 'wrod' in '/api/${wrod}' | did you "
              "mean ${word}?");
  EXPECT_EQ(more("[guard]\nstop = { mem = '850%' }\n"),
            "soak.toml:7:16: guard.stop.mem: expected a share such as \"85%\", found '850%'");
  EXPECT_EQ(error_in("seed = -1\n"),
            "soak.toml:1:8: seed: expected a whole number of at least 0, found -1");
  EXPECT_EQ(error_in("target = 'htp://a'\n"),
            "soak.toml:1:10: target: unknown protocol 'htp' in 'htp://a' | did you mean http://?");
  EXPECT_EQ(error_in("out = ['live', 'report.pdf']\n"),
            "soak.toml:1:16: out[1]: nothing is written as 'report.pdf' | there are \"live\", "
            "files that end in .html, .json or .hlog, and \"prom::PORT\"");
}

TEST(ScenarioErrors, FindWhatContradictsItselfInTheLoad) {
  EXPECT_EQ(load("arrivals = 'closed', stages = [{ rate = 5, hold = '1m' }]"),
            "soak.toml:1:43: load.stages[0].rate: a closed load has no rate: its clients wait for "
            "their answers | say how many `clients`, or take arrivals = \"poisson\"");
  EXPECT_THAT(load("stages = [{ clients = 5, hold = '1m' }]"),
              StartsWith("soak.toml:1:22: load.stages[0].clients: an open load has no clients"));
  EXPECT_EQ(load("stages = [{ name = 'a', rate = 1, hold = '1s' }, { name = 'a', rate = 1, hold = "
                 "'1s' }]"),
            "soak.toml:1:59: load.stages[1]: there is another stage 'a'");
  EXPECT_EQ(load("stages = [{ ramp = '1s', hold = '1s' }]"),
            "soak.toml:1:22: load.stages[0].ramp: a ramp needs a rate to lead to");
  EXPECT_EQ(load("stages = [{ hold = '1s' }]"), "soak.toml:1:20: load.stages[0]: expected 'rate'");
  EXPECT_EQ(load("stages = [{ rate = 1 }]"),
            "soak.toml:1:20: load.stages[0]: expected 'hold', 'ramp' or both");
  EXPECT_EQ(load("stages = [{ rate = 0, hold = '1s' }]"),
            "soak.toml:1:19: load.stages: no stage has a rate: nothing of the mix would be sent");
  EXPECT_EQ(load("ladder = [1, 2], arrivals = 'poisson'"),
            "soak.toml:1:38: load.arrivals: a ladder is a closed load: its clients wait for their "
            "answers");
  EXPECT_EQ(load("ladder = [1, 2], stages = []"),
            "soak.toml:1:27: load.stages: there are stages and a ladder | a ladder makes its own "
            "stages");
  EXPECT_EQ(load("ladder = [1, 5, 2]"), "soak.toml:1:26: load.ladder[2]: expected more than 5");
  EXPECT_EQ(load("hold = '5s', stages = []"),
            "soak.toml:1:10: load.hold: without a ladder, each stage says how long it holds");
  EXPECT_EQ(load("arrivals = 'closed', limits = { connections = 4 }, stages = [{ clients = 5, "
                 "hold = '1s' }]"),
            "soak.toml:1:56: load.limits.connections: expected one for each client, which are 5");
}

TEST(ScenarioErrors, FindWhatContradictsItselfInRequests) {
  EXPECT_EQ(more("x = { get = '/', post = '/' }\n"),
            "soak.toml:6:18: mix.x.post: a request has one of 'get' and 'post'");
  EXPECT_EQ(more("x = { weight = 1 }\n"),
            "soak.toml:6:1: mix.x: expected what is requested | one of get, post, put, delete, "
            "head, patch, rpc, redis, sql, send");
  EXPECT_EQ(more("x = { get = '/', params = {} }\n"),
            "soak.toml:6:18: mix.x.params: 'params' goes with rpc, not with get");
  EXPECT_EQ(
      more("x = { get = '/', body = 'a' }\n"),
      "soak.toml:6:18: mix.x.body: 'body' goes with post, put, patch or delete, not with get");
  EXPECT_EQ(more("x = { redis = 'GET a' }\n"),
            "soak.toml:6:7: mix.x.redis: 'redis' is not for the target "
            "'http://127.0.0.1:8000/api/', which speaks HTTP");
  EXPECT_EQ(more("x = { get = 'a' }\n"),
            "soak.toml:6:13: mix.x.get: expected a path that begins with '/' and has no space, "
            "found 'a'");
  EXPECT_EQ(more("x = { get = '/', headers = { Host = 'a' } }\n"),
            "soak.toml:6:30: mix.x.headers.Host: pressure writes this header itself");
  EXPECT_EQ(more("x = { get = '/', headers = { a = \"b\\nc: d\" } }\n"),
            "soak.toml:6:34: mix.x.headers.a: expected one line");
  EXPECT_EQ(more("x = { get = '/', expect = { equals = 7 } }\n"),
            "soak.toml:6:29: mix.x.expect.equals: expected a 'pointer' to what it equals");
  EXPECT_THAT(error_in("target = 'dbname=a'\nload = { stages = [{ rate = 1, hold = '1s' }] }\n"
                       "mix = { a = { sql = 'select ${int:1..2}' } }\n"),
              StartsWith("soak.toml:3:21: mix.a.sql: nothing is filled in here"));
  EXPECT_EQ(error_in("load = { stages = [{ rate = 1, hold = '1s' }] }\n"
                     "mix = { a = { get = '/' }, b = { redis = 'PING' } }\n"),
            "soak.toml:2:1: mix: a and b are of different protocols, and there is one target");
  EXPECT_EQ(error_in("load = { stages = [{ rate = 1, hold = '1s' }] }\n"
                     "mix = { a = { get = '/', weight = 0 } }\n"),
            "soak.toml:2:1: mix: all weights are 0: nothing would be requested");
}

TEST(ScenarioErrors, FindCapturesThatCannotBeThere) {
  constexpr std::string_view kMix =
      "mix = { a = { get = '/${id}' }, b = { get = '/', capture = { id = '/id' } } }\n";
  const auto persona = [&](std::string_view session) {
    return error_in("load = { stages = [{ rate = 1, hold = '1s' }] }\n[persona.p]\n" +
                    std::string(session) + std::string(kMix));
  };
  EXPECT_EQ(persona("session = ['b', 'a']\n"), "no error");
  EXPECT_EQ(persona("session = ['a', 'b']\n"),
            "soak.toml:3:12: persona.p.session[0]: 'a' needs ${id}, which nothing before it "
            "captures");
  EXPECT_EQ(persona("session = ['b', 'other']\n"),
            "soak.toml:3:17: persona.p.session[1]: unknown request 'other' | there are a, b");
  EXPECT_EQ(
      persona("session = ['b']\n"),
      "soak.toml:4:9: persona.p.mix.a: it is not in the session, so nothing would request it");
  EXPECT_THAT(persona(""), HasSubstr("soak.toml:3:9: persona.p.mix.a: ${id} is captured from an "
                                     "earlier answer, and without a session none is earlier"));
  EXPECT_EQ(more("x = { get = '/', capture = { word = '/a' } }\n"),
            "soak.toml:6:30: mix.x.capture.word: this name is taken by what templates have");
}

TEST(ScenarioErrors, FindWhatDoesNotFitTogether) {
  EXPECT_EQ(error_in("pid = 5\nlaunch = { cmd = ['a'] }\n"),
            "soak.toml:2:1: launch: there is a pid already: the target is started, or it is there");
  EXPECT_EQ(error_in("seed = 1\n"),
            "soak.toml:1:1: expected work: [mix], [persona.NAME] or [beside]");
  EXPECT_EQ(error_in("mix = { a = { get = '/' } }\n"), "soak.toml:1:1: expected 'load'");
  EXPECT_THAT(more("[persona.x.mix]\na = { get = '/' }\n"),
              StartsWith("soak.toml:4:2: mix: there are personas, each with a mix of its own"));
  EXPECT_EQ(
      more("[beside]\nhome = { sse = '/' }\n"),
      "soak.toml:7:1: beside.home: the mix has this name, and both would be counted together");
  EXPECT_EQ(more("[beside]\nx = { websocket = '/', ack = 'seq' }\n"),
            "soak.toml:7:24: beside.x.ack: an answer can only name what was sent with ${seq} | "
            "send = '{\"seq\":${seq}}'");
  EXPECT_EQ(more("[beside]\nx = { files = 'd', as = 'coding', visible = 'hom has ${marker}' }\n"),
            "soak.toml:7:45: beside.x.visible: unknown request 'hom' | did you mean home?");
}

TEST(ScenarioErrors, HoldFaultsAgainstTheLoad) {
  const auto fault = [](const std::string& text) {
    return more("[[fault]]\nat = '1m'\ninject = '" + text + "'\n");
  };
  for (const std::string_view right :
       {"pause 1s", "kill restart", "kill", "connections 50", "connections 50 3s", "reset 5%",
        "slow-readers 5 3s", "half-open 5 3s", "memory 1GiB 30s", "cpu 80% 30s", "disk 5s",
        "fds 100 5s", "disk-full /mnt/x 5s", "disk-full 1MiB 5s", "delay 10ms 30s", "loss 1% 30s",
        "dns 5s"}) {
    EXPECT_EQ(fault(std::string(right)), "no error") << right;
  }
  EXPECT_EQ(fault("puase 1s"),
            "soak.toml:8:10: fault[0].inject: unknown fault 'puase' | did you mean pause?");
  for (const std::string_view wrong :
       {"pause", "pause 0s", "pause 5", "kill now", "reset 0%", "reset 5", "reset 101%",
        "memory 1GiB", "fds 0 5s", "connections -1", "connections 99999999999999999999",
        "dns 5s 5s", "loss nan% 5s"}) {
    EXPECT_THAT(fault(std::string(wrong)), StartsWith("soak.toml:8:10: fault[0].inject: expected"))
        << wrong;
  }
  EXPECT_EQ(more("[[fault]]\nat = '10m'\ninject = 'pause 1s'\n"),
            "soak.toml:7:6: fault[0].at: the load is over after 10m");
  EXPECT_EQ(more("pid = 1\n[[fault]]\nat = '1m'\nevery = '1ms'\ninject = []\n").substr(0, 12),
            "soak.toml:6:");
}

TEST(ScenarioErrors, HoldLimitsAgainstStagesAndLabels) {
  const auto limit = [](const std::string& text) {
    return more("[pass]\nlimits = ['" + text + "']\n");
  };
  EXPECT_EQ(limit("p95@normal < 5ms"), "no error");
  EXPECT_EQ(limit("home.errors < 5%"), "no error");
  EXPECT_EQ(limit("p95@norml < 5ms"),
            "soak.toml:7:11: pass.limits[0]: unknown stage 'norml' | did you mean normal?");
  EXPECT_EQ(limit("hom.p95 < 5ms"),
            "soak.toml:7:11: pass.limits[0]: unknown label 'hom' | did you mean home?");
  EXPECT_EQ(limit("recover < 5s"),
            "soak.toml:7:11: pass.limits[0]: there is no [[fault]] to recover from");
  EXPECT_EQ(limit("home.rss.max < 5MiB"),
            "soak.toml:7:11: pass.limits[0]: rss.max is not of one label");
  EXPECT_EQ(limit("connected > 99%"),
            "soak.toml:7:11: pass.limits[0]: expected whose: \"feed.connected > 99%\"");
  EXPECT_THAT(limit("p95 < soon"), HasSubstr("pass.limits[0]: character 7 of 'p95 < soon'"));
}

TEST(ScenarioErrors, KnowWhatClientsBesideMeasure) {
  const auto limit = [](const std::string& text) {
    return more(
        "[beside]\nfeed = { sse = '/e' }\nchat = { websocket = '/ws' }\n"
        "edit = { files = 'd', as = 'refactor' }\n"
        "sql = { postgres = 'dbname=x', file = 'a.sql' }\n[pass]\nlimits = ['" +
        text + "']\n");
  };
  for (const std::string_view right :
       {"feed.delivery.p95 < 1s", "feed.connected > 9%", "chat.ack.errors < 1%", "chat.p95 < 1s",
        "chat.connected > 9%", "edit.rename.p95 < 1s", "sql.anything.p95 < 1s"}) {
    EXPECT_EQ(limit(std::string(right)), "no error") << right;
  }
  EXPECT_THAT(limit("feed.errors < 1%"), HasSubstr("unknown label 'feed'"));
  EXPECT_THAT(limit("edit.visible.p95 < 1s"), HasSubstr("unknown label 'edit.visible'"));
  EXPECT_THAT(limit("edit.merge.p95 < 1s"), HasSubstr("unknown label 'edit.merge'"));
  EXPECT_THAT(limit("home.connected > 9%"), HasSubstr("unknown stream 'home'"));
}

TEST(ScenarioErrors, SurviveHostileFiles) {
  std::string stages = "load = { stages = [";
  for (int i = 0; i < 40'000; ++i) stages += "{rate=1,hold='1s'},";
  EXPECT_EQ(error_in(stages + "] }\nmix = { a = { get = '/' } }\n"),
            "soak.toml:1:19: load.stages: expected at most 1000 of them, found 40000");
  EXPECT_EQ(error_in(std::string(2'000'000, 'x')),
            "soak.toml:1:1: expected a file of at most 1 MiB");
  EXPECT_NE(error_in(std::string("a\0b = 1", 7)), "no error");
  EXPECT_NE(error_in("target = \"\xff\""), "no error");
  EXPECT_NE(error_in(""), "no error");
  EXPECT_NE(load("stages = [{ rate = 1e308, hold = '1s' }]"), "no error");
  EXPECT_NE(load("stages = [{ rate = 99999999999999999999, hold = '1s' }]"), "no error");
  EXPECT_NE(load("stages = [{ rate = inf, hold = '1s' }]"), "no error");
  EXPECT_NE(load("arrivals = 'closed', stages = [{ clients = -5, hold = '1s' }]"), "no error");
  EXPECT_NE(more("x = 5\n"), "no error");
  EXPECT_NE(more("[beside]\nx = 5\n"), "no error");
  EXPECT_NE(error_in("load = 5\nmix = 5\n"), "no error");
  EXPECT_NE(more("x = { get = '/', capture = 5 }\n"), "no error");
}

}  // namespace
}  // namespace tidemark::load
