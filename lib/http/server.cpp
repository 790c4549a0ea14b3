// How a connection goes on, each step starting the next one:
//
//   await_request -> read_request -> take_request -> send_answer -> await_request
//                                        |               `-> linger, when it is the last answer
//                                        `-> begin_stream -> send_waiting, as events come
//
// A step holds its connection by a shared_ptr, so one whose step is gone is closed by itself.
// Time-outs are those of beast::tcp_stream: it closes the socket, and the step ends with an
// error.
#include "lib/http/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "lib/base/error.h"
#include "lib/http/guard.h"
#include "lib/http/routes.h"

namespace tidemark::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bh = boost::beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Text = std::shared_ptr<const std::string>;

constexpr std::chrono::seconds kLinger{1};
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr int kStreamBuffer = 128 << 10;  // the kernel's, for each stream

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

struct Peer {
  explicit Peer(asio::ip::tcp::socket&& accepted) : socket(std::move(accepted)) {}

  beast::tcp_stream socket;
  beast::flat_buffer buffer;
  std::optional<bh::request_parser<bh::string_body>> parser;
  bh::response<bh::string_body> answer;
  bool answering = false;

  // A stream's:
  bool streaming = false;
  std::string topic;
  std::deque<Text> waiting;
  std::size_t waiting_bytes = 0;
  std::vector<Text> sending;
  Clock::time_point sending_since;
};
using PeerPtr = std::shared_ptr<Peer>;

struct Timer {
  asio::steady_timer timer;
  std::chrono::milliseconds time;
  std::function<void()> work;
};

Answer refusal(int status, std::string_view why) {
  return {.status = status, .body = std::string(why) + "\n"};
}

asio::ip::tcp::endpoint place_of(const ServerSettings& settings) {
  error_code problem;
  const auto address = asio::ip::make_address(settings.address, problem);
  if (problem) {
    throw UsageError(
        fmt::format("expected an address in digits to listen on, found '{}'", settings.address));
  }
  return {address, settings.port};
}

}  // namespace

struct Server::State {
  State(ServerSettings wanted, std::vector<Route> table);

  void accept();
  void await_request(const PeerPtr& peer);
  void read_request(const PeerPtr& peer);
  void take_request(const PeerPtr& peer);
  void refuse_damaged(const PeerPtr& peer, error_code problem);
  Answer answer_to(const PeerPtr& peer, Call& call);
  std::optional<Answer> refuse_stranger(const Match& found, const Call& call, std::string_view host,
                                        const bh::request<bh::string_body>& request) const;
  void send_answer(const PeerPtr& peer, Answer answer, bool last);
  void linger(const PeerPtr& peer);
  void begin_stream(const PeerPtr& peer, Stream stream);
  void watch_reader(const PeerPtr& peer);
  void queue(const PeerPtr& peer, const Text& text);
  void send_waiting(const PeerPtr& peer);
  void close(const PeerPtr& peer);
  void beat();
  void start(Timer& timer);
  void end();

  ServerSettings settings;
  std::vector<Route> routes;
  asio::io_context io{1};
  asio::ip::tcp::acceptor acceptor{io};
  asio::steady_timer pause{io};
  std::set<PeerPtr> peers;
  std::deque<Timer> timers;
  std::deque<asio::posix::stream_descriptor> watched;
  bool stopping = false;
};

Server::State::State(ServerSettings wanted, std::vector<Route> table)
    : settings(std::move(wanted)), routes(std::move(table)) {
  const auto place = place_of(settings);
  try {
    acceptor.open(place.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.bind(place);
    acceptor.listen(1024);
  } catch (const boost::system::system_error& problem) {
    throw Error(fmt::format("cannot listen on {} port {}: {}", settings.address, settings.port,
                            problem.code().message()),
                "choose another port, or 0 for any free one");
  }
  timers.push_back({asio::steady_timer(io), settings.beat_time, [this] { beat(); }});
}

void Server::State::accept() {
  acceptor.async_accept([this](error_code problem, asio::ip::tcp::socket socket) {
    if (stopping) return;
    if (problem) {
      // Most likely there are no descriptors left: some will be given back.
      pause.expires_after(kAcceptPause);
      pause.async_wait([this](error_code) {
        if (!stopping) accept();
      });
      return;
    }
    const auto peer = std::make_shared<Peer>(std::move(socket));
    error_code ignored;
    peer->socket.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    peers.insert(peer);
    if (peers.size() > settings.most_connections) {
      send_answer(peer, refusal(503, "too many connections"), true);
    } else {
      await_request(peer);
    }
    accept();
  });
}

void Server::State::await_request(const PeerPtr& peer) {
  peer->parser.emplace();
  peer->parser->header_limit(static_cast<std::uint32_t>(settings.most_header));
  peer->parser->body_limit(settings.most_body);
  if (peer->buffer.size() > 0) return read_request(peer);
  peer->socket.expires_after(settings.idle_time);
  constexpr std::size_t kPiece = 4096;
  peer->socket.async_read_some(peer->buffer.prepare(kPiece),
                               [this, peer](error_code problem, std::size_t count) {
                                 if (problem) return close(peer);
                                 peer->buffer.commit(count);
                                 read_request(peer);
                               });
}

// The whole request has to be there in time, however slowly its bytes drip.
void Server::State::read_request(const PeerPtr& peer) {
  peer->socket.expires_after(settings.request_time);
  bh::async_read(
      peer->socket, peer->buffer, *peer->parser, [this, peer](error_code problem, std::size_t) {
        if (!problem) {
          take_request(peer);
        } else if (problem.category() == make_error_code(bh::error::bad_method).category() &&
                   problem != bh::error::end_of_stream && problem != bh::error::partial_message) {
          refuse_damaged(peer, problem);
        } else {
          close(peer);
        }
      });
}

void Server::State::refuse_damaged(const PeerPtr& peer, error_code problem) {
  if (problem == bh::error::header_limit || problem == bh::error::buffer_overflow) {
    return send_answer(peer, refusal(431, "the request's header is too long"), true);
  }
  if (problem == bh::error::body_limit) {
    return send_answer(peer, refusal(413, "the request's body is too long"), true);
  }
  send_answer(peer, refusal(400, "not an HTTP request: " + problem.message()), true);
}

void Server::State::take_request(const PeerPtr& peer) {
  const auto& request = peer->parser->get();
  Call call{.method = std::string(view(request.method_string()))};
  Answer answer;
  try {
    answer = answer_to(peer, call);
  } catch (const UsageError& problem) {
    answer = refusal(400, problem.what());
  } catch (const Error& problem) {
    answer = refusal(500, problem.what());
  }
  if (!peer->streaming) send_answer(peer, std::move(answer), !request.keep_alive() || stopping);
}

// Begins a stream instead when that is what the route does.
Answer Server::State::answer_to(const PeerPtr& peer, Call& call) {
  const auto& request = peer->parser->get();
  if (request.count(bh::field::host) != 1) return refusal(400, "one Host header is needed");
  const std::string_view host = view(request[bh::field::host]);
  if (!is_known_host(host, settings.hosts)) {
    return refusal(421, "this server does not go by that name in the Host header");
  }
  const Match found = match(routes, call.method, view(request.target()), call);
  if (auto refused = refuse_stranger(found, call, host, request)) return std::move(*refused);
  if (found.route == nullptr) {
    Answer answer = refusal(found.status, found.status == 404   ? "there is nothing here"
                                          : found.status == 405 ? "not with this method"
                                                                : "not a path");
    if (found.status == 405) {
      answer.headers.push_back({"Allow", fmt::format("{}", fmt::join(found.methods, ", "))});
    }
    return answer;
  }
  call.body = request.body();
  call.last_event_id = view(request["Last-Event-ID"]);
  if (found.route->answer) return found.route->answer(call);
  if (call.method == "HEAD") return {.type = "text/event-stream"};
  begin_stream(peer, found.route->stream(call));
  return {};
}

// Who shows no token may read at most.
std::optional<Answer> Server::State::refuse_stranger(
    const Match& found, const Call& call, std::string_view host,
    const bh::request<bh::string_body>& request) const {
  if (const std::string_view origin = view(request[bh::field::origin]);
      !origin.empty() && call.method != "GET" && call.method != "HEAD" &&
      origin != "http://" + std::string(host)) {
    return refusal(403, "pages of other sites may not ask for this");
  }
  const bool reads = call.method == "GET" || call.method == "HEAD";
  if (reads && !settings.token_to_read) return std::nullopt;
  const std::string name = fmt::format("tidemark-{}", acceptor.local_endpoint().port());
  const auto shows = [&](std::string_view secret) {
    return !settings.token.empty() && equal_secrets(secret, settings.token);
  };
  const std::string_view bearer = view(request[bh::field::authorization]);
  constexpr std::string_view kBearer = "Bearer ";
  if (bearer.starts_with(kBearer) && shows(bearer.substr(kBearer.size()))) return std::nullopt;
  if (shows(cookie(view(request[bh::field::cookie]), name))) return std::nullopt;
  if (reads && found.route != nullptr && shows(call.query_or("token", ""))) {
    // Once in the address, from then on in a cookie: addresses are passed on.
    const std::string_view target = view(request.target());
    return Answer{.status = 303,
                  .headers = {{"Location", std::string(target.substr(0, target.find('?')))},
                              {"Set-Cookie", fmt::format("{}={}; HttpOnly; SameSite=Strict; Path=/",
                                                         name, settings.token)}}};
  }
  Answer answer = refusal(401, "a token is needed: Authorization: Bearer TOKEN");
  answer.headers.push_back({"WWW-Authenticate", "Bearer"});
  return answer;
}

void Server::State::send_answer(const PeerPtr& peer, Answer answer, bool last) {
  const bool head = peer->parser && peer->parser->get().method() == bh::verb::head;
  auto& message = peer->answer;
  message = {};
  message.version(11);
  message.result(static_cast<unsigned>(answer.status));
  message.keep_alive(!last);
  message.set(bh::field::content_type, answer.type);
  for (const auto* headers : {&settings.headers, &answer.headers}) {
    for (const Header& header : *headers) message.set(header.name, header.value);
  }
  message.content_length(answer.body.size());
  if (!head) message.body() = std::move(answer.body);
  peer->answering = true;
  peer->socket.expires_after(settings.answer_time);
  const auto after = [this, peer, last](error_code problem, std::size_t) {
    peer->answering = false;
    if (problem) return close(peer);
    if (last) return linger(peer);
    if (stopping) return close(peer);
    await_request(peer);
  };
  bh::async_write(peer->socket, message, after);
}

// Closing at once while the peer still sends would take our answer away from it again.
void Server::State::linger(const PeerPtr& peer) {
  error_code ignored;
  peer->socket.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  peer->socket.expires_after(kLinger);
  const auto drain = [this, peer](auto& self, std::size_t left) -> void {
    constexpr std::size_t kPiece = 4096;
    peer->buffer.clear();
    peer->socket.async_read_some(peer->buffer.prepare(kPiece),
                                 [this, peer, self, left](error_code problem, std::size_t count) {
                                   if (problem || count >= left || stopping) return close(peer);
                                   self(self, left - count);
                                 });
  };
  drain(drain, std::size_t{1} << 20);
}

void Server::State::begin_stream(const PeerPtr& peer, Stream stream) {
  peer->streaming = true;
  peer->topic = std::move(stream.topic);
  peer->socket.expires_never();
  error_code ignored;
  peer->socket.socket().set_option(asio::socket_base::send_buffer_size(kStreamBuffer), ignored);
  std::string text =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
      "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n";
  for (const Header& header : settings.headers) {
    if (header.name != "Cache-Control") text += header.name + ": " + header.value + "\r\n";
  }
  text += "\r\nretry: 1000\n\n";
  for (const Event& event : stream.first) text += event_text(event.id, event.name, event.data);
  watch_reader(peer);
  // However long it is, the beginning is what was asked for.
  peer->waiting.push_back(std::make_shared<const std::string>(std::move(text)));
  send_waiting(peer);
}

// A reader of a stream has nothing more to say; that it is gone shows here.
void Server::State::watch_reader(const PeerPtr& peer) {
  constexpr std::size_t kPiece = 512;
  peer->buffer.clear();
  peer->socket.async_read_some(peer->buffer.prepare(kPiece),
                               [this, peer](error_code problem, std::size_t) {
                                 if (problem) return close(peer);
                                 watch_reader(peer);
                               });
}

void Server::State::queue(const PeerPtr& peer, const Text& text) {
  if (peer->waiting_bytes + text->size() > settings.most_waiting) return close(peer);
  peer->waiting_bytes += text->size();
  peer->waiting.push_back(text);
  if (peer->sending.empty()) send_waiting(peer);
}

void Server::State::send_waiting(const PeerPtr& peer) {
  peer->sending.assign(peer->waiting.begin(), peer->waiting.end());
  peer->waiting.clear();
  peer->waiting_bytes = 0;
  peer->sending_since = Clock::now();
  std::vector<asio::const_buffer> buffers;
  for (const Text& text : peer->sending) buffers.emplace_back(text->data(), text->size());
  asio::async_write(peer->socket, buffers, [this, peer](error_code problem, std::size_t) {
    peer->sending.clear();
    if (problem) return close(peer);
    if (!peer->waiting.empty()) return send_waiting(peer);
    if (stopping) close(peer);
  });
}

void Server::State::close(const PeerPtr& peer) {
  peers.erase(peer);
  error_code ignored;
  peer->socket.socket().close(ignored);
  if (stopping && peers.empty()) pause.cancel();
}

void Server::State::beat() {
  const auto sign = std::make_shared<const std::string>(":\n\n");
  const auto now = Clock::now();
  for (const PeerPtr& peer : std::vector<PeerPtr>(peers.begin(), peers.end())) {
    if (!peer->streaming) continue;
    if (peer->sending.empty()) {
      queue(peer, sign);
    } else if (now - peer->sending_since > settings.answer_time) {
      close(peer);
    }
  }
}

void Server::State::start(Timer& timer) {
  timer.timer.expires_after(timer.time);
  timer.timer.async_wait([this, &timer](error_code problem) {
    if (problem || stopping) return;
    timer.work();
    start(timer);
  });
}

void Server::State::end() {
  if (std::exchange(stopping, true)) return;
  error_code ignored;
  acceptor.close(ignored);
  for (Timer& timer : timers) timer.timer.cancel();
  for (auto& descriptor : watched) descriptor.cancel(ignored);
  for (const PeerPtr& peer : std::vector<PeerPtr>(peers.begin(), peers.end())) {
    if (!peer->answering && peer->sending.empty()) close(peer);
  }
  pause.cancel();
  if (peers.empty()) return;
  pause.expires_after(kLinger);
  pause.async_wait([this](error_code) {
    for (const PeerPtr& peer : std::vector<PeerPtr>(peers.begin(), peers.end())) close(peer);
  });
}

Server::Server(ServerSettings settings, std::vector<Route> routes)
    : state_(std::make_unique<State>(std::move(settings), std::move(routes))) {}

Server::~Server() = default;

std::uint16_t Server::port() const { return state_->acceptor.local_endpoint().port(); }

void Server::every(std::chrono::milliseconds time, std::function<void()> work) {
  state_->timers.push_back({asio::steady_timer(state_->io), time, std::move(work)});
}

void Server::when_readable(int fd, std::function<void()> work) {
  // Ours, since the descriptor closes what it has.
  const int copy = ::dup(fd);
  if (copy < 0) throw errno_error("dup");
  auto& descriptor = state_->watched.emplace_back(state_->io, copy);
  descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                        [work = std::move(work)](error_code problem) {
                          if (!problem) work();
                        });
}

void Server::publish(std::string_view topic, const Event& event) {
  const auto text =
      std::make_shared<const std::string>(event_text(event.id, event.name, event.data));
  for (const PeerPtr& peer : std::vector<PeerPtr>(state_->peers.begin(), state_->peers.end())) {
    if (peer->streaming && peer->topic == topic) state_->queue(peer, text);
  }
}

std::size_t Server::streams() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(state_->peers, [](const PeerPtr& peer) { return peer->streaming; }));
}

void Server::run() {
  if (!state_->stopping) {
    state_->accept();
    for (Timer& timer : state_->timers) state_->start(timer);
  }
  state_->io.run();
}

void Server::stop() {
  asio::post(state_->io, [state = state_.get()] { state->end(); });
}

std::string_view Call::query_or(std::string_view name, std::string_view fallback) const {
  const auto found = query.find(name);
  return found == query.end() ? fallback : found->second;
}

}  // namespace tidemark::http
