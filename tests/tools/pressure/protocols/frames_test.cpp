#include "tools/pressure/protocols/frames.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tidemark::pressure {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using State = Frames::State;

constexpr int kText = 0x81;
constexpr int kFirstOfText = 0x01;
constexpr int kNext = 0x00;
constexpr int kLast = 0x80;
constexpr int kClose = 0x88;
constexpr int kPing = 0x89;
constexpr int kPong = 0x8a;

// A frame as a server sends it.
std::string frame(int first, std::string_view payload) {
  std::string bytes(1, static_cast<char>(first));
  if (payload.size() < 126) {
    bytes += static_cast<char>(payload.size());
  } else {
    const bool is_short = payload.size() < 65536;
    bytes += static_cast<char>(is_short ? 126 : 127);
    for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8) {
      bytes += static_cast<char>((payload.size() >> shift) & 0xff);
    }
  }
  return bytes.append(payload);
}

// What the masked short frame at the start of `bytes` says: its first byte, then its text.
std::string unmasked(std::string_view bytes) {
  const auto size = static_cast<std::size_t>(bytes[1] & 0x7f);
  EXPECT_NE(bytes[1] & 0x80, 0) << "a client's frames are masked";
  std::string text(1, bytes[0]);
  for (std::size_t i = 0; i < size; ++i) {
    text += static_cast<char>(bytes[6 + i] ^ bytes[2 + i % 4]);
  }
  return text;
}

struct Client {
  load::Random random{1};
  std::vector<std::string> messages;
  Frames frames{random, [this](std::string_view text) { messages.emplace_back(text); }};
};

TEST(Frames, MasksWhatAClientSends) {
  Client client;
  client.frames.send("hello");
  EXPECT_EQ(client.frames.output().size(), 2 + 4 + 5);
  EXPECT_EQ(unmasked(client.frames.output()), std::string(1, '\x81') + "hello");
  EXPECT_EQ(client.frames.output().find("hello"), std::string::npos);
}

TEST(Frames, KeepsWhatWasNotConsumed) {
  Client client;
  client.frames.send("one");
  const std::string before(client.frames.output());
  client.frames.consume(4);
  EXPECT_EQ(client.frames.output(), before.substr(4));
  client.frames.consume(client.frames.output().size());
  EXPECT_EQ(client.frames.output(), "");
}

TEST(Frames, ReadsMessagesInPiecesOfAnySize) {
  Client client;
  for (const char byte : frame(kText, "a") + frame(kText, std::string(300, 'b'))) {
    ASSERT_EQ(client.frames.feed({&byte, 1}), State::kOpen);
  }
  EXPECT_THAT(client.messages, ElementsAre("a", std::string(300, 'b')));
}

TEST(Frames, PutsFragmentsTogetherAroundAPing) {
  Client client;
  client.frames.feed(frame(kFirstOfText, "on") + frame(kPing, "p") + frame(kNext, "") +
                     frame(kLast, "e") + frame(kPong, "q"));
  EXPECT_THAT(client.messages, ElementsAre("one"));
  EXPECT_EQ(unmasked(client.frames.output()), std::string(1, '\x8a') + "p");
  EXPECT_EQ(client.frames.pongs(), 1);
}

TEST(Frames, MaySendInsideAMessage) {
  load::Random random(1);
  Frames* self = nullptr;
  Frames frames(random, [&](std::string_view) { self->send("back"); });
  self = &frames;
  frames.feed(frame(kText, "there"));
  EXPECT_EQ(unmasked(frames.output()), std::string(1, '\x81') + "back");
}

TEST(Frames, AnswersACloseAndReadsNoMore) {
  Client client;
  EXPECT_EQ(client.frames.feed(frame(kClose, "\x03\xe8") + frame(kText, "late")), State::kClosed);
  EXPECT_THAT(client.messages, IsEmpty());
  EXPECT_EQ(unmasked(client.frames.output()).substr(0, 3), "\x88\x03\xe8");
  EXPECT_EQ(client.frames.feed(frame(kText, "later")), State::kClosed);
}

TEST(Frames, IsBrokenByWhatIsNotWebSocket) {
  for (const std::string& bytes :
       {std::string("HTTP/1.1 400 Bad Request\r\n"), frame(kLast, "nothing before it"),
        frame(0x83, "no such opcode"), frame(0xc1, "a reserved bit"), frame(kText, "\xff\xfe"),
        std::string("\x81\x81mask1"), frame(kPing, std::string(126, 'x'))}) {
    Client client;
    EXPECT_EQ(client.frames.feed(bytes), State::kBroken) << testing::PrintToString(bytes);
    EXPECT_THAT(client.messages, IsEmpty());
  }
}

TEST(Frames, TakesNoMessageThatIsTooLong) {
  Client client;
  const std::string header = frame(kText, std::string(Frames::kMostMessage + 1, 'x')).substr(0, 11);
  EXPECT_EQ(client.frames.feed(header), State::kTooLong);
}

TEST(Frames, TakesNoFragmentsThatAreTooLongTogether) {
  Client client;
  const std::string mebibyte(1 << 20, 'x');
  client.frames.feed(frame(kFirstOfText, mebibyte));
  for (int i = 1; i < 16; ++i) ASSERT_EQ(client.frames.feed(frame(kNext, mebibyte)), State::kOpen);
  EXPECT_EQ(client.frames.feed(frame(kLast, "x")), State::kTooLong);
  EXPECT_THAT(client.messages, IsEmpty());
}

TEST(Frames, TakesTheLongestMessage) {
  Client client;
  EXPECT_EQ(client.frames.feed(frame(kText, std::string(Frames::kMostMessage, 'x'))), State::kOpen);
  EXPECT_EQ(client.messages.size(), 1);
}

// The example of RFC 6455, section 1.3.
TEST(Frames, KnowTheAnswerToAKey) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Frames, MakeKeysOfSixteenBytes) {
  load::Random random(1);
  const std::string key = websocket_key(random);
  EXPECT_EQ(key.size(), 24);
  EXPECT_TRUE(key.ends_with("==")) << key;
  EXPECT_NE(key, websocket_key(random));
}

}  // namespace
}  // namespace tidemark::pressure
