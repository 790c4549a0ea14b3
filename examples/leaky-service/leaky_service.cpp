// A small HTTP service with one well known trouble on each path, to try profilers on;
// and a healthy one on a few more, to try load on.
//
//   leaky-service [--port N] [--watch DIR]     port 8080 when not given; 0: a free one
//
// It prints "listening on 127.0.0.1:PORT" once it is ready and ends on SIGTERM or SIGINT.
// README.md beside this file says which tool finds what. The troubles are in this file;
// server.cpp is the server, and the healthy paths are in files of their own. Docs and tests
// name the line of the first leak.
#include <sys/resource.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "examples/leaky-service/documents.h"
#include "examples/leaky-service/rpc.h"
#include "examples/leaky-service/server.h"
#include "examples/leaky-service/streams.h"
#include "examples/leaky-service/watch.h"

namespace leaky {

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
    {"/documents", [] { return read_document(requests.load()); }},
    {"/health", [] { return std::string("ok"); }},
};

Response text(const Request& request, http::status status, std::string body,
              const char* type = "application/json") {
  Response response(status, request.version());
  response.set(http::field::content_type, type);
  response.keep_alive(request.keep_alive());
  response.body() = std::move(body);
  response.prepare_payload();
  return response;
}

// What is not trouble: paths to put load on.
class Service {
 public:
  Service(asio::io_context& context, const std::string& directory) {
    if (!directory.empty()) watcher_.emplace(context, directory);
  }

  Response answer(const Request& request) {
    ++requests;
    const std::string_view name = path_of(request);
    if (name == "/rpc") return answer_call(request);
    if (name == "/status") return text(request, http::status::ok, status());
    if (name == "/watches" && watcher_) {
      const std::string depth = std::to_string(watcher_->queue_depth());
      return text(request, http::status::ok, R"({"queue_depth":)" + depth + "}\n");
    }
    if (name == "/search" && watcher_) return search(request);
    for (const Path& path : kPaths) {
      if (path.name == name) {
        return text(request, http::status::ok, path.answer() + "\n", "text/plain");
      }
    }
    return text(request, http::status::not_found, "no such path\n", "text/plain");
  }

 private:
  Response answer_call(const Request& request) {
    if (request.method() != http::verb::post) {
      return text(request, http::status::method_not_allowed, "POST it\n", "text/plain");
    }
    std::string body = answer_rpc(workspace_, request.body());
    const http::status status = body.empty() ? http::status::no_content : http::status::ok;
    return text(request, status, std::move(body));
  }

  std::string status() const {
    const auto age = std::chrono::steady_clock::now() - start_;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
    return R"({"status":"ok","requests":)" + std::to_string(requests) + R"(,"documents":)" +
           std::to_string(workspace_.size()) + R"(,"streams":)" + std::to_string(open_streams()) +
           R"(,"uptime_s":)" + std::to_string(seconds) + "}\n";
  }

  // Says the marker only when it was seen, so that an answer that has it is a yes.
  Response search(const Request& request) const {
    const std::string_view marker = query_of(request, "q");
    const std::size_t files = watcher_->search(marker).size();
    const std::string found = files == 0 ? "" : R"(,"found":")" + std::string(marker) + R"(")";
    return text(request, http::status::ok, R"({"files":)" + std::to_string(files) + found + "}\n");
  }

  Workspace workspace_;
  std::optional<Watcher> watcher_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

struct Options {
  int port = 8080;
  std::string directory;  // that is watched; empty: none
};

// Each connection is an open file; most systems let us have more than they give at first.
void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Serves until SIGTERM or SIGINT, which every thread blocks so that sigwait() gets them.
void serve(const Options& options) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  allow_many_files();
  std::optional<Service> service;
  Server server(
      {.port = static_cast<unsigned short>(options.port),
       .answer = [&service](const Request& request) { return service->answer(request); }});
  service.emplace(server.context(), options.directory);
  server.start();
  std::printf("listening on 127.0.0.1:%d\n", server.port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  server.stop();
  service.reset();
}

// -1 when it is none.
int port_from(std::string_view text) {
  int port = -1;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = problem == std::errc() && end == text.data() + text.size();
  return whole && port <= 65535 ? port : -1;
}

std::optional<Options> options_from(std::span<char*> words) {
  Options options;
  if (words.size() % 2 == 0) return {};
  for (std::size_t i = 1; i < words.size(); i += 2) {
    const std::string_view name = words[i];
    if (name == "--port") {
      options.port = port_from(words[i + 1]);
    } else if (name == "--watch") {
      options.directory = words[i + 1];
    } else {
      return {};
    }
  }
  return options.port < 0 ? std::nullopt : std::optional(options);
}

}  // namespace leaky

int main(int argc, char** argv) {
  const auto options = leaky::options_from({argv, static_cast<std::size_t>(argc)});
  if (!options) {
    std::fputs("usage: leaky-service [--port N] [--watch DIR]\n", stderr);
    return 2;
  }
  try {
    leaky::serve(*options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "leaky-service: %s\n", error.what());
    return 3;
  }
  return 0;
}
