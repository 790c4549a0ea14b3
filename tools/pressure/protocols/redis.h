#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/pressure/engine/call.h"
#include "tools/pressure/protocols/pending.h"
#include "tools/pressure/protocols/redis_reply.h"
#include "tools/pressure/protocols/transport.h"

struct redisReader;

namespace tidemark::pressure {

// One connection to Redis (RESP 2). It says AUTH and SELECT first when the target has a
// password or a data base; `pipeline` of the load is how many commands it has under way.
// An error reply is kStatus. Answers are not kept unless something looks into them.
class RedisClient {
 public:
  // Beyond it an answer is kTooLong; so is a line of one.
  static constexpr std::size_t kLongestAnswer = std::size_t{64} << 20;
  static constexpr std::size_t kLongestLine = std::size_t{64} << 10;

  RedisClient(const ClientContext& context, Finished finished);
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;
  ~RedisClient();

  void begin(const Call& call);
  int capacity() const { return static_cast<int>(pending_.room()); }
  void expire(Time now);
  void close();
  int fd() const { return transport_.fd(); }

 private:
  struct FreeReader {
    void operator()(redisReader* reader) const;
  };

  void connect();
  void render(const Call& call);
  void read();
  void take_answers();
  bool take_answer();
  void begin_answer();
  bool is_error_reply(const void* reply) const;
  void answered(Outcome outcome);
  bool is_too_long() const;
  void lost(load::Failure failure);
  void drop(load::Failure failure);

  ClientContext context_;
  Finished finished_;
  Transport transport_;
  Pending pending_;
  std::unique_ptr<redisReader, FreeReader> reader_;
  RedisReply reply_;
  std::string out_;  // what is to be sent when all that was read is dealt with
  std::vector<std::pair<const load::Request*, std::string>> fixed_;  // rendered once
  std::string word_;
  int greetings_ = 0;       // answers of our own AUTH and SELECT that are to come
  bool in_answer_ = false;  // the reader has the first part of one
  bool is_reading_ = false;
  std::uint64_t epoch_ = 0;    // counts connections
  std::int64_t received_ = 0;  // bytes on this connection
  std::int64_t consumed_ = 0;  // of them, those of answers that are whole
  Time read_at_ = 0;
};

}  // namespace tidemark::pressure
