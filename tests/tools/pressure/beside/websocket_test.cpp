#include "tools/pressure/beside/websocket.h"

#include <gmock/gmock.h>

#include "tests/tools/pressure/beside/beside_run.h"
#include "tests/tools/pressure/beside/scripted_server.h"
#include "tools/pressure/protocols/frames.h"

namespace tidemark::pressure {
namespace {

using load::Failure;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Reply = ScriptedServer::Reply;
using Then = ScriptedServer::Then;

// What a server answers to the handshake in `request`.
std::string handshake(const std::string& request) {
  const std::string name = "Sec-WebSocket-Key: ";
  const std::size_t key = request.find(name) + name.size();
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, "
         "Upgrade\r\nSec-WebSocket-Accept: " +
         websocket_accept(request.substr(key, request.find('\r', key) - key)) + "\r\n\r\n";
}

Reply welcome(int /*visit*/, const std::string& request) { return {handshake(request)}; }

// A short text as a server frames it.
std::string framed(const std::string& text, int first = 0x81) {
  return std::string(1, static_cast<char>(first)) + static_cast<char>(text.size()) + text;
}

std::string ack(const std::string& number) { return framed("{\"ack\":" + number + "}"); }

// What the short masked frames in `bytes` say, pongs left out.
std::vector<std::string> said_in(const std::string& bytes) {
  std::vector<std::string> texts;
  for (std::size_t at = 0; at + 6 <= bytes.size();) {
    const auto size = static_cast<std::size_t>(bytes[at + 1] & 0x7f);
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
      text += static_cast<char>(bytes[at + 6 + i] ^ bytes[at + 2 + i % 4]);
    }
    if (bytes[at] != '\x8a') texts.push_back(text);
    at += 6 + size;
  }
  return texts;
}

// Acknowledges "7" with what `answer` makes of it.
ScriptedServer::Converse each(const std::function<std::string(const std::string&)>& answer) {
  return [answer](const std::string& bytes) {
    Reply reply;
    for (const std::string& number : said_in(bytes)) reply.bytes += answer(number);
    return reply;
  };
}

load::WebSocketClients plan(int clients = 1) {
  return {.path = "/ws",
          .clients = clients,
          .every = {.low = milliseconds(10), .high = milliseconds(10)},
          .send = load::Template("${seq}", "the test", {}),
          .ack = "ack",
          .timeout = milliseconds(200)};
}

struct Chat : BesideRun {
  ScriptedServer server;
  WebSocketTalkers talkers;

  explicit Chat(ScriptedServer::Greet greet, ScriptedServer::Converse converse = nullptr,
                const load::WebSocketClients& clients = plan())
      : server(loop, std::move(greet), std::move(converse)), talkers(aimed(), clients) {
    talkers.start();
  }
  BesideSetup aimed() {
    scenario.load.timeout = milliseconds(300);
    aim(server.url());
    return setup("chat");
  }
  std::int64_t not_opened(Failure kind) { return failed("chat", kind); }
  std::int64_t unanswered(Failure kind) { return failed("chat.ack", kind); }
};

TEST(WebSocket, MatchesAnAcknowledgementByItsMember) {
  Chat chat(welcome, each(ack));
  chat.until([&] { return chat.done("chat.ack") >= 5; });
  EXPECT_EQ(chat.done("chat"), 1);
  EXPECT_EQ(chat.counts("chat.ack").failed(), 0);
  EXPECT_THAT(chat.talkers.warnings(), IsEmpty());
}

TEST(WebSocket, MatchesByAJsonPointer) {
  load::WebSocketClients clients = plan();
  clients.ack = "/of/0";
  Chat chat(welcome,
            each([](const std::string& number) { return framed("{\"of\":[\"" + number + "\"]}"); }),
            clients);
  chat.until([&] { return chat.done("chat.ack") >= 3; });
}

TEST(WebSocket, TakesAnyMessageForTheAnswerOfAnEcho) {
  load::WebSocketClients clients = plan();
  clients.ack.clear();
  Chat chat(welcome, each([](const std::string& text) { return framed(text); }), clients);
  chat.until([&] { return chat.done("chat.ack") >= 3; });
}

TEST(WebSocket, KeepsItsPace) {
  Chat chat(welcome, each(ack));
  chat.until([&] { return chat.done("chat") == 1; });
  chat.run_for(500 * kMillisecond);
  EXPECT_NEAR(static_cast<double>(chat.done("chat.ack")), 50, 4);
}

TEST(WebSocket, CountsFromWhenAMessageWasDue) {
  Chat chat(welcome, each(ack));
  chat.until([&] { return chat.done("chat.ack") >= 2; });
  // We are kept from sending; what was due meanwhile is late, and says so.
  chat.loop.at(chat.loop.now() + kMillisecond, [] { usleep(100'000); });
  chat.until([&] { return chat.done("chat.ack") >= 12; });
  EXPECT_GT(chat.counts("chat.ack").response.max(), 80 * kMillisecond);
  EXPECT_GT(chat.tally.send_lag(0).max(), 80 * kMillisecond);
}

TEST(WebSocket, CountsWhatIsNotAnsweredInTime) {
  Chat chat(welcome, each([](const std::string&) { return std::string(); }));
  chat.until([&] { return chat.unanswered(Failure::kTimeout) >= 3; });
  EXPECT_GE(chat.counts("chat.ack").response.min(), 195 * kMillisecond);
}

TEST(WebSocket, TakesAnAnswerThatIsTooLateForNone) {
  std::string late;
  Chat chat(welcome, each([&](const std::string& number) {
              late += ack(number);
              return std::string();
            }));
  chat.until([&] { return chat.unanswered(Failure::kTimeout) >= 1; });
  chat.server.say(late.substr(0, ack("1").size()));
  chat.run_for(20 * kMillisecond);
  EXPECT_EQ(chat.done("chat.ack"), 0);
  EXPECT_EQ(chat.unanswered(Failure::kOrder), 0);
}

TEST(WebSocket, CountsAnAnswerThatComesTwice) {
  Chat chat(welcome, each([](const std::string& number) { return ack(number) + ack(number); }));
  chat.until([&] { return chat.unanswered(Failure::kOrder) >= 5; });
  EXPECT_EQ(chat.unanswered(Failure::kOrder), chat.done("chat.ack"));
}

TEST(WebSocket, CountsAnAnswerThatOvertookAnother) {
  std::string held;
  Chat chat(welcome, each([&](const std::string& number) {
              const bool holds = held.empty();
              held = holds ? ack(number) : "";
              return holds ? std::string()
                           : ack(number) + ack(std::to_string(std::stoi(number) - 1));
            }));
  chat.until([&] { return chat.done("chat.ack") >= 3; });
  EXPECT_EQ(chat.unanswered(Failure::kOrder), chat.done("chat.ack"));
}

TEST(WebSocket, PassesOverWhatIsNotForIt) {
  Chat chat(welcome, each([](const std::string& number) {
              return framed("{\"news\":1}") + ack("999999") + framed("p", 0x89) + ack(number);
            }));
  chat.until([&] { return chat.done("chat.ack") >= 5; });
  EXPECT_EQ(chat.counts("chat.ack").failed(), 0);
}

TEST(WebSocket, CountsWhatWasUnderWayWhenTheConnectionWentAndWhatWasDueSince) {
  Chat chat(
      [](int visit, const std::string& request) {
        return visit == 0 ? Reply{handshake(request)} : Reply{"", Then::kClose};
      },
      [](const std::string&) {
        return Reply{"", Then::kReset};
      });
  chat.until([&] { return chat.unanswered(Failure::kClosed) >= 5; });
  EXPECT_EQ(chat.unanswered(Failure::kLost), 1);
  EXPECT_EQ(chat.not_opened(Failure::kReset), 1);
}

TEST(WebSocket, ComesBackAndGoesOn) {
  Chat chat(welcome, [](const std::string& bytes) {
    const std::string number = said_in(bytes).front();
    return Reply{ack(number), number == "3" ? Then::kClose : Then::kStay};
  });
  chat.until([&] { return chat.done("chat.ack") >= 6; });
  EXPECT_EQ(chat.done("chat"), 2);
  EXPECT_EQ(chat.not_opened(Failure::kClosed), 1);
}

TEST(WebSocket, SaysGoodbyeAndCountsNothingThen) {
  std::string last;
  Chat chat(welcome, [&](const std::string& bytes) {
    last = bytes;
    return Reply{ack(said_in(bytes).front())};
  });
  chat.until([&] { return chat.done("chat.ack") >= 2; });
  chat.talkers.stop();
  chat.run_for(30 * kMillisecond);
  EXPECT_EQ(last[0], '\x88');
  EXPECT_THAT(said_in(last), ElementsAre("\x03\xe8"));
  EXPECT_EQ(chat.counts("chat").failed() + chat.counts("chat.ack").failed(), 0);
}

struct Trouble {
  std::string name;
  std::function<Reply(const std::string& request)> reply;
  Failure failure;
};

class WebSocketServer : public testing::TestWithParam<Trouble> {};

TEST_P(WebSocketServer, IsCountedByKindAndTriedAgain) {
  Chat chat([](int, const std::string& request) { return GetParam().reply(request); });
  chat.until([&] { return chat.not_opened(GetParam().failure) >= 2; });
  EXPECT_EQ(chat.counts("chat").failed(), chat.not_opened(GetParam().failure));
}

Trouble after_handshake(const std::string& name, const std::string& bytes, Failure failure) {
  return {name, [bytes](const std::string& request) { return Reply{handshake(request) + bytes}; },
          failure};
}

Trouble instead(const std::string& name, const std::string& bytes, Failure failure,
                Then then = Then::kStay) {
  return {name, [bytes, then](const std::string&) { return Reply{bytes, then}; }, failure};
}

INSTANTIATE_TEST_SUITE_P(
    Hostile, WebSocketServer,
    testing::Values(
        instead("CloseAtOnce", "", Failure::kClosed, Then::kClose),
        instead("Reset", "", Failure::kReset, Then::kReset),
        instead("Stall", "HTTP/1.1 101 Sw", Failure::kTimeout),
        instead("Garbage", "what?\r\n\r\n", Failure::kGarbage),
        instead("EndlessHead", "HTTP/1.1 101 S\r\nX: " + std::string(60'000, 'x'),
                Failure::kTooLong),
        instead("WrongStatus", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Failure::kStatus),
        instead("WrongKey",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
                Failure::kExpectation),
        after_handshake("Opcode", framed("x", 0x83), Failure::kGarbage),
        after_handshake("Masked", std::string("\x81\x81mask1"), Failure::kGarbage),
        after_handshake("NotUtf8", framed("\xff\xfe"), Failure::kGarbage),
        after_handshake("Goodbye", framed("\x03\xe8", 0x88), Failure::kClosed),
        after_handshake("TooLong", std::string("\x81\x7f\0\0\0\1\0\0\0\0x", 11),
                        Failure::kTooLong)),
    [](const auto& trouble) { return trouble.param.name; });

TEST(WebSocket, WaitsOnAHalfFrameWithoutAHang) {
  Chat chat([](int, const std::string& request) {
    return Reply{handshake(request) + ack("1").substr(0, 3)};
  });
  chat.until([&] { return chat.unanswered(Failure::kTimeout) >= 2; });
}

TEST(WebSocket, CountsAnswersThatAreNoJson) {
  Chat chat(welcome, each([](const std::string&) { return framed("what?"); }));
  chat.until([&] { return chat.unanswered(Failure::kGarbage) >= 2; });
}

TEST(WebSocket, WarnsOfAnAnswerToAnotherKey) {
  Chat chat(
      [](int, const std::string&) { return Reply{"HTTP/1.1 101 Switching Protocols\r\n\r\n"}; });
  chat.until([&] { return chat.not_opened(Failure::kExpectation) >= 1; });
  EXPECT_THAT(chat.talkers.warnings(),
              ElementsAre("chat: the answer to the handshake is not one to our key"));
}

}  // namespace
}  // namespace tidemark::pressure
