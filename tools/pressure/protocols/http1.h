#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/http/answer_reader.h"
#include "lib/load/scenario.h"
#include "tools/pressure/engine/call.h"
#include "tools/pressure/protocols/transport.h"

namespace tidemark::pressure {

// What the HTTP/1.1 clients of one target share, so that a thousand of them are small.
struct HttpShared {
  // A request as it is sent, and what its answer is kept for.
  struct Prepared {
    std::string fixed;  // empty: it has places to fill in
    http::AnswerReader::Wanted wanted;
  };
  explicit HttpShared(const load::Target& target);

  const Prepared& prepared(const load::Request& request);

  // The bytes of `request`. Valid until the next call.
  std::string_view render(const load::Request& request, load::Values& values);

  static constexpr std::size_t kInput = std::size_t{64} << 10;
  std::unique_ptr<char[]> input;  // what was just read, kInput at most; nothing stays in it

 private:
  std::string host_;
  std::string output_;
  std::string piece_;
  std::string body_;
  std::unordered_map<const load::Request*, Prepared> prepared_;
};

// One HTTP/1.1 connection: keep-alive, and as many requests under way as LoadPlan::pipeline
// allows. See call.h.
class Http1Client {
 public:
  Http1Client(const ClientContext& context, Finished finished);
  Http1Client(const Http1Client&) = delete;
  Http1Client& operator=(const Http1Client&) = delete;
  ~Http1Client() = default;

  void begin(const Call& call);
  int capacity() const { return limit_ - static_cast<int>(calls_.size()); }
  void expire(Time now);
  void close();
  int fd() const { return transport_.fd(); }

 private:
  // A call whose answer is to come. The reader has the first one's.
  struct Pending {
    Call call;
    Time begun = 0;
  };

  void readable();
  void take(std::string_view bytes, Time done);
  // What the first call's answer is worth. REQUIRES: it is there.
  load::Failure judge_first();
  void expect_first();
  void lost(load::Failure failure);
  // Ends the connection, and with it all calls: the first with `failure`, those behind it
  // as closed.
  void drop(load::Failure failure, Time done);

  Loop* loop_;
  Finished finished_;
  std::shared_ptr<HttpShared> shared_;
  Time timeout_;
  int limit_;
  bool corked_ = false;  // writes wait until all that came is read
  Transport transport_;
  http::AnswerReader reader_;
  std::uint64_t connection_ = 0;  // counts them
  std::int64_t received_ = 0;     // bytes of the first call's answer
  std::vector<Pending> calls_;
  std::string corked_output_;
};

}  // namespace tidemark::pressure
