#include "tools/signoff/alert/destination.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "lib/base/error.h"
#include "tests/tools/signoff/campaign/campaign_text.h"

namespace tidemark::signoff {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Destination webhook(const std::string& url) { return destinations_of({.webhooks = {url}}).at(0); }

TEST(Destination, HasAPlaceWithoutWhatIsBehindTheHost) {
  EXPECT_EQ(webhook("http://h:81/s3cret?k=1").place, "http://h:81/...");
  EXPECT_EQ(webhook("https://u:pw@h:81/s3cret").place, "https://h:81/...");
  EXPECT_EQ(webhook("https://h").place, "https://h/");
  EXPECT_EQ(destinations_of({.commands = {"notify --token s3cret"}}).at(0).place, "notify");
}

TEST(Destination, TakesSecretsFromTheEnvironment) {
  ::setenv("TIDEMARK_TEST_HOOK", "http://h/s3cret", 1);
  const Destination found = webhook("{env.TIDEMARK_TEST_HOOK}?a=1");
  ASSERT_TRUE(found.http);
  EXPECT_EQ(found.http->target, "/s3cret?a=1");
  ::unsetenv("TIDEMARK_TEST_HOOK");
  const Destination absent = webhook("{env.TIDEMARK_TEST_HOOK}?a=1");
  EXPECT_EQ(absent.trouble, "the environment has no TIDEMARK_TEST_HOOK");
  EXPECT_EQ(absent.key, found.key);
}

TEST(Destination, NeverSaysAUrlThatIsWrong) {
  for (const char* const url : {"ftp://h/s3cret", "http://u:s3cret@h/", "http://h:99999/s3cret",
                                "https://h/s3cret\" next", "https:///s3cret", "s3cret"}) {
    EXPECT_THAT(webhook(url).trouble, HasSubstr("webhook[0]: ")) << url;
    EXPECT_THAT(webhook(url).trouble, Not(HasSubstr("s3cret"))) << url;
    EXPECT_THROW(check_webhook(url, "a.toml:3:1: webhook"), UsageError) << url;
  }
  check_webhook("{env.HOOK}", "a.toml:3:1: webhook");
  check_webhook("https://h/a", "a.toml:3:1: webhook");
  check_webhook("http://unix:/run/a.sock:/a", "a.toml:3:1: webhook");
}

TEST(Destination, OfACampaignIsCheckedWhenItIsRead) {
  const std::string rest = kHead + phase("a") + "[alert]\nwebhook = ";
  EXPECT_THAT(error_from(rest + "'ftp://h/s3cret'\n"),
              AllOf(HasSubstr("webhook: this is no URL of a webhook"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(campaign_from(rest + "['https://h/a', '{env.HOOK}']\n").alert.webhooks,
              testing::ElementsAre("https://h/a", "{env.HOOK}"));
}

TEST(Destination, FillsThePlacesThatItKnows) {
  const std::map<std::string, std::string> values = {{"a", "{b}"}, {"b", "2"}};
  EXPECT_EQ(filled("{a}{b} {c} {", values), "{b}2 {c} {");
  EXPECT_EQ(filled("", values), "");
}

TEST(Destination, SaysThatACommandIsNone) {
  EXPECT_THAT(destinations_of({.commands = {"notify | mail"}}).at(0).trouble,
              HasSubstr("command[0]"));
}

}  // namespace
}  // namespace tidemark::signoff
