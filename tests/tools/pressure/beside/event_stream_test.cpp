#include "tools/pressure/beside/event_stream.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tidemark::pressure {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "id|name|data" of each event.
std::vector<std::string> events_of(EventStream& stream, std::string_view bytes,
                                   std::size_t piece = 1000) {
  std::vector<std::string> found;
  while (!bytes.empty()) {
    stream.feed(bytes.substr(0, piece), [&](const StreamEvent& event) {
      found.push_back(std::string(event.id) + "|" + std::string(event.name) + "|" +
                      std::string(event.data));
    });
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return found;
}

std::vector<std::string> events_of(std::string_view bytes) {
  EventStream stream;
  return events_of(stream, bytes);
}

TEST(EventStream, EndsLinesWithLfCrAndCrLf) {
  EXPECT_THAT(events_of("data: a\n\ndata: b\r\rdata: c\r\n\r\n"), ElementsAre("||a", "||b", "||c"));
}

TEST(EventStream, IsTheSameInPiecesOfAnySize) {
  const std::string text =
      "\xEF\xBB\xBFid: 1\r\nevent: add\r\ndata: x\r\ndata: y\r\n\r\n:c\rdata:z\r\rretry: 5\n\n";
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    EventStream stream;
    EXPECT_THAT(events_of(stream, text, piece), ElementsAre("1|add|x\ny", "1||z")) << piece;
    EXPECT_EQ(stream.retry(), 5) << piece;
  }
}

TEST(EventStream, JoinsTheLinesOfDataAndTakesOneBlankAway) {
  EXPECT_THAT(events_of("data:a\ndata:  b\ndata\n\n"), ElementsAre("||a\n b\n"));
}

TEST(EventStream, PassesOverCommentsUnknownFieldsAndEventsWithoutData) {
  EXPECT_THAT(events_of(": hello\nnothing: 1\nevent: x\n\ndata: a\n\n"), ElementsAre("||a"));
}

TEST(EventStream, DropsAnEventThatIsNotWhole) {
  EventStream stream;
  EXPECT_THAT(events_of(stream, "id: 7\ndata: half\n"), IsEmpty());
  stream.restart();
  EXPECT_EQ(stream.last_id(), "");
  EXPECT_THAT(events_of(stream, "data: new\n\n"), ElementsAre("||new"));
}

TEST(EventStream, KeepsTheIdOverConnectionsAndEvents) {
  EventStream stream;
  EXPECT_THAT(events_of(stream, "id: 7\ndata: a\n\ndata: b\n\n"), ElementsAre("7||a", "7||b"));
  stream.restart();
  EXPECT_EQ(stream.last_id(), "7");
  EXPECT_THAT(events_of(stream, "id\ndata: c\n\n"), ElementsAre("||c"));
}

TEST(EventStream, TakesNoIdWithANulAndNoRetryThatIsNoNumber) {
  EventStream stream;
  EXPECT_THAT(events_of(stream, std::string("id: a\0b\nretry: 5s\ndata: x\n\n", 27)),
              ElementsAre("||x"));
  EXPECT_EQ(stream.retry(), std::nullopt);
}

TEST(EventStream, HasAByteOrderMarkOnlyAtItsStart) {
  EXPECT_THAT(events_of("\xEF\xBB\xBF"
                        "data: a\n\n\xEF\xBB\xBF"
                        "data: b\n\n"),
              ElementsAre("||a"));
}

TEST(EventStream, EndsAtALineWithoutEnd) {
  EventStream stream;
  const std::string line(EventStream::kMostLine + 1, 'x');
  EXPECT_FALSE(stream.feed(line, [](const StreamEvent&) {}));
  EXPECT_THAT(events_of(stream, "\n\ndata: a\n\n"), IsEmpty());
}

TEST(EventStream, EndsAtAnEventWithoutEnd) {
  EventStream stream;
  const std::string line = "data: " + std::string(1000, 'x') + "\n";
  bool fine = true;
  int lines = 0;
  for (; fine && lines < 10'000; ++lines) fine = stream.feed(line, [](const StreamEvent&) {});
  EXPECT_FALSE(fine);
  EXPECT_EQ(lines, EventStream::kMostEvent / 1001 + 1);
}

}  // namespace
}  // namespace tidemark::pressure
