#include "examples/leaky-service/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "examples/leaky-service/streams.h"

namespace leaky {
namespace {

// One connection: read a request, answer it, and again until the client closes.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Tcp::socket socket, const Settings& settings)
      : socket_(std::move(socket)), settings_(settings) {}

  void read() {
    parser_.emplace();
    http::async_read(socket_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) self->read_all();
                     });
  }

 private:
  // Posted, so that there is one call stack, however the bytes came in: profilers count by
  // call stacks.
  void read_all() {
    asio::post(socket_.get_executor(),
               [self = shared_from_this()] { self->take(self->parser_->release()); });
  }

  void take(Request request) {
    const std::string_view path = path_of(request);
    if (path == "/ws" && beast::websocket::is_upgrade(request)) {
      converse(std::move(socket_), std::move(request));
    } else if (path == "/events") {
      stream_events(std::move(socket_), request);
    } else {
      write(settings_.answer(request));
    }
  }

  void write(Response response) {
    response_ = std::move(response);
    http::async_write(socket_, response_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (!error && self->response_.keep_alive()) self->read();
                      });
  }

  Tcp::socket socket_;
  const Settings& settings_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  Response response_;
};

std::string_view target_of(const Request& request) {
  return {request.target().data(), request.target().size()};
}

}  // namespace

std::string_view path_of(const Request& request) {
  return target_of(request).substr(0, target_of(request).find('?'));
}

std::string_view query_of(const Request& request, std::string_view name) {
  std::string_view rest = target_of(request).substr(path_of(request).size());
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the '?' or '&'
    const std::string_view word = rest.substr(0, rest.find('&'));
    const std::size_t equals = word.find('=');
    if (word.substr(0, equals) == name && equals != word.npos) return word.substr(equals + 1);
    rest.remove_prefix(word.size());
  }
  return {};
}

Server::Server(Settings settings)
    : settings_(std::move(settings)),
      contexts_(settings_.threads),
      acceptor_(contexts_.front(), {asio::ip::make_address("127.0.0.1"), settings_.port}),
      pause_(contexts_.front()) {
  acceptor_.listen(asio::socket_base::max_listen_connections);
}

Server::~Server() { stop(); }

void Server::start() {
  accept();
  for (asio::io_context& context : contexts_) {
    threads_.emplace_back([&context] {
      // With a timer it waits in epoll from the start; the way in which Asio wakes a thread
      // without one looks to helgrind like a misused lock.
      const asio::steady_timer timer(context);
      const auto stay = asio::make_work_guard(context);
      context.run();
    });
  }
}

void Server::stop() {
  for (asio::io_context& context : contexts_) context.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

// There are no files left to open, for example: some will be closed.
void Server::wait_and_accept() {
  pause_.expires_after(std::chrono::milliseconds(10));
  pause_.async_wait([this](beast::error_code error) {
    if (!error) accept();
  });
}

void Server::accept() {
  acceptor_.async_accept([this](beast::error_code error, Tcp::socket socket) {
    if (error) return wait_and_accept();
    asio::io_context& context = contexts_[next_++ % contexts_.size()];
    asio::post(context, [this, &context, fd = socket.release()] {
      Tcp::socket own(context, Tcp::v4(), fd);
      beast::error_code ignored;
      own.set_option(Tcp::no_delay(true), ignored);
      std::make_shared<Connection>(std::move(own), settings_)->read();
    });
    accept();
  });
}

}  // namespace leaky
