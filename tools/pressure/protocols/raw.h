#pragma once

#include <string>
#include <string_view>

#include "tools/pressure/engine/call.h"
#include "tools/pressure/protocols/pending.h"
#include "tools/pressure/protocols/transport.h"

namespace tidemark::pressure {

// One socket (TCP, UDP, unix) on which a message is sent and an answer expected: one that
// ends with given bytes, one of so many bytes, a datagram, or all that comes until the
// server closes. One exchange at a time; the connection is kept between them, unless bytes
// come on it that nobody asked for.
class RawClient {
 public:
  static constexpr std::size_t kLongestAnswer = std::size_t{64} << 20;

  RawClient(const ClientContext& context, Finished finished);

  void begin(const Call& call);
  int capacity() const { return pending_.empty() ? 1 : 0; }
  void expire(Time now);
  void close();
  int fd() const { return transport_.fd(); }

 private:
  void read();
  void take(std::string_view bytes);
  void keep(std::string_view bytes);
  void answered();
  void lost(load::Failure failure);
  void drop(load::Failure failure);

  ClientContext context_;
  Finished finished_;
  Transport transport_;
  Pending pending_;
  std::string out_;
  std::string body_;  // of the answer: its end, or all when something looks into it
  std::int64_t received_ = 0;
  bool is_datagram_ = false;
};

}  // namespace tidemark::pressure
