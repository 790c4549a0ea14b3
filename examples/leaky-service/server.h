#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace leaky {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

// "/search" of "/search?q=1".
std::string_view path_of(const Request& request);

// "1" of "/search?q=1", as it stands there; empty: there is no `q`.
std::string_view query_of(const Request& request, std::string_view name);

struct Settings {
  unsigned short port = 8080;  // 0: a free one
  std::size_t threads = 4;
  // Of what is no stream, on any of the threads; /ws and /events go to streams.h.
  std::function<Response(const Request&)> answer;
};

// Serves the loopback address with a few threads. Each has a context of its own, and a
// connection stays with one of them: thousands of quiet streams cost little, and no
// connection is touched by two threads.
class Server {
 public:
  // Listens from here on.
  explicit Server(Settings settings);
  ~Server();  // drops all connections

  unsigned short port() const { return acceptor_.local_endpoint().port(); }

  // For work of somebody else's besides the connections.
  asio::io_context& context() { return contexts_.front(); }

  void start();

  // Returns once none of the threads runs any more.
  void stop();

 private:
  void accept();
  void wait_and_accept();

  Settings settings_;
  std::deque<asio::io_context> contexts_;
  Tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::size_t next_ = 0;  // who gets the next connection
  std::vector<std::thread> threads_;
};

}  // namespace leaky
