#include <gtest/gtest.h>

#include "tests/lib/load/scenario_text.h"

namespace tidemark::load {
namespace {

using Kind = Target::Kind;

TEST(Target, ReadsEachForm) {
  const struct {
    std::string_view text;
    Kind kind;
    std::string_view host, socket, prefix;
    int port;
    bool tls = false;
  } rows[] = {
      {"http://127.0.0.1:8000", Kind::kHttp, "127.0.0.1", "", "", 8000},
      {"http://localhost/", Kind::kHttp, "localhost", "", "", 80},
      {"https://[::1]:8443/api/", Kind::kHttp, "::1", "", "/api", 8443, true},
      {"https://a.example", Kind::kHttp, "a.example", "", "", 443, true},
      {"http://unix:/run/a.sock", Kind::kHttp, "", "/run/a.sock", "", 0},
      {"http://unix:/run/a.sock:/api", Kind::kHttp, "", "/run/a.sock", "/api", 0},
      {"h2c://127.0.0.1:81", Kind::kHttp2, "127.0.0.1", "", "", 81},
      {"h2://127.0.0.1", Kind::kHttp2, "127.0.0.1", "", "", 443, true},
      {"redis://127.0.0.1/3", Kind::kRedis, "127.0.0.1", "", "/3", 6379},
      {"redis://unix:/run/redis.sock", Kind::kRedis, "", "/run/redis.sock", "", 0},
      {"tcp://127.0.0.1:7", Kind::kTcp, "127.0.0.1", "", "", 7},
      {"udp://[::1]:53", Kind::kUdp, "::1", "", "", 53},
      {"unix:/run/raw.sock", Kind::kTcp, "", "/run/raw.sock", "", 0},
      {"dbname=app", Kind::kPostgres, "", "", "dbname=app", 5432},
      {"host=db.example port = 5433 dbname=app", Kind::kPostgres, "db.example", "",
       "host=db.example port = 5433 dbname=app", 5433},
      {"host='/run/pg' dbname=app", Kind::kPostgres, "", "/run/pg", "host='/run/pg' dbname=app",
       5432},
      {"postgres://me:pw@db.example:6000/app?sslmode=require", Kind::kPostgres, "db.example", "",
       "postgres://me:pw@db.example:6000/app?sslmode=require", 6000},
      {"postgresql:///app", Kind::kPostgres, "", "", "postgresql:///app", 5432},
  };
  for (const auto& row : rows) {
    const Target target = parse_target(row.text, "target");
    EXPECT_EQ(target.text, row.text);
    EXPECT_EQ(target.kind, row.kind) << row.text;
    EXPECT_EQ(target.host, row.host) << row.text;
    EXPECT_EQ(target.socket, row.socket) << row.text;
    EXPECT_EQ(target.prefix, row.prefix) << row.text;
    EXPECT_EQ(target.port, row.port) << row.text;
    EXPECT_EQ(target.tls, row.tls) << row.text;
  }
}

TEST(Target, TakesTheNameAndThePasswordOfARedis) {
  const Target target = parse_target("redis://me:se@cret@unix:/run/r.sock", "target");
  EXPECT_EQ(target.user, "me");
  EXPECT_EQ(target.password, "se@cret");
  EXPECT_EQ(target.socket, "/run/r.sock");
  EXPECT_EQ(parse_target("redis://:pw@h", "target").password, "pw");
}

TEST(Target, RefusesWhatIsNone) {
  const struct {
    std::string_view text;
    std::string_view said;
  } rows[] = {
      {"", "t: expected a protocol in '' | targets look like http://127.0.0.1:8000"},
      {"localhost:80",
       "t: expected a protocol in 'localhost:80' | did you mean "
       "http://localhost:80?"},
      {"htp://a", "t: unknown protocol 'htp' in 'htp://a' | did you mean http://?"},
      {"http://", "t: expected a host in 'http://'"},
      {"http://a:0", "t: expected a port from 1 to 65535, found '0' in 'http://a:0'"},
      {"http://a:", "t: expected a port from 1 to 65535, found '' in 'http://a:'"},
      {"tcp://a", "t: expected a port after the host in 'tcp://a'"},
      {"tcp://a:1/x", "t: expected nothing after the port, found '/x' in 'tcp://a:1/x'"},
      {"http://[::1", "t: expected a ']' for '[' in 'http://[::1'"},
      {"http://unix:", "t: expected a socket's path after 'unix:' in 'http://unix:'"},
      {"http://me:pw@a/",
       "t: expected no name and password before the host in 'http://me:pw@a/' | "
       "give them as a header: load.headers = { authorization = \"...\" }"},
      {"redis://a/x", "t: expected the number of a data base after '/' in 'redis://a/x'"},
      {"http://a\r\nb", "t: expected no control characters in 'http://a\\x0d\\x0ab'"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(said_about([&] { parse_target(row.text, "t"); }), row.said);
  }
}

}  // namespace
}  // namespace tidemark::load
