#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/pressure/engine/address.h"
#include "tools/pressure/engine/call.h"
#include "tools/pressure/protocols/tls.h"

namespace tidemark::pressure {

// One client of a protocol on a loop of its own, as a test asks it: a request, an outcome.
template <class Client>
class OneClient {
 public:
  explicit OneClient(std::string_view where, const load::LoadPlan& plan = {})
      : target(load::parse_target(where, "the test's target")),
        plan_(plan),
        addresses_(Addresses::of(target)),
        client({.loop = &loop,
                .target = &target,
                .load = &plan_,
                .addresses = &addresses_,
                .tls = target.tls ? std::make_shared<TlsContext>(target, plan.verify_tls, "h2")
                                  : nullptr},
               [this](std::uint32_t ticket, const Outcome& outcome) {
                 outcomes.at(ticket) = outcome;
                 if (--under_way_ == 0) loop.stop();
               }) {}

  // Makes all the requests at once, as many as the client takes at a time.
  std::vector<Outcome> calls(const std::vector<load::Request>& requests) {
    outcomes.assign(requests.size(), {});
    under_way_ = requests.size();
    std::uint32_t next = 0;
    const auto begin = [&] {
      while (next < requests.size() && client.capacity() > 0) {
        client.begin({.request = &requests[next], .values = &values, .ticket = next});
        ++next;
      }
    };
    begin();
    const std::function<void()> tick = [&] {
      client.expire(loop.refresh());
      begin();
      tick_ = loop.at(loop.now() + kMillisecond, tick);
    };
    tick_ = loop.at(loop.now(), tick);  // inside run(), which alone hears stop()
    loop.run();
    loop.cancel(tick_);
    return outcomes;
  }

  // REQUIRES: `request` is the same object whenever it is to be the same request.
  Outcome call(const load::Request& request) {
    outcomes.assign(1, {});
    under_way_ = 1;
    loop.refresh();
    client.begin({.request = &request, .values = &values, .ticket = 0});
    const std::function<void()> tick = [&] {
      client.expire(loop.refresh());
      tick_ = loop.at(loop.now() + kMillisecond, tick);
    };
    tick_ = loop.at(loop.now(), tick);  // inside run(), which alone hears stop()
    loop.run();
    loop.cancel(tick_);
    return outcomes.front();
  }

  load::Random random{1};
  std::uint64_t sequence = 0;
  load::Values values{.random = &random, .sequence = &sequence};
  std::vector<Outcome> outcomes;
  Loop loop;
  load::Target target;

 private:
  load::LoadPlan plan_;
  Addresses addresses_;
  std::size_t under_way_ = 0;
  Loop::TimerId tick_ = Loop::TimerId::kNone;

 public:
  Client client;
};

inline load::LoadPlan with_timeout(std::chrono::milliseconds timeout) {
  load::LoadPlan plan;
  plan.timeout = timeout;
  return plan;
}

inline load::Template text(std::string_view text, const std::vector<std::string>& captures = {}) {
  return {text, "the test", captures};
}

// A request for Redis: its words are split at blanks.
inline load::Request redis(std::string_view words, load::Expectation expect = {}) {
  load::RedisCommand command;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    command.words.push_back(text(words.substr(0, end), {"got"}));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return {.name = "test", .action = command, .expect = std::move(expect)};
}

inline load::Request http(std::string_view path, load::Expectation expect = {}) {
  return {
      .name = "test", .action = load::HttpRequest{.path = text(path)}, .expect = std::move(expect)};
}

inline load::Request sql(std::string_view statement,
                         const std::vector<std::string>& parameters = {},
                         load::Expectation expect = {},
                         load::SqlCommand::Mode mode = load::SqlCommand::Mode::kPrepared) {
  load::SqlCommand command{.mode = mode, .text = std::string(statement)};
  for (const std::string& parameter : parameters) {
    command.parameters.push_back(text(parameter, {"got"}));
  }
  return {.name = "test", .action = command, .expect = std::move(expect)};
}

inline load::Request raw(std::string_view send, std::string_view until, std::int64_t bytes = 0,
                         load::Expectation expect = {}) {
  return {
      .name = "test",
      .action = load::RawMessage{.send = text(send), .until = std::string(until), .bytes = bytes},
      .expect = std::move(expect)};
}

}  // namespace tidemark::pressure
