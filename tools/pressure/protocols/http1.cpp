#include "tools/pressure/protocols/http1.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "tools/pressure/engine/verify.h"
#include "tools/pressure/protocols/fit.h"

namespace tidemark::pressure {
namespace {

using load::Failure;
using load::HttpRequest;
using State = http::AnswerReader::State;

constexpr int kTurns = 4;

std::string host_header(const load::Target& target) {
  if (target.host.empty()) return "localhost";
  const bool v6 = target.host.find(':') != std::string::npos;
  const std::string host = v6 ? fmt::format("[{}]", target.host) : target.host;
  const std::uint16_t usual = target.tls ? 443 : 80;
  return target.port == usual ? host : fmt::format("{}:{}", host, target.port);
}

bool equal_in_any_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool has_header(const HttpRequest& request, std::string_view name) {
  return std::ranges::any_of(
      request.headers, [&](const auto& header) { return equal_in_any_case(header.first, name); });
}

bool is_fixed(const HttpRequest& request) {
  return request.path.is_fixed() && request.body.is_fixed() &&
         std::ranges::all_of(request.headers,
                             [](const auto& header) { return header.second.is_fixed(); });
}

bool sends_body(const HttpRequest& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
         request.method == "PATCH";
}

Failure failure_of(State state) {
  return state == State::kTooLong ? Failure::kTooLong : Failure::kGarbage;
}

}  // namespace

// Not zeroed: pages that no answer reaches are never there.
HttpShared::HttpShared(const load::Target& target)
    : input(std::make_unique_for_overwrite<char[]>(kInput)), host_(host_header(target)) {}

const HttpShared::Prepared& HttpShared::prepared(const load::Request& request) {
  const auto found = prepared_.find(&request);
  if (found != prepared_.end()) return found->second;
  const auto& http = std::get<HttpRequest>(request.action);
  Prepared prepared{.wanted = {.to_head = http.method == "HEAD",
                               .headers = needs_headers(request),
                               .body = needs_body(request)}};
  load::Values none;
  if (is_fixed(http)) prepared.fixed = render(request, none);
  return prepared_.emplace(&request, std::move(prepared)).first->second;
}

std::string_view HttpShared::render(const load::Request& request, load::Values& values) {
  const auto& http = std::get<HttpRequest>(request.action);
  const auto fill = [&](const load::Template& text) -> const std::string& {
    piece_.clear();
    text.render(piece_, values);
    return piece_;
  };
  output_ = http.method;
  output_ += ' ';
  append_fit_path(output_, fill(http.path));
  output_ += " HTTP/1.1\r\n";
  if (!has_header(http, "host")) output_.append("Host: ").append(host_).append("\r\n");
  for (const auto& [name, value] : http.headers) {
    output_.append(name).append(": ");
    append_fit_value(output_, fill(value));
    output_ += "\r\n";
  }
  if (http.json_rpc && !has_header(http, "content-type")) {
    output_ += "Content-Type: application/json\r\n";
  }
  const std::string& body = fill(http.body);
  if (sends_body(http)) {
    fmt::format_to(std::back_inserter(output_), "Content-Length: {}\r\n", body.size());
  }
  output_.append("\r\n").append(body);
  return output_;
}

Http1Client::Http1Client(const ClientContext& context, Finished finished)
    : loop_(context.loop),
      finished_(std::move(finished)),
      shared_(context.http),
      timeout_(context.load->timeout.count()),
      limit_(std::max(1, context.load->pipeline)),
      transport_(context, {.readable = [this] { readable(); },
                           .lost = [this](Failure failure) { lost(failure); }}) {
  calls_.reserve(static_cast<std::size_t>(limit_));
}

void Http1Client::begin(const Call& call) {
  if (!transport_.is_open()) transport_.open();
  calls_.push_back({.call = call, .begun = loop_->now()});
  if (calls_.size() == 1) expect_first();
  const HttpShared::Prepared& prepared = shared_->prepared(*call.request);
  const std::string_view bytes =
      prepared.fixed.empty() ? shared_->render(*call.request, *call.values) : prepared.fixed;
  if (corked_) {
    corked_output_ += bytes;
  } else {
    transport_.write(bytes);
  }
}

void Http1Client::expect_first() {
  received_ = 0;
  reader_.expect(shared_->prepared(*calls_.front().call.request).wanted);
}

void Http1Client::readable() {
  const std::uint64_t connection = connection_;
  corked_ = limit_ > 1;
  // A server that never stops has its turn like any other.
  for (int turn = 0; turn < kTurns && connection == connection_; ++turn) {
    const std::size_t got = transport_.read(shared_->input.get(), HttpShared::kInput);
    if (got > 0) take({shared_->input.get(), got}, loop_->refresh());
    if (got < HttpShared::kInput) break;
  }
  corked_ = false;
  if (corked_output_.empty()) return;
  transport_.write(corked_output_);
  corked_output_.clear();
}

void Http1Client::take(std::string_view bytes, Time done) {
  const std::uint64_t connection = connection_;
  while (!bytes.empty() && connection == connection_) {
    // Nobody asked for more: the next answer would begin with it.
    if (calls_.empty()) return drop(Failure::kNone, done);
    const std::size_t taken = reader_.put(bytes);
    received_ += static_cast<std::int64_t>(taken);
    bytes.remove_prefix(taken);
    if (reader_.state() == State::kMore) return;
    if (reader_.state() != State::kDone) return drop(failure_of(reader_.state()), done);
    if (!reader_.keeps_alive()) return drop(judge_first(), done);
    // A length that was a lie.
    if (!bytes.empty() && calls_.size() == 1) return drop(Failure::kGarbage, done);
    const Outcome outcome = {.failure = judge_first(), .done = done, .bytes = received_};
    const std::uint32_t ticket = calls_.front().call.ticket;
    calls_.erase(calls_.begin());
    if (!calls_.empty()) expect_first();
    finished_(ticket, outcome);
  }
}

Failure Http1Client::judge_first() {
  const Call& call = calls_.front().call;
  const HttpAnswer answer = {
      .status = reader_.status(), .body = reader_.body(), .header = [this](std::string_view name) {
        return reader_.header(name);
      }};
  return verify(*call.request, answer, call.values);
}

void Http1Client::drop(Failure failure, Time done) {
  ++connection_;
  transport_.close();
  corked_output_.clear();
  // The next call may begin inside the end of one of these.
  std::vector<Pending> ended;
  ended.swap(calls_);
  calls_.reserve(static_cast<std::size_t>(limit_));
  const std::int64_t received = received_;
  for (std::size_t i = 0; i < ended.size(); ++i) {
    const bool first = i == 0;
    const bool over = failure == Failure::kTimeout && done - ended[i].begun >= timeout_;
    finished_(ended[i].call.ticket, {.failure = first || over ? failure : Failure::kClosed,
                                     .done = done,
                                     .bytes = first ? received : 0});
  }
}

void Http1Client::lost(Failure failure) {
  if (failure != Failure::kNone || calls_.empty()) {
    return drop(failure == Failure::kNone ? Failure::kClosed : failure, loop_->now());
  }
  reader_.end();
  drop(reader_.state() == State::kDone ? judge_first() : Failure::kClosed, loop_->now());
}

void Http1Client::expire(Time now) {
  if (!calls_.empty() && now - calls_.front().begun >= timeout_) drop(Failure::kTimeout, now);
}

void Http1Client::close() { drop(Failure::kClosed, loop_->now()); }

}  // namespace tidemark::pressure
