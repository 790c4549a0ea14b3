#include "tools/leakwatch/serve/feed.h"

#include <gmock/gmock.h>

namespace tidemark::leakwatch {
namespace {

using http::Event;
using testing::ElementsAre;
using testing::Field;

auto data(const std::string& text) { return Field(&Event::data, text); }

TEST(Feed, WhoHasNothingGetsTheWhole) {
  Feed feed;
  feed.add("rows", "a");
  EXPECT_THAT(feed.since("", "all"), ElementsAre(data("all")));
  EXPECT_THAT(feed.since("0-1", "all"), ElementsAre(data("all")));
}

TEST(Feed, WhoWasAwayGetsWhatWasMissed) {
  Feed feed;
  const std::string first = feed.add("rows", "a").id;
  feed.add("rows", "b");
  const std::string last = feed.add("soak", "c").id;
  EXPECT_THAT(feed.since(first, "all"), ElementsAre(data("b"), data("c")));
  EXPECT_THAT(feed.since(last, "all"), ElementsAre());
}

TEST(Feed, TheWholeIsAPlaceToGoOnFrom) {
  Feed feed;
  feed.add("rows", "a");
  const std::string id = feed.since("", "all").at(0).id;
  feed.add("rows", "b");
  EXPECT_THAT(feed.since(id, "all"), ElementsAre(data("b")));
}

TEST(Feed, WhoWasAwayForTooLongGetsTheWhole) {
  Feed feed(10);
  const std::string first = feed.add("rows", "12345678").id;
  const std::string second = feed.add("rows", "12345678").id;
  feed.add("rows", "12345678");
  EXPECT_THAT(feed.since(first, "all"), ElementsAre(data("all")));
  EXPECT_THAT(feed.since(second, "all"), ElementsAre(data("12345678")));
  EXPECT_THAT(feed.since(second + "9", "all"), ElementsAre(data("all")));
}

}  // namespace
}  // namespace tidemark::leakwatch
