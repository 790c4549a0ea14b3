#include "lib/http/client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"

namespace tidemark::http {
namespace {

namespace beast = boost::beast;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kMostHeader = 64 << 10;

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

std::vector<Address> addresses_of(const Url& url) {
  if (!url.socket.empty()) {
    Address address{.size = sizeof(sockaddr_un)};
    auto* const local = reinterpret_cast<sockaddr_un*>(&address.bytes);
    local->sun_family = AF_UNIX;
    if (url.socket.size() >= sizeof local->sun_path) {
      throw Error(
          fmt::format("{}: longer than the path of a Unix socket may be", printable(url.socket)));
    }
    std::memcpy(local->sun_path, url.socket.data(), url.socket.size());
    return {address};
  }
  addrinfo hints{.ai_flags = AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  const int problem =
      ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found);
  if (problem != 0) {
    throw Error(fmt::format("{}: {}", printable(url.host), ::gai_strerror(problem)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Address address{.size = each->ai_addrlen};
    std::memcpy(&address.bytes, each->ai_addr, each->ai_addrlen);
    addresses.push_back(address);
  }
  return addresses;
}

std::string name_of(const Url& url) {
  if (!url.socket.empty()) return printable(url.socket);
  return fmt::format("http://{}{}", printable(url.authority()), printable(url.target));
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

std::string bytes_of(const Request& request) {
  std::string text =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: tidemark/{}\r\n", request.method,
                  request.url.target, request.url.authority(), TIDEMARK_VERSION);
  text += "Accept: */*\r\nConnection: close\r\n";
  for (const Header& header : request.headers) {
    if (has_line_break(header.name) || has_line_break(header.value)) {
      throw Error(fmt::format("{}: a header must not have line breaks: {}", name_of(request.url),
                              tidemark::quoted(header.name)));
    }
    text += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  if (!request.body.empty() || request.method != "GET") {
    text += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  return text + "\r\n" + request.body;
}

using Parser = beast::http::response_parser<beast::http::string_body>;

}  // namespace

struct Exchange::State {
  explicit State(Request wanted);
  std::optional<int> outcome() const;
  std::optional<int> begin();
  bool connect();
  bool send();
  bool receive();
  void take_end();
  bool put();
  void finish();
  [[noreturn]] void fail(std::string_view what) const {
    throw Error(fmt::format("{}: {}", name, what));
  }

  Request request;
  std::string name;  // for messages
  std::string out;
  std::vector<Address> addresses;
  std::size_t next_address = 0;
  Clock::time_point deadline;
  Descriptor socket;
  bool connected = false;
  std::size_t sent = 0;
  beast::flat_buffer buffer;
  Parser parser;
  std::optional<Response> response;
};

Exchange::State::State(Request wanted)
    : request(std::move(wanted)),
      name(name_of(request.url)),
      out(bytes_of(request)),
      addresses(addresses_of(request.url)),
      deadline(Clock::now() + request.time),
      buffer(std::size_t{1} << 20) {
  parser.eager(true);
  parser.body_limit(request.most_bytes);
  parser.header_limit(kMostHeader);
  if (request.method == "HEAD") parser.skip(true);
}

// Why the attempt that goes on failed, 0 when the connection stands; nothing: not known yet.
std::optional<int> Exchange::State::outcome() const {
  pollfd event{.fd = socket.get(), .events = POLLOUT};
  if (::poll(&event, 1, 0) <= 0) return std::nullopt;
  int problem = 0;
  socklen_t size = sizeof problem;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
  return problem;
}

std::optional<int> Exchange::State::begin() {
  const Address& address = addresses[next_address];
  socket =
      Descriptor(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto* const bytes = reinterpret_cast<const sockaddr*>(&address.bytes);
  if (!socket) return errno;
  if (::connect(socket.get(), bytes, address.size) != 0 && errno != EINPROGRESS) return errno;
  return outcome();
}

// Whether the connection stands. An address that refuses is followed by the next one.
bool Exchange::State::connect() {
  while (true) {
    const std::optional<int> problem = socket ? outcome() : begin();
    if (!problem) return false;
    if (*problem == 0) return true;
    socket.reset();
    if (++next_address == addresses.size()) throw errno_error(name, *problem);
  }
}

bool Exchange::State::send() {
  while (sent < out.size()) {
    const ssize_t count = ::send(socket.get(), out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) return false;
    // Who refuses a request early may have answered: that is for receive() to see.
    if (count < 0 && (errno == EPIPE || errno == ECONNRESET)) break;
    if (count < 0) throw errno_error(name);
    sent += static_cast<std::size_t>(count);
  }
  sent = out.size();
  return true;
}

// Whether the parser has all that is wanted.
bool Exchange::State::put() {
  boost::system::error_code problem;
  buffer.consume(parser.put(buffer.data(), problem));
  if (parser.is_done() || (request.head_only && parser.is_header_done())) return true;
  // A line that does not end is no reason to keep all of it.
  if (problem == beast::http::error::need_more && buffer.size() <= kMostHeader) return false;
  if (problem == beast::http::error::body_limit) {
    fail(fmt::format("the answer is longer than {} bytes", request.most_bytes));
  }
  if (!problem) return false;
  if (parser.is_header_done()) fail("damaged answer: " + problem.message());
  const auto* const start = static_cast<const char*>(buffer.data().data());
  const std::string_view found(start, std::min<std::size_t>(buffer.size(), 60));
  fail(fmt::format("answered {}, which is not HTTP", tidemark::quoted(found)));
}

// Without a length the answer goes on until the connection is closed.
void Exchange::State::take_end() {
  boost::system::error_code problem;
  if (!parser.got_some()) fail("closed without an answer");
  parser.put_eof(problem);
  if (problem) fail("the answer was cut off");
}

bool Exchange::State::receive() {
  constexpr std::size_t kPiece = 64 << 10;
  while (true) {
    const auto space = buffer.prepare(kPiece);
    const ssize_t count = ::recv(socket.get(), space.data(), space.size(), 0);
    if (count < 0 && errno == EAGAIN) return false;
    if (count < 0) throw errno_error(name);
    if (count == 0) {
      take_end();
      return true;
    }
    buffer.commit(static_cast<std::size_t>(count));
    if (put()) return true;
  }
}

void Exchange::State::finish() {
  const auto& message = parser.get();
  response.emplace();
  response->status = static_cast<int>(message.result_int());
  response->reason = message.reason();
  for (const auto& field : message) {
    response->headers.push_back(
        {.name = std::string(field.name_string()), .value = std::string(field.value())});
  }
  response->body = std::move(parser.get().body());
  socket.reset();
}

Exchange::Exchange(Request request) : state_(std::make_unique<State>(std::move(request))) {}
Exchange::Exchange(Exchange&&) noexcept = default;
Exchange& Exchange::operator=(Exchange&&) noexcept = default;
Exchange::~Exchange() = default;

bool Exchange::advance() {
  State& state = *state_;
  if (state.response) return true;
  if (!state.connected) state.connected = state.connect();
  if (state.connected && state.send() && state.receive()) {
    state.finish();
    return true;
  }
  if (Clock::now() >= state.deadline) {
    state.fail(fmt::format("no {} within {} ms", state.connected ? "whole answer" : "connection",
                           state.request.time.count()));
  }
  return false;
}

int Exchange::fd() const { return state_->socket.get(); }

short Exchange::events() const {
  return state_->connected && state_->sent == state_->out.size() ? POLLIN : POLLOUT;
}

std::chrono::milliseconds Exchange::time_left() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(state_->deadline - Clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

const Response& Exchange::response() const {
  assert(state_->response);
  return *state_->response;
}

std::string_view Response::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [&](const Header& header) {
    return beast::iequals({header.name.data(), header.name.size()}, {name.data(), name.size()});
  });
  return found == headers.end() ? std::string_view() : found->value;
}

Response fetch(const Request& request) {
  Exchange exchange(request);
  while (!exchange.advance()) {
    pollfd event{.fd = exchange.fd(), .events = exchange.events()};
    const auto wait = std::min<std::int64_t>(exchange.time_left().count(), 1'000'000);
    if (::poll(&event, 1, static_cast<int>(wait)) < 0 && errno != EINTR) throw errno_error("poll");
  }
  return exchange.response();
}

std::string get(const Url& url, std::chrono::milliseconds time) {
  Response response = fetch({.url = url, .time = time});
  if (response.status < 200 || response.status > 299) {
    throw Error(fmt::format("{}: answered {} {}", name_of(url), response.status,
                            printable(response.reason)));
  }
  return std::move(response.body);
}

}  // namespace tidemark::http
