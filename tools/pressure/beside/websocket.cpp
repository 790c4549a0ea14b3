#include "tools/pressure/beside/websocket.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "tools/pressure/beside/lasting.h"
#include "tools/pressure/engine/json.h"
#include "tools/pressure/engine/open_files.h"
#include "tools/pressure/protocols/frames.h"

namespace tidemark::pressure {
namespace {

using load::Failure;
using Client = LastingConnections::Client;

// So many messages may wait for their answers on one connection; more are not sent, and
// count as timed out.
constexpr std::size_t kMostUnanswered = 10'000;

constexpr std::uint16_t kNormalClosure = 1000;  // RFC 6455, section 7.4.1

// What was sent and is not answered.
struct Message {
  std::uint64_t number = 0;
  Time due = 0;
  Time sent = 0;
};

struct Talker {
  std::optional<Frames> frames;  // while it is connected
  std::string key;               // of the handshake
  std::deque<Message> unanswered;
  std::array<std::uint64_t, 32> answered{};  // the last of them, round and round
  std::size_t answers = 0;
  Time due = 0;  // the next message; 0: it was never connected
  Loop::TimerId timer = Loop::TimerId::kNone;
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if ('A' <= c && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return result;
}

// The member's name as a JSON pointer, unless it is one.
std::string pointer_to(const std::string& member) {
  if (member.empty() || member.starts_with('/')) return member;
  std::string pointer = "/";
  for (const char c : member) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

Failure failure_of(Frames::State state) {
  switch (state) {
    case Frames::State::kOpen:
      return Failure::kNone;
    case Frames::State::kClosed:
      return Failure::kClosed;
    case Frames::State::kTooLong:
      return Failure::kTooLong;
    case Frames::State::kBroken:
      break;
  }
  return Failure::kGarbage;
}

}  // namespace

struct WebSocketTalkers::State {
  BesideSetup setup;
  load::WebSocketClients plan;
  std::string ack;  // JSON pointer
  LabelId label;
  LabelId acknowledged;
  std::uint64_t sequence = 0;
  std::vector<Talker> talkers;
  std::vector<std::string> warnings;
  bool said_refused = false;
  LastingConnections connections;
  load::Values values;
  std::string text;  // of the message that is sent
  Loop::TimerId expiry = Loop::TimerId::kNone;

  State(const BesideSetup& with, const load::WebSocketClients& clients)
      : setup(with),
        plan(clients),
        ack(pointer_to(clients.ack)),
        label(with.tally->label(with.name)),
        acknowledged(with.tally->label(with.name + ".ack")),
        talkers(static_cast<std::size_t>(clients.clients)),
        connections(with, {.path = clients.path, .clients = clients.clients, .label = label},
                    speech()) {
    values.random = &connections.random();
    values.sequence = &sequence;
    // Loads OpenSSL (30 ms) now, not while connections wait.
    websocket_accept({});
    const std::string trouble = make_room_for_files(talkers.size());
    if (!trouble.empty()) warnings.push_back(setup.name + ": " + trouble);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { stop_timers(); }

  LastingConnections::Speech speech() {
    return {.ask = [this](Client client, std::string& headers) { ask(client, headers); },
            .accept = [this](Client client,
                             const http::AnswerReader& answer) { return accept(client, answer); },
            .take = [this](Client client, std::string_view bytes) { return take(client, bytes); },
            .lost = [this](Client client) { lose(client); },
            .retry = [](Client) { return Time{0}; },
            .raw = true};
  }

  void ask(Client client, std::string& headers) {
    std::string& key = talkers[client].key;
    key = websocket_key(connections.random());
    headers += "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    headers += "Sec-WebSocket-Key: " + key + "\r\n";
  }

  Failure accept(Client client, const http::AnswerReader& answer) {
    if (answer.status() != 101) {
      warn_once(fmt::format("{}: answered with {}, not with 101", setup.name, answer.status()));
      return Failure::kStatus;
    }
    Talker& talker = talkers[client];
    const bool is_right = lower(answer.header("Upgrade")) == "websocket" &&
                          lower(answer.header("Connection")).find("upgrade") != std::string::npos &&
                          answer.header("Sec-WebSocket-Accept") == websocket_accept(talker.key) &&
                          answer.header("Sec-WebSocket-Extensions").empty();
    if (!is_right) {
      warn_once(setup.name + ": the answer to the handshake is not one to our key");
      return Failure::kExpectation;
    }
    talker.frames.emplace(connections.random(), [this, client](std::string_view message) {
      hear(talkers[client], message);
    });
    if (talker.due == 0 && !plan.send.empty()) begin(client);
    return Failure::kNone;
  }

  void warn_once(std::string warning) {
    if (!std::exchange(said_refused, true)) warnings.push_back(std::move(warning));
  }

  // The first message is due at some time of the first pause, so that not all send at once.
  void begin(Client client) {
    const Time now = setup.loop->refresh();
    talkers[client].due = now + 1 +
                          static_cast<Time>(connections.random().unit() *
                                            static_cast<double>(plan.every.high.count()));
    wait(client);
  }

  void wait(Client client) {
    talkers[client].timer = setup.loop->at(talkers[client].due, [this, client] { speak(client); });
  }

  Time pause() {
    const Time low = plan.every.low.count();
    const auto width = static_cast<double>(plan.every.high.count() - low);
    constexpr Time kShortest = 10'000;
    return std::max(kShortest, low + static_cast<Time>(connections.random().unit() * width));
  }

  // All that is due; more than one message when we were kept from it.
  void speak(Client client) {
    Talker& talker = talkers[client];
    const Time now = setup.loop->now();
    for (; talker.due <= now; talker.due += pause()) {
      if (!connections.is_open(client)) {
        setup.tally->failed_unsent(acknowledged, talker.due, Failure::kClosed, 1);
      } else if (talker.unanswered.size() >= kMostUnanswered) {
        setup.tally->failed_unsent(acknowledged, talker.due, Failure::kTimeout, 1);
      } else {
        send(client, talker);
      }
    }
    wait(client);
  }

  void send(Client client, Talker& talker) {
    text.clear();
    plan.send.render(text, values);
    const Time now = setup.loop->refresh();
    setup.tally->lagged(now - talker.due);
    talker.unanswered.push_back({.number = sequence, .due = talker.due, .sent = now});
    talker.frames->send(text);
    flush(client, talker);
  }

  void flush(Client client, Talker& talker) {
    const std::string_view output = talker.frames->output();
    if (output.empty()) return;
    connections.send(client, output);
    talker.frames->consume(output.size());
  }

  Failure take(Client client, std::string_view bytes) {
    Talker& talker = talkers[client];
    const Failure failure = failure_of(talker.frames->feed(bytes));
    flush(client, talker);
    return failure;
  }

  void hear(Talker& talker, std::string_view message) const {
    if (plan.ack.empty()) {
      if (!talker.unanswered.empty()) answer(talker, talker.unanswered.begin());
      return;
    }
    const std::optional<Json> json = Json::parse(message);
    if (!json) return fail(setup.loop->now(), Failure::kGarbage);
    const std::optional<std::int64_t> named = json->number_at(ack);
    if (!named) return;
    const auto number = static_cast<std::uint64_t>(*named);
    const auto found = std::ranges::lower_bound(talker.unanswered, number, {}, &Message::number);
    if (found != talker.unanswered.end() && found->number == number) return answer(talker, found);
    const bool is_again =
        number != 0 && std::ranges::find(talker.answered, number) != talker.answered.end();
    if (is_again) fail(setup.loop->now(), Failure::kOrder);
  }

  void answer(Talker& talker, const std::deque<Message>::iterator& message) const {
    const Tally::Moments moments{
        .intended = message->due, .sent = message->sent, .done = setup.loop->now()};
    if (message == talker.unanswered.begin()) {
      setup.tally->finished(acknowledged, moments, 0);
    } else {
      setup.tally->failed(acknowledged, moments, Failure::kOrder);
    }
    talker.answered[talker.answers++ % talker.answered.size()] = message->number;
    talker.unanswered.erase(message);
  }

  void fail(Time at, Failure failure) const {
    setup.tally->failed(acknowledged, {.intended = at, .sent = at, .done = at}, failure);
  }

  void lose(Client client) {
    Talker& talker = talkers[client];
    for (const Message& message : talker.unanswered) fail(message.due, Failure::kLost);
    talker.unanswered.clear();
    talker.frames.reset();
  }

  void expire() {
    const Time now = setup.loop->now();
    for (Talker& talker : talkers) {
      while (!talker.unanswered.empty() &&
             now - talker.unanswered.front().due >= plan.timeout.count()) {
        const Message& message = talker.unanswered.front();
        setup.tally->failed(acknowledged,
                            {.intended = message.due, .sent = message.sent, .done = now},
                            Failure::kTimeout);
        talker.unanswered.pop_front();
      }
    }
    constexpr Time kPause = 20 * kMillisecond;
    expiry = setup.loop->at(now + kPause, [this] { expire(); });
  }

  void stop() {
    stop_timers();
    for (Client client = 0; client < talkers.size(); ++client) {
      if (!connections.is_open(client)) continue;
      talkers[client].frames->close(kNormalClosure);
      flush(client, talkers[client]);
    }
    connections.stop();
  }

  void stop_timers() {
    setup.loop->cancel(std::exchange(expiry, Loop::TimerId::kNone));
    for (Talker& talker : talkers) {
      setup.loop->cancel(std::exchange(talker.timer, Loop::TimerId::kNone));
    }
  }
};

WebSocketTalkers::WebSocketTalkers(const BesideSetup& setup, const load::WebSocketClients& plan)
    : state_(std::make_unique<State>(setup, plan)) {}
WebSocketTalkers::WebSocketTalkers(WebSocketTalkers&&) noexcept = default;
WebSocketTalkers& WebSocketTalkers::operator=(WebSocketTalkers&&) noexcept = default;
WebSocketTalkers::~WebSocketTalkers() = default;

void WebSocketTalkers::start() {
  state_->connections.start();
  state_->expire();
}
void WebSocketTalkers::stop() { state_->stop(); }
double WebSocketTalkers::connected_share() const { return state_->connections.connected_share(); }
const std::vector<std::string>& WebSocketTalkers::warnings() const { return state_->warnings; }

}  // namespace tidemark::pressure
