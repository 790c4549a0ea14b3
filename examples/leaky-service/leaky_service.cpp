// A small HTTP service with one well known trouble on each path, to try profilers on.
//
//   leaky-service [--port N]       8080 when not given; 0 takes a free one
//
// It prints "listening on 127.0.0.1:PORT" once it is ready and ends on SIGTERM or
// SIGINT. README.md beside this file says which tool finds what.
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
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

namespace leaky {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;

std::atomic<std::uint64_t> requests{0};

// A definite leak: 100 bytes for each request, to which nothing points afterwards.
[[gnu::noinline]] const char* leak_session_token() {
  char* const token = static_cast<char*>(std::malloc(100));  // the leak
  std::snprintf(token, 100, "session-%llu", static_cast<unsigned long long>(requests.load()));
  return token;  // the caller copies it and forgets the block
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

// Fragmentation: each request needs a little more for a moment than the one before (up to
// 32 MiB in blocks of 1 KiB) and frees it all, but one small block above it stays until
// the next request, so that the allocator cannot give back what is below. The process
// grows, what it holds does not. Not a leak.
[[gnu::noinline]] std::string leave_holes() {
  static std::mutex mutex;
  static std::size_t turn = 0;
  static std::string* pin = nullptr;
  const std::lock_guard lock(mutex);
  std::list<std::string> burst;
  turn = turn < 512 ? turn + 1 : turn;
  for (std::size_t i = 0; i < 64 * turn; ++i) burst.emplace_back(1000, 'h');
  delete std::exchange(pin, new std::string(1500, 'p'));
  return std::to_string(burst.size());
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
    {"/leak", [] { return std::string(leak_session_token()); }},
    {"/tree", leak_tree},
    {"/cache", remember_for_ever},
    {"/lru", remember_a_while},
    {"/holes", leave_holes},
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

// One connection, on a thread of its own: read a request, answer it, and again until
// the client closes or close() is called.
class Connection {
 public:
  explicit Connection(Tcp::socket socket)
      : socket_(std::move(socket)), thread_([this] { converse(); }) {}
  ~Connection() { thread_.join(); }

  bool done() const { return done_; }

  // From another thread: the system call alone, which leaves the socket object as it is.
  void close() { ::shutdown(socket_.native_handle(), SHUT_RDWR); }

 private:
  void converse() {
    beast::error_code error;
    beast::flat_buffer buffer;
    for (bool more = true; more && !error;) {
      Request request;
      http::read(socket_, buffer, request, error);
      if (error) break;
      const Response response = answer(request);
      more = response.keep_alive();
      http::write(socket_, response, error);
    }
    close();
    done_ = true;
  }

  Tcp::socket socket_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

// Accepts connections until the listening socket is shut down; then ends them all.
void accept_all(Tcp::acceptor& acceptor) {
  std::list<Connection> connections;
  beast::error_code error;
  while (!error) {
    Tcp::socket socket(acceptor.get_executor());
    acceptor.accept(socket, error);
    connections.remove_if([](const Connection& connection) { return connection.done(); });
    if (!error) connections.emplace_back(std::move(socket));
  }
  for (Connection& connection : connections) connection.close();
}

// Serves until SIGTERM or SIGINT, which every thread blocks so that sigwait() gets them.
void serve(unsigned short port) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  asio::io_context context;
  Tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), port});
  std::printf("listening on 127.0.0.1:%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  std::thread server(accept_all, std::ref(acceptor));
  int signal = 0;
  sigwait(&ends, &signal);
  ::shutdown(acceptor.native_handle(), SHUT_RDWR);
  server.join();
}

// The port after "--port"; 8080 without it; -1 when it is none.
int port_from(std::span<char*> words) {
  if (words.size() == 1) return 8080;
  if (words.size() != 3 || std::string_view(words[1]) != "--port") return -1;
  const std::string_view text = words[2];
  int port = -1;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = problem == std::errc() && end == text.data() + text.size();
  return whole && port <= 65535 ? port : -1;
}

}  // namespace leaky

int main(int argc, char** argv) {
  const int port = leaky::port_from({argv, static_cast<std::size_t>(argc)});
  if (port < 0) {
    std::fputs("usage: leaky-service [--port N]\n", stderr);
    return 2;
  }
  try {
    leaky::serve(static_cast<unsigned short>(port));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "leaky-service: %s\n", error.what());
    return 3;
  }
  return 0;
}
