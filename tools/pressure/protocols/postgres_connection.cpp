#include "tools/pressure/protocols/postgres_connection.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cassert>
#include <string_view>
#include <utility>

namespace tidemark::pressure {
namespace {

using load::Failure;

// What a wake-up reads at most of a unix socket, give or take a few: its buffer in the kernel.
constexpr std::int64_t kOfUnixSocket = 208 << 10;

// libpq says why in English, since no locale is set; there is no code for it.
bool says(const PGconn* connection, std::string_view words) {
  return std::string_view(libpq().error_message(connection)).find(words) != std::string_view::npos;
}

Failure failure_of_stream(const PGconn* connection) {
  if (says(connection, "lost synchronization") || says(connection, "unexpected response") ||
      says(connection, "insufficient data") || says(connection, "message contents")) {
    return Failure::kGarbage;
  }
  return says(connection, "reset by peer") ? Failure::kReset : Failure::kClosed;
}

}  // namespace

Failure failure_of(const PGresult* result) {
  const ExecStatusType status = libpq().result_status(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) {
    return Failure::kNone;
  }
  const char* code = libpq().result_error_field(result, PG_DIAG_SQLSTATE);
  const std::string_view state = code == nullptr ? "" : code;
  if (state.starts_with("57P0") || state.starts_with("08")) return Failure::kClosed;
  return Failure::kStatus;
}

std::int64_t bytes_of(const PGresult* result) {
  const int columns = libpq().nfields(result);
  std::int64_t bytes = 0;
  for (int row = 0; row < libpq().ntuples(result); ++row) {
    for (int column = 0; column < columns; ++column)
      bytes += libpq().getlength(result, row, column);
  }
  return bytes;
}

PostgresConnection::PostgresConnection(Loop& loop, std::string words, Owner owner)
    : loop_(&loop), words_(std::move(words)), owner_(std::move(owner)) {
  libpq();  // throws here rather than in the middle of a run
}

void PostgresConnection::connect() {
  assert(!is_open());
  // What comes first is overridden by the words. A search for Kerberos tickets takes
  // longer than to connect.
  const char* names[] = {"gssencmode", "fallback_application_name", "dbname", nullptr};
  const char* values[] = {"disable", "pressure", words_.c_str(), nullptr};
  reached_ = false;
  exchange_done();
  handle_.reset(libpq().connect_start_params(names, values, 1));
  if (handle_ == nullptr) return lose_later(Failure::kConnect);
  libpq().set_notice_receiver(
      get(), [](void*, const PGresult*) {}, nullptr);
  if (libpq().status(get()) == CONNECTION_BAD) return lose_later(failure_of_connect());
  state_ = State::kConnecting;
  watch(EPOLLOUT);
}

void PostgresConnection::close() {
  if (timer_ != Loop::TimerId::kNone) loop_->cancel(std::exchange(timer_, Loop::TimerId::kNone));
  watch(0);
  handle_.reset();
  state_ = State::kClosed;
}

void PostgresConnection::flush(int sent) {
  const int left = sent == 0 ? -1 : libpq().flush(get());
  if (left < 0) lose_later(failure_of_stream(get()));
  if (left > 0) loop_->change(fd_, EPOLLIN | EPOLLOUT);
}

void PostgresConnection::poll() {
  watch(0);  // libpq may take another socket
  const PostgresPollingStatusType next = libpq().connect_poll(get());
  reached_ = reached_ || (libpq().status(get()) != CONNECTION_STARTED &&
                          libpq().status(get()) != CONNECTION_BAD);
  if (next == PGRES_POLLING_FAILED) return lose(failure_of_connect());
  if (next != PGRES_POLLING_OK) return watch(next == PGRES_POLLING_READING ? EPOLLIN : EPOLLOUT);
  if (libpq().setnonblocking(get(), 1) != 0) return lose(Failure::kConnect);
  state_ = State::kConnected;
  watch(EPOLLIN);
  owner_.connected();
}

void PostgresConnection::ready(std::uint32_t events) {
  if (state_ == State::kConnecting) return poll();
  if ((events & EPOLLOUT) != 0 && libpq().flush(get()) == 0) loop_->change(fd_, EPOLLIN);
  if (events == EPOLLOUT || state_ != State::kConnected) return;
  // Nearly every answer is there in one piece: only what comes after it costs more calls.
  if (++wakes_ == 2) before_ = received();
  if (libpq().consume_input(get()) == 0) return lose(failure_of_stream(get()));
  if (wakes_ > 1 && received() - before_ > kLongestAnswer) return lose(Failure::kTooLong);
  owner_.readable();
}

// What the kernel received for this connection so far.
std::int64_t PostgresConnection::received() const {
  tcp_info traffic{};
  socklen_t size = sizeof traffic;
  if (getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &traffic, &size) != 0) return wakes_ * kOfUnixSocket;
  return static_cast<std::int64_t>(traffic.tcpi_bytes_received);
}

void PostgresConnection::watch(std::uint32_t events) {
  if (fd_ >= 0) loop_->forget(std::exchange(fd_, -1));
  if (events == 0) return;
  fd_ = libpq().socket(get());
  if (fd_ < 0) return lose_later(Failure::kConnect);
  loop_->watch(fd_, events, [this](std::uint32_t happened) { ready(happened); });
}

void PostgresConnection::lose_later(Failure failure) {
  watch(0);
  state_ = State::kFailed;
  if (timer_ != Loop::TimerId::kNone) return;
  timer_ = loop_->at(loop_->now(), [this, failure] {
    timer_ = Loop::TimerId::kNone;
    lose(failure);
  });
}

void PostgresConnection::lose(Failure failure) {
  close();
  owner_.lost(failure);
}

Failure PostgresConnection::failure_of_connect() const {
  if (says(get(), "could not translate host name")) return Failure::kName;
  if (says(get(), "Too many open files")) return Failure::kDescriptors;
  if (!reached_) return Failure::kConnect;
  if (says(get(), "SSL") || says(get(), "certificate")) return Failure::kTls;
  if (says(get(), "expected authentication request") || says(get(), "received invalid")) {
    return Failure::kGarbage;
  }
  const bool refused = says(get(), "FATAL:") || says(get(), "ERROR:") || says(get(), "password");
  return refused ? Failure::kStatus : failure_of_stream(get());
}

}  // namespace tidemark::pressure
