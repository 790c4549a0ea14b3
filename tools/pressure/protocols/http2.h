#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/load/histogram.h"
#include "tools/pressure/engine/call.h"
#include "tools/pressure/protocols/transport.h"

struct nghttp2_session;

namespace tidemark::pressure {

// One HTTP/2 connection, in TLS (ALPN "h2") or with prior knowledge (h2c), and as many
// requests under way on it as LoadPlan::streams allows. See call.h.
//
// A request that a GOAWAY left undone is made again on the next connection, as the
// protocol wants it; a stream that is reset is kReset. A time-out ends its stream, and the
// connection too when nothing came on it meanwhile.
class Http2Client {
 public:
  // What is kept of an answer's headers, and of a body that something looks into; more is
  // kTooLong.
  static constexpr std::size_t kLongestHeaders = std::size_t{64} << 10;
  static constexpr std::size_t kLongestBody = std::size_t{64} << 20;

  Http2Client(const ClientContext& context, Finished finished);
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;
  ~Http2Client();

  void begin(const Call& call);
  int capacity() const;
  void expire(Time now);
  void close();
  int fd() const { return transport_.fd(); }

 private:
  struct Callbacks;  // what nghttp2 calls

  struct Stream {
    enum class State : std::uint8_t { kFree, kWaiting, kUnderWay, kEnded };
    State state = State::kFree;
    Call call;
    Time begun = 0;
    int tries = 0;
    std::int32_t id = 0;
    int status = 0;
    std::int64_t received = 0;
    bool keeps_body = false;
    bool keeps_headers = false;
    load::Failure failure = load::Failure::kNone;  // of one that has ended
    std::size_t header_bytes = 0;
    std::string sent;  // the body of the request
    std::size_t sent_to = 0;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  struct FreeSession {
    void operator()(nghttp2_session* session) const;
  };

  void open();
  void submit(Stream& stream);
  void flush();
  void readable();
  void settle();
  void settle_later();
  void closed(Stream& stream, std::uint32_t error) const;
  void too_long(Stream& stream);
  static load::Failure failure_of(const Stream& stream);
  void finish(Stream& stream);
  void lost(load::Failure failure);
  void drop(load::Failure failure);
  bool has(Stream::State state) const;

  Loop* loop_;
  const load::Target* target_;
  Finished finished_;
  Time timeout_;
  Transport transport_;
  std::unique_ptr<nghttp2_session, FreeSession> session_;
  std::vector<Stream> streams_;
  std::string authority_;
  std::string out_;
  std::vector<std::pair<std::string, std::string>> head_;  // of the request that is made
  Time received_at_ = 0;                                   // when something came last
  Loop::TimerId settling_ = Loop::TimerId::kNone;
  bool is_leaving_ = false;  // the server said GOAWAY, or there are no stream numbers left
  bool is_reading_ = false;
};

// What to tell people whose requests took 40 to 48 ms at the median; nothing otherwise.
// That is how long Linux delays an acknowledgement: a server that writes an answer in two
// pieces with Nagle's algorithm on waits for it.
std::optional<std::string> delayed_ack_note(const load::Histogram& response);

}  // namespace tidemark::pressure
