#include "lib/http/answer_reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/http/usual_head.h"

namespace tidemark::http {
namespace {

using State = AnswerReader::State;
using testing::ElementsAre;
using testing::Pair;

constexpr AnswerReader::Wanted kAll = {.headers = true, .body = true};
constexpr AnswerReader::Wanted kBody = {.body = true};

const std::string kUsual =
    "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello";
const std::string kChunked =
    "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nX-Id: 7\r\n\r\n"
    "3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n";

// What is read from `text` when it comes in pieces of `piece` bytes.
struct Read {
  State state = State::kMore;
  int status = 0;
  std::string body;
  bool keeps_alive = false;
  std::size_t taken = 0;
  friend bool operator==(const Read&, const Read&) = default;
};

Read read(std::string_view text, AnswerReader::Wanted wanted = kBody,
          std::size_t piece = std::string::npos, bool ends = false) {
  AnswerReader reader({.head = 4096, .body = 100'000, .kept_body = 10'000});
  reader.expect(wanted);
  Read result;
  while (!text.empty() && reader.state() == State::kMore) {
    const std::string_view part = text.substr(0, piece);
    const std::size_t taken = reader.put(part);
    result.taken += taken;
    if (reader.state() == State::kDone) result.body = reader.body();
    text.remove_prefix(taken);
    if (taken < part.size() && reader.state() == State::kMore) return {};  // it must not
  }
  if (ends) reader.end();
  result.state = reader.state();
  if (result.state != State::kDone) return result;
  result.body = reader.body();
  result.status = reader.status();
  result.keeps_alive = reader.keeps_alive();
  return result;
}

TEST(AnswerReader, ReadsTheUsualAnswer) {
  EXPECT_EQ(read(kUsual), (Read{State::kDone, 200, "hello", true, kUsual.size()}));
}

TEST(AnswerReader, ReadsChunksAndTheirTrailer) {
  EXPECT_EQ(read(kChunked), (Read{State::kDone, 201, "hello", true, kChunked.size()}));
}

TEST(AnswerReader, EveryWayOfCuttingGivesTheSameAnswer) {
  for (const std::string& text : {kUsual, kChunked}) {
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      EXPECT_EQ(read(text, kBody, piece), read(text)) << piece;
      EXPECT_EQ(read(text, kAll, piece), read(text)) << piece;
    }
  }
}

TEST(AnswerReader, LeavesTheNextAnswerAlone) {
  for (const std::string& first : {kUsual, kChunked}) {
    for (std::size_t piece : {std::size_t{1}, std::size_t{7}, std::string::npos}) {
      EXPECT_EQ(read(first + kUsual, kBody, piece).taken, first.size()) << piece;
    }
  }
}

TEST(AnswerReader, ReadsOneAnswerAfterTheOther) {
  AnswerReader reader;
  std::string text = kUsual + kChunked + kUsual;
  std::vector<int> statuses;
  while (!text.empty()) {
    reader.expect(kBody);
    text.erase(0, reader.put(text));
    ASSERT_EQ(reader.state(), State::kDone);
    EXPECT_EQ(reader.body().size(), 5U);
    statuses.push_back(reader.status());
  }
  EXPECT_THAT(statuses, ElementsAre(200, 201, 200));
}

TEST(AnswerReader, AnAnswerToHeadAnd204And304HaveNoBody) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  EXPECT_EQ(read(head, {.to_head = true}).state, State::kDone);
  EXPECT_EQ(read(head).state, State::kMore);
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\n\r\n").status, 204);
  EXPECT_EQ(read("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n").status, 304);
}

TEST(AnswerReader, PassesInterimAnswersOver) {
  const std::string interim =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n";
  for (std::size_t piece : {std::size_t{1}, std::size_t{30}, std::string::npos}) {
    EXPECT_EQ(read(interim + kUsual, kBody, piece).status, 200) << piece;
  }
}

TEST(AnswerReader, InterimAnswersWithoutEndAreTooLong) {
  std::string interim;
  while (interim.size() < 10'000) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(read(interim).state, State::kTooLong);
}

TEST(AnswerReader, AnAnswerMayEndWithItsConnection) {
  const std::string text = "HTTP/1.0 200 OK\r\n\r\nall of it";
  EXPECT_EQ(read(text).state, State::kMore);
  EXPECT_EQ(read(text, kBody, 4, true), (Read{State::kDone, 200, "all of it", false, text.size()}));
}

TEST(AnswerReader, AnAnswerCutOffIsNotDone) {
  for (const std::string& text : {kUsual, kChunked}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      EXPECT_EQ(read(text.substr(0, size), kBody, std::string::npos, true).state, State::kMore);
    }
  }
}

TEST(AnswerReader, KeepsHeadersWhenTheyAreWanted) {
  AnswerReader reader;
  reader.expect(kAll);
  reader.put(kUsual);
  EXPECT_EQ(reader.header("server"), "nginx");
  EXPECT_EQ(reader.header("x-none"), "");
}

TEST(AnswerReader, ABodyThatIsNotWantedIsNotKept) {
  for (const std::string& text : {kUsual, kChunked}) EXPECT_EQ(read(text, {}).body, "");
}

struct Row {
  std::string name;
  std::string text;
  State state;
};

class AnswerReaderBad : public testing::TestWithParam<Row> {};

TEST_P(AnswerReaderBad, IsNamed) {
  for (std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::string::npos}) {
    EXPECT_EQ(read(GetParam().text, kBody, piece).state, GetParam().state) << piece;
  }
}

std::string endless_headers() {
  std::string text = "HTTP/1.1 200 OK\r\n";
  while (text.size() < 20'000) text += "X-Header: " + std::string(50, 'x') + "\r\n";
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, AnswerReaderBad,
    testing::Values(
        Row{"Words", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n\r\n", State::kGarbage},
        Row{"Binary", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
            State::kGarbage},
        Row{"NoStatus", "HTTP/1.1 abc OK\r\n\r\n", State::kGarbage},
        Row{"TwoLengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            State::kGarbage},
        Row{"NegativeLength", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
            State::kGarbage},
        Row{"LengthOverflow",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nhello",
            State::kGarbage},
        Row{"LengthAndChunks",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            State::kGarbage},
        Row{"BadName", "HTTP/1.1 200 OK\r\nBad Name: x\r\nContent-Length: 0\r\n\r\n",
            State::kGarbage},
        Row{"Null", std::string("HTTP/1.1 200 OK\r\nA: \0\r\nContent-Length: 0\r\n\r\n", 44),
            State::kGarbage},
        Row{"BadChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            State::kGarbage},
        Row{"ChunkBomb", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff0\r\nxx",
            State::kTooLong},
        Row{"EndlessHeaders", endless_headers(), State::kTooLong},
        Row{"EndlessStatus", "HTTP/1.1 200 " + std::string(20'000, 'x'), State::kTooLong},
        Row{"LongBody", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nx", State::kTooLong},
        Row{"EndlessChunkExtension",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(30'000, 'x'),
            State::kTooLong}),
    [](const auto& row) { return row.param.name; });

TEST(AnswerReader, ManySmallChunksAreBoundedToo) {
  std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20'000; ++i) text += "1\r\nx\r\n";
  EXPECT_EQ(read(text).state, State::kTooLong);
}

// The full parser is asked for headers too, which the usual head is not read for.
TEST(UsualHead, FindsWhatTheFullParserFinds) {
  const std::vector<std::string> lines = {"Content-Length: 5",
                                          "content-length:5",
                                          "Content-Length: 5 ",
                                          "Connection: close",
                                          "Connection: Keep-Alive",
                                          "Connection: keep-alive, x",
                                          "Connection:",
                                          "X: ",
                                          "X:\t",
                                          "X : y",
                                          ": y",
                                          " folded",
                                          "Transfer-Encoding: x",
                                          "Upgrade: h2c",
                                          "X: \x80\xff",
                                          "X: \x7f",
                                          "Proxy-Connection: close",
                                          "Content-Length: 05",
                                          "Content-Length: 5, 5",
                                          "Content-Length:"};
  int usual = 0;
  for (const char* status : {"HTTP/1.1 200 OK", "HTTP/1.1 404 ", "HTTP/1.1 500", "HTTP/1.0 200 OK",
                             "HTTP/1.1 099 OK", "HTTP/1.1 999 \x80"}) {
    for (const std::string& a : lines) {
      for (const std::string& b : lines) {
        const std::string text = fmt::format("{}\r\n{}\r\n{}\r\n\r\nhello!", status, a, b);
        if (!read_usual_head(text)) continue;
        ++usual;
        EXPECT_EQ(read(text, kBody), read(text, kAll)) << text;
      }
    }
  }
  EXPECT_GT(usual, 100);
}

TEST(AnswerReader, HandsABodyOverAsItComesOnceItsHeadIsKnown) {
  std::string body;
  int status = 0;
  AnswerReader reader({.body = 2});
  const std::function<void(std::string_view)> take = [&](std::string_view piece) {
    status = reader.has_head() ? reader.status() : 0;
    body += piece;
  };
  reader.expect({.headers = true, .pieces = &take});
  reader.put("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n");
  EXPECT_FALSE(reader.has_head());
  reader.put("\r\n");
  EXPECT_TRUE(reader.has_head());
  EXPECT_EQ(reader.header("x"), "y");
  reader.put("5\r\nhel");
  EXPECT_EQ(body, "hel");
  EXPECT_EQ(status, 200);
  reader.put("lo\r\n0\r\n\r\n");
  EXPECT_EQ(body, "hello");
  EXPECT_EQ(reader.state(), AnswerReader::State::kDone);
}

TEST(AnswerReader, HandsOverABodyOfAnyNumberOfChunks) {
  std::size_t size = 0;
  const std::function<void(std::string_view)> take = [&](std::string_view piece) {
    size += piece.size();
  };
  AnswerReader reader({.head = 100});
  reader.expect({.headers = true, .pieces = &take});
  reader.put("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 10'000; ++i) {
    reader.put("3\r\nab");
    reader.put("c\r\n1\r\nd\r\n");
  }
  EXPECT_EQ(size, 40'000);
  EXPECT_EQ(reader.state(), AnswerReader::State::kMore);
}

}  // namespace
}  // namespace tidemark::http
