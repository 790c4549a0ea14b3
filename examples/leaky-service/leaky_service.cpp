// A small HTTP service with one well known trouble on each path, to try profilers on.
//
//   leaky-service [--port N] [--threads N]       port 0 takes a free one
//
// It prints "listening on 127.0.0.1:PORT" once it is ready and ends on SIGTERM or
// SIGINT. README.md beside this file says which tool finds what.
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;

std::atomic<std::uint64_t> requests{0};

// A definite leak: 100 bytes for each request, to which nothing points afterwards.
[[gnu::noinline]] std::string leak_session_token() {
  char* const token = static_cast<char*>(std::malloc(100));  // the leak
  std::snprintf(token, 100, "session-%llu", static_cast<unsigned long long>(requests.load()));
  return token;  // copied; the block is forgotten
}

// A tree whose root is forgotten: one definite leak that holds six indirect ones.
struct Node {
  Node* left = nullptr;
  Node* right = nullptr;
  char payload[48] = {};
};

[[gnu::noinline]] Node* grow_tree(int depth) {
  if (depth == 0) return nullptr;
  Node* const node = new Node;
  node->left = grow_tree(depth - 1);
  node->right = grow_tree(depth - 1);
  return node;
}

int count_nodes(const Node* node) {
  return node == nullptr ? 0 : 1 + count_nodes(node->left) + count_nodes(node->right);
}

[[gnu::noinline]] std::string leak_tree() { return std::to_string(count_nodes(grow_tree(3))); }

// A cache that never evicts: still reachable at the end, and growing all the time.
[[gnu::noinline]] std::string remember_for_ever() {
  static std::mutex mutex;
  static auto* const cache = new std::unordered_map<std::uint64_t, std::string>;
  const std::lock_guard lock(mutex);
  cache->emplace(requests.load(), std::string(200, 'c'));
  return std::to_string(cache->size());
}

// A cache of at most 1000 entries: grows at first, then stays. Not a leak.
class LruCache {
 public:
  std::size_t put(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    entries_.emplace_front(key, std::string(200, 'l'));
    index_[key] = entries_.begin();
    if (entries_.size() > 1000) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    return entries_.size();
  }

 private:
  std::mutex mutex_;
  std::list<std::pair<std::uint64_t, std::string>> entries_;
  std::unordered_map<std::uint64_t, decltype(entries_)::iterator> index_;
};

[[gnu::noinline]] std::string remember_a_while() {
  static LruCache cache;
  return std::to_string(cache.put(requests.load()));
}

// A data race: two threads add to a counter that nothing protects.
long visits = 0;

[[gnu::noinline]] void count_visit() { visits = visits + 1; }

[[gnu::noinline]] std::string race() {
  std::thread first(count_visit);
  std::thread second(count_visit);
  first.join();
  second.join();
  return "raced";
}

// A lock-order inversion: each thread alone is fine, both at once can deadlock. They
// run one after the other here, so that the service never does.
std::mutex accounts;
std::mutex journal;

[[gnu::noinline]] void book() {
  const std::lock_guard outer(accounts);
  const std::lock_guard inner(journal);
}

[[gnu::noinline]] void audit() {
  const std::lock_guard outer(journal);
  const std::lock_guard inner(accounts);
}

[[gnu::noinline]] std::string invert_locks() {
  std::thread(book).join();
  std::thread(audit).join();
  return "locked";
}

struct Path {
  std::string_view name;
  std::string (*answer)();
};

constexpr Path kPaths[] = {
    {"/leak", leak_session_token},
    {"/tree", leak_tree},
    {"/cache", remember_for_ever},
    {"/lru", remember_a_while},
    {"/race", race},
    {"/locks", invert_locks},
    {"/health", [] { return std::string("ok"); }},
};

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

Response answer(const Request& request) {
  ++requests;
  const std::string_view target(request.target().data(), request.target().size());
  const std::string_view name = target.substr(0, target.find('?'));
  Response response(http::status::not_found, request.version());
  response.body() = "no such path\n";
  for (const Path& path : kPaths) {
    if (path.name != name) continue;
    response.result(http::status::ok);
    response.body() = path.answer() + "\n";
  }
  response.set(http::field::content_type, "text/plain");
  response.keep_alive(request.keep_alive());
  response.prepare_payload();
  return response;
}

// One connection: read a request, answer it, and again until the client closes.
class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(Tcp::socket socket) : stream_(std::move(socket)) {}

  void read() {
    request_ = {};
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) self->write();
                     });
  }

 private:
  void write() {
    response_ = answer(request_);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (error) return;
                        if (self->response_.keep_alive()) {
                          self->read();
                        } else {
                          self->stream_.socket().shutdown(Tcp::socket::shutdown_send, error);
                        }
                      });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  Request request_;
  Response response_;
};

void accept(Tcp::acceptor& acceptor, asio::io_context& context) {
  acceptor.async_accept(asio::make_strand(context),
                        [&](beast::error_code error, Tcp::socket socket) {
                          if (!error) std::make_shared<Session>(std::move(socket))->read();
                          accept(acceptor, context);
                        });
}

void serve(unsigned short port, int threads) {
  asio::io_context context(threads);
  Tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), port});
  asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&](beast::error_code, int) { context.stop(); });
  accept(acceptor, context);
  std::printf("listening on 127.0.0.1:%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  std::vector<std::thread> workers;
  for (int i = 1; i < threads; ++i) workers.emplace_back([&] { context.run(); });
  context.run();
  for (std::thread& worker : workers) worker.join();
}

// The number after `option`; `fallback` when it is not there, -1 when it is no number
// up to `limit`.
int number_after(std::string_view option, int fallback, int limit, std::span<char*> words) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] != option) continue;
    const std::string_view text = words[i + 1];
    int number = -1;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = problem == std::errc() && end == text.data() + text.size();
    return whole && number <= limit ? number : -1;
  }
  return fallback;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> words(argv, static_cast<std::size_t>(argc));
  const int port = number_after("--port", 8080, 65535, words);
  const int threads = number_after("--threads", 2, 64, words);
  if (port < 0 || threads < 1) {
    std::fputs("usage: leaky-service [--port N] [--threads N]\n", stderr);
    return 2;
  }
  try {
    serve(static_cast<unsigned short>(port), threads);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "leaky-service: %s\n", error.what());
    return 3;
  }
  return 0;
}
