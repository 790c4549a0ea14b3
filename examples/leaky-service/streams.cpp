#include "examples/leaky-service/streams.h"

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <utility>

namespace leaky {
namespace {

std::atomic<int> streams{0};

// Counts itself while it lives.
struct Counted {
  Counted() { ++streams; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --streams; }
};

std::uint64_t number_in(std::string_view text, std::uint64_t otherwise) {
  std::uint64_t number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "100ms", "2s"; 1 s for anything else, at least 1 ms.
std::chrono::milliseconds pace_of(std::string_view text) {
  const bool seconds = !text.ends_with("ms");
  const std::uint64_t number = number_in(text, seconds ? 1 : 1000);
  const std::uint64_t most = 1'000'000'000;
  const std::uint64_t ms = std::min(number, most) * (seconds ? 1000 : 1);
  return std::chrono::milliseconds(std::max<std::uint64_t>(ms, 1));
}

class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(Tcp::socket socket, std::chrono::milliseconds pace, std::uint64_t last)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), pace_(pace), sequence_(last) {}

  void open() {
    timer_.expires_after(pace_);
    watch();
    write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
        "Connection: close\r\n\r\n");
  }

 private:
  // The client has nothing to say any more: what comes is its end.
  void watch() {
    socket_.async_read_some(asio::buffer(&byte_, 1),
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                              if (!error) return self->watch();
                              self->timer_.cancel();
                              self->socket_.close(error);
                            });
  }

  void write(std::string text) {
    text_ = std::move(text);
    asio::async_write(socket_, asio::buffer(text_),
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (!error) self->wait();
                      });
  }

  void wait() {
    if (!socket_.is_open()) return;
    timer_.async_wait([self = shared_from_this()](beast::error_code error) {
      if (!error) self->tell();
    });
  }

  void tell() {
    timer_.expires_at(timer_.expiry() + pace_);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    const auto seq = static_cast<unsigned long long>(++sequence_);
    char event[128];
    const int size =
        std::snprintf(event, sizeof event, "id: %llu\ndata: {\"seq\":%llu,\"at_ms\":%lld.%03d}\n\n",
                      seq, seq, static_cast<long long>(us / 1000), static_cast<int>(us % 1000));
    write(std::string(event, static_cast<std::size_t>(size)));
  }

  Counted counted_;
  Tcp::socket socket_;
  asio::steady_timer timer_;
  std::chrono::milliseconds pace_;
  std::uint64_t sequence_;
  std::string text_;
  char byte_ = 0;
};

std::string acknowledge(std::string_view message) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse({message.data(), message.size()}, error);
  const auto* const object = error ? nullptr : value.if_object();
  const auto* const seq = object == nullptr ? nullptr : object->if_contains("seq");
  if (seq == nullptr || !seq->is_number()) return R"({"error":"no seq"})";
  const auto number = std::to_string(seq->to_number<std::int64_t>(error));
  return R"({"ack":)" + number + R"(,"seq":)" + number + "}";
}

class Talk : public std::enable_shared_from_this<Talk> {
 public:
  explicit Talk(Tcp::socket socket) : stream_(std::move(socket)) {
    stream_.read_message_max(std::size_t{1} << 20);
  }

  void open(Request request) {
    request_ = std::move(request);
    stream_.async_accept(request_, [self = shared_from_this()](beast::error_code error) {
      if (!error) self->read();
    });
  }

 private:
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) self->answer();
    });
  }

  void answer() {
    text_ = acknowledge(beast::buffers_to_string(buffer_.data()));
    buffer_.consume(buffer_.size());
    stream_.text(true);
    stream_.async_write(asio::buffer(text_),
                        [self = shared_from_this()](beast::error_code error, std::size_t) {
                          if (!error) self->read();
                        });
  }

  Counted counted_;
  beast::websocket::stream<Tcp::socket> stream_;
  beast::flat_buffer buffer_;
  Request request_;
  std::string text_;
};

}  // namespace

void stream_events(Tcp::socket socket, const Request& request) {
  const auto last = request["Last-Event-ID"];
  std::make_shared<EventStream>(std::move(socket), pace_of(query_of(request, "every")),
                                number_in({last.data(), last.size()}, 0))
      ->open();
}

void converse(Tcp::socket socket, Request request) {
  std::make_shared<Talk>(std::move(socket))->open(std::move(request));
}

int open_streams() { return streams; }

}  // namespace leaky
