#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lib/load/failure.h"
#include "tools/pressure/engine/loop.h"
#include "tools/pressure/protocols/libpq.h"

namespace tidemark::pressure {

// A connection of libpq on a Loop: made, watched and taken down without waiting, but for
// the look-up of a host's name, which is libpq's.
//
//   PostgresConnection connection(loop, words, {connected, readable, lost});
//   connect, (connected: send with get(), flush), (readable: take results), close
//
// No function of the owner is called inside connect(), flush() or close().
class PostgresConnection {
 public:
  // An exchange whose answer is longer is kTooLong. libpq reads a row as a whole, though,
  // and the protocol lets one have 1 GB.
  static constexpr std::int64_t kLongestAnswer = std::int64_t{64} << 20;

  struct Owner {
    std::function<void()> connected;
    std::function<void()> readable;           // results are there when it is not busy
    std::function<void(load::Failure)> lost;  // not connected, or not any more: it is closed
  };

  PostgresConnection(Loop& loop, std::string words, Owner owner);
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;
  ~PostgresConnection() { close(); }

  bool is_open() const { return state_ != State::kClosed; }  // or about to be
  bool is_connected() const { return state_ == State::kConnected; }
  PGconn* get() const { return handle_.get(); }
  int fd() const { return fd_; }

  void connect();  // REQUIRES: !is_open()
  void close();

  // After PQsend...: `sent` is what that returned. Sends what the kernel had no room for
  // when it has; a connection that took nothing is lost soon.
  void flush(int sent);

  // An exchange is over: what comes now counts for the next one.
  void exchange_done() { wakes_ = 0; }

 private:
  enum class State : std::uint8_t { kClosed, kFailed, kConnecting, kConnected };
  void poll();
  void ready(std::uint32_t events);
  std::int64_t received() const;
  void watch(std::uint32_t events);
  void lose_later(load::Failure failure);
  void lose(load::Failure failure);
  load::Failure failure_of_connect() const;

  Loop* loop_;
  std::string words_;
  Owner owner_;
  PostgresHandle handle_;
  Loop::TimerId timer_ = Loop::TimerId::kNone;
  std::int64_t wakes_ = 0;
  std::int64_t before_ = 0;  // what the kernel had received at the second wake-up
  int fd_ = -1;              // that is watched
  State state_ = State::kClosed;
  bool reached_ = false;  // a server was there
};

// kNone for a result that is none of an error; kClosed when the server ends or ended the
// connection (SQLSTATE 57P0x, class 08), else kStatus.
load::Failure failure_of(const PGresult* result);

std::int64_t bytes_of(const PGresult* result);  // of its values

}  // namespace tidemark::pressure
