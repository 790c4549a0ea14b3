#include "tools/pressure/protocols/sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "lib/base/numbers.h"
#include "tools/pressure/protocols/reply.h"

namespace tidemark::pressure {
namespace {

using load::Failure;

const load::SqlCommand& command_of(const Call& call) {
  return std::get<load::SqlCommand>(call.request->action);
}

std::string value_of(const PGresult* rows, int row, int column) {
  return {libpq().getvalue(rows, row, column),
          static_cast<std::size_t>(libpq().getlength(rows, row, column))};
}

std::string first_column(const PGresult* rows) {
  std::string text;
  if (libpq().nfields(rows) == 0) return text;
  for (int row = 0; row < libpq().ntuples(rows); ++row) {
    if (row > 0) text += '\n';
    text += value_of(rows, row, 0);
  }
  return text;
}

std::optional<std::string> value_at(PGresult* rows, std::string_view pointer) {
  const std::vector<std::string> parts = parts_of(pointer);
  if (parts.size() != 2) return std::nullopt;
  const auto row = to_number(parts[0]);
  if (!row || *row < 0 || *row >= libpq().ntuples(rows)) return std::nullopt;
  const auto place = to_number(parts[1]);
  const std::int64_t column = place ? *place : libpq().fnumber(rows, parts[1].c_str());
  if (column < 0 || column >= libpq().nfields(rows)) return std::nullopt;
  const int i = static_cast<int>(*row);
  const int j = static_cast<int>(column);
  if (libpq().getisnull(rows, i, j) != 0) return std::nullopt;
  return value_of(rows, i, j);
}

int rows_of(PGresult* rows) {
  if (libpq().result_status(rows) == PGRES_TUPLES_OK) return libpq().ntuples(rows);
  return static_cast<int>(to_number(libpq().cmd_tuples(rows)).value_or(0));
}

}  // namespace

SqlClient::SqlClient(const ClientContext& context, Finished finished)
    : context_(context),
      finished_(std::move(finished)),
      connection_(*context.loop, context.target->prefix,
                  {.connected = [this] { send(); },
                   .readable = [this] { take_results(); },
                   .lost = [this](Failure why) { drop(why); }}),
      pending_(1) {}

void SqlClient::begin(const Call& call) {
  pending_.push({.call = call, .since = context_.loop->now()});
  outcome_ = {};
  step_ = Step::kAsk;
  if (!connection_.is_open()) {
    prepared_.clear();
    connection_.connect();
  } else if (connection_.is_connected()) {
    send();
  }
}

// Asks, or prepares the statement first. It is called again when that is done.
void SqlClient::send() {
  if (pending_.empty()) return;
  const Call& call = pending_.front().call;
  const load::SqlCommand& command = command_of(call);
  const std::size_t count = command.parameters.size();
  const bool is_prepared = command.mode == load::SqlCommand::Mode::kPrepared;
  PGconn* connection = connection_.get();
  char name[24] = "s";
  if (is_prepared) {
    const auto known = std::ranges::find(prepared_, call.request);
    *std::to_chars(name + 1, name + sizeof name - 1, known - prepared_.begin()).ptr = '\0';
    if (known == prepared_.end()) {
      step_ = Step::kPrepare;
      return connection_.flush(
          libpq().send_prepare(connection, name, command.text.c_str(), 0, nullptr));
    }
  }
  step_ = Step::kAsk;
  parameters_.resize(count);
  pointers_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    parameters_[i].clear();
    command.parameters[i].render(parameters_[i], *call.values);
    pointers_[i] = parameters_[i].c_str();
  }
  const int size = static_cast<int>(count);
  if (is_prepared) {
    connection_.flush(
        libpq().send_query_prepared(connection, name, size, pointers_.data(), nullptr, nullptr, 0));
  } else if (count == 0) {
    connection_.flush(libpq().send_query(connection, command.text.c_str()));
  } else {
    connection_.flush(libpq().send_query_params(connection, command.text.c_str(), size, nullptr,
                                                pointers_.data(), nullptr, nullptr, 0));
  }
}

void SqlClient::take_results() {
  while (!pending_.empty() && libpq().is_busy(connection_.get()) == 0) {
    PostgresResult result(libpq().get_result(connection_.get()));
    if (result == nullptr) return step_over();
    const ExecStatusType status = libpq().result_status(result.get());
    // COPY would go on for ever.
    const bool is_copy = status == PGRES_COPY_IN || status == PGRES_COPY_OUT;
    if (is_copy || status == PGRES_COPY_BOTH) return drop(Failure::kStatus);
    taken(std::move(result));
  }
}

void SqlClient::taken(PostgresResult result) {
  if (step_ == Step::kRollBack) return;
  if (outcome_.failure == Failure::kNone) outcome_.failure = failure_of(result.get());
  if (step_ == Step::kPrepare) return;
  outcome_.bytes += bytes_of(result.get());
  if (looks_inside(*pending_.front().call.request)) result_ = std::move(result);
}

// The server has nothing more to say about what was sent.
void SqlClient::step_over() {
  connection_.exchange_done();
  if (step_ == Step::kRollBack) return finish();
  if (step_ == Step::kPrepare && outcome_.failure == Failure::kNone) {
    prepared_.push_back(pending_.front().call.request);
    return send();
  }
  outcome_.done = context_.loop->refresh();
  if (libpq().transaction_status(connection_.get()) == PQTRANS_INERROR) {
    step_ = Step::kRollBack;
    return connection_.flush(libpq().send_query(connection_.get(), "rollback"));
  }
  finish();
}

void SqlClient::finish() {
  const Call call = pending_.pop().call;
  const PostgresResult result = std::move(result_);
  Outcome outcome = outcome_;
  if (result != nullptr && outcome.failure == Failure::kNone) {
    const load::Expectation& expect = call.request->expect;
    const bool wants_text = !expect.contains.empty() || expect.equals;
    const std::string text = wants_text ? first_column(result.get()) : "";
    const auto at = [&](std::string_view pointer) { return value_at(result.get(), pointer); };
    outcome.failure = check_reply(
        *call.request, {.number = rows_of(result.get()), .text = text, .at = at}, *call.values);
  }
  finished_(call.ticket, outcome);
}

void SqlClient::drop(Failure failure) {
  connection_.close();
  result_.reset();
  pending_.fail_all(failure, context_.loop->refresh(), context_.load->timeout.count(), finished_);
}

void SqlClient::expire(Time now) {
  if (!pending_.empty() && now - pending_.front().since >= context_.load->timeout.count()) {
    drop(Failure::kTimeout);
  }
}

void SqlClient::close() { drop(Failure::kClosed); }

}  // namespace tidemark::pressure
