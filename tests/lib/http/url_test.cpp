#include "lib/http/url.h"

#include <gmock/gmock.h>

#include "lib/base/error.h"

namespace tidemark::http {
namespace {

using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

std::string error_from(const std::string& text) {
  try {
    parse_url(text, "--metric");
  } catch (const UsageError& problem) {
    return problem.what();
  }
  return "no error";
}

TEST(Url, HasHostPortAndTarget) {
  EXPECT_EQ(parse_url("http://127.0.0.1:8080/a?b=c#d", "x"),
            (Url{.host = "127.0.0.1", .port = 8080, .target = "/a?b=c"}));
  EXPECT_EQ(parse_url("http://example.org", "x"), (Url{.host = "example.org"}));
  EXPECT_EQ(parse_url("http://h?q=1", "x"), (Url{.host = "h", .target = "/?q=1"}));
  EXPECT_EQ(parse_url("http://[::1]:81/", "x"), (Url{.host = "::1", .port = 81}));
  EXPECT_EQ(parse_url("http://[::1]", "x").authority(), "[::1]");
}

TEST(Url, MayBeAUnixSocket) {
  EXPECT_EQ(parse_url("http://unix:/run/a.sock:/metrics?x=1", "x"),
            (Url{.socket = "/run/a.sock", .target = "/metrics?x=1"}));
  EXPECT_EQ(parse_url("http://unix:/run/a.sock", "x"), (Url{.socket = "/run/a.sock"}));
}

TEST(Url, SaysWhatIsWrong) {
  EXPECT_EQ(error_from("ftp://h/"),
            "--metric: expected an address that starts with http://, found 'ftp://h/'");
  EXPECT_THAT(error_from("https://h/"), HasSubstr("TLS is not spoken"));
  EXPECT_THAT(error_from("http://h/a b"), HasSubstr("without blanks"));
  EXPECT_THAT(error_from("http://h/a\r\nX: y"), HasSubstr("without blanks"));
  EXPECT_THAT(error_from("http://:80/"), HasSubstr("a host"));
  EXPECT_THAT(error_from("http://h:0/"), HasSubstr("a port"));
  EXPECT_THAT(error_from("http://h:99999/"), HasSubstr("a port"));
  EXPECT_THAT(error_from("http://user:secret@h/"), HasSubstr("no user"));
  EXPECT_THAT(error_from("http://unix:run"), HasSubstr("Unix socket"));
}

TEST(Query, IsDecoded) {
  EXPECT_THAT(*parse_query("a=1&b=x%26y+z&c&=d&a=2"),
              UnorderedElementsAre(Pair("a", "1"), Pair("b", "x&y z"), Pair("c", "")));
  EXPECT_EQ(parse_query("a=%4"), std::nullopt);
  EXPECT_EQ(percent_decoded("%0x"), std::nullopt);
  EXPECT_EQ(percent_decoded("%e2%82%AC"), "€");
}

}  // namespace
}  // namespace tidemark::http
