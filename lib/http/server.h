#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/client.h"
#include "lib/http/url.h"

namespace tidemark::http {

// What a route is asked. All of it comes from whoever asks.
struct Call {
  std::string method;
  std::string path;                // decoded
  std::vector<std::string> stars;  // the segments that the stars of the route's path met, decoded
  Query query;
  std::string body;
  std::string last_event_id;  // the last event that a reader of a stream has; empty: none

  std::string_view query_or(std::string_view name, std::string_view fallback) const;
};

struct Answer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body = {};
  std::vector<Header> headers = {};
};

// One server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html).
struct Event {
  std::string id;    // what comes back as Call::last_event_id; empty: none
  std::string name;  // empty: "message"
  std::string data;
};

// An answer that goes on: `first`, then everything that is published under `topic`.
struct Stream {
  std::string topic;
  std::vector<Event> first;
};

// One line of the table of routes. `path` is matched segment by segment; "*" is any one:
// "/api/soaks/*/series". Either `answer` or `stream` is set. An Error that one throws is
// answered with 500, a UsageError with 400.
struct Route {
  std::string method = "GET";  // GET answers HEAD, too
  std::string path;
  std::function<Answer(const Call&)> answer = nullptr;
  std::function<Stream(const Call&)> stream = nullptr;
};

struct ServerSettings {
  std::string address = "127.0.0.1";  // in digits
  std::uint16_t port = 0;             // 0: a free one
  // Names that the Host header may have besides localhost and addresses in digits. Any
  // other is refused: a page of another site could have its name lead here ("DNS
  // rebinding") and read what we say.
  std::vector<std::string> hosts = {};
  // Who shows it ("Authorization: Bearer TOKEN", or once "?token=TOKEN", which leaves a
  // cookie) may use other methods than GET and HEAD; empty: nobody may.
  std::string token = {};
  bool token_to_read = false;        // GET and HEAD need it, too
  std::vector<Header> headers = {};  // with every answer

  std::chrono::milliseconds request_time{10'000};  // for a request to come in whole
  std::chrono::milliseconds idle_time{60'000};     // between the requests of a connection
  std::chrono::milliseconds answer_time{30'000};   // for the reader to take an answer
  std::chrono::milliseconds beat_time{15'000};     // between signs of life on a quiet stream
  std::size_t most_connections = 1000;             // more are answered with 503
  std::size_t most_header = 16 << 10;
  std::size_t most_body = 64 << 10;
  // What may wait for a reader of a stream; one that is slower is dropped. It may come
  // again and say with Last-Event-ID what it has.
  std::size_t most_waiting = 1 << 20;
};

// An HTTP/1.1 server on one thread: all functions are called in run().
//
//   Server server(settings, routes);  server.every(...);  server.run();
class Server {
 public:
  // Listens from here on. Throws Error.
  Server(ServerSettings settings, std::vector<Route> routes);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  std::uint16_t port() const;

  // Calls `work` in run(), again and again.
  void every(std::chrono::milliseconds time, std::function<void()> work);

  // Calls `work` in run() when `fd` becomes readable; once.
  void when_readable(int fd, std::function<void()> work);

  // Sends `event` to all streams of `topic`. Call it in run().
  void publish(std::string_view topic, const Event& event);

  // How many streams are open now.
  std::size_t streams() const;

  // Serves until stop(). An exception of `work` ends it.
  void run();

  // Ends run(): nothing new is taken, what is being answered is finished if that takes no
  // longer than a second. May be called from any thread, also before run().
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemark::http
