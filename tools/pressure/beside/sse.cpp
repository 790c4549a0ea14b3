#include "tools/pressure/beside/sse.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <optional>
#include <utility>

#include "lib/base/numbers.h"
#include "tools/pressure/beside/event_stream.h"
#include "tools/pressure/beside/lasting.h"
#include "tools/pressure/engine/json.h"
#include "tools/pressure/engine/open_files.h"

namespace tidemark::pressure {
namespace {

using load::Failure;
using Client = LastingConnections::Client;

// A jump of the numbers by more than this is no loss, but another way to count.
constexpr std::int64_t kMostLost = 1'000'000;

// The clocks of one machine: what lies further ahead is from another one.
constexpr double kAheadMs = 1;

double wall_clock_ms() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

bool is_event_stream(std::string_view type) {
  constexpr std::string_view kType = "text/event-stream";
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return std::ranges::equal(
      type, kType, {}, [](char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

struct Reader {
  EventStream events;
  std::int64_t last = 0;
  bool has_last = false;
  bool reconnected = false;  // no event since
};

}  // namespace

struct SseReaders::State {
  BesideSetup setup;
  load::SseClients plan;
  LabelId delivery;
  std::vector<Reader> readers;
  std::vector<std::string> warnings;
  bool said_refused = false;
  bool said_ahead = false;
  bool said_no_stamp = false;
  LastingConnections connections;
  EventStream::Sink sink;
  Reader* current = nullptr;

  State(const BesideSetup& with, const load::SseClients& clients)
      : setup(with),
        plan(clients),
        delivery(with.tally->label(with.name + ".delivery")),
        readers(static_cast<std::size_t>(clients.clients)),
        connections(with,
                    {.path = clients.path,
                     .clients = clients.clients,
                     .backoff = clients.backoff,
                     .label = with.tally->label(with.name + ".connect")},
                    speech()),
        sink([this](const StreamEvent& event) { take(*current, event); }) {
    bool said = false;
    const std::string trouble = make_room_for_files(readers.size());
    if (!trouble.empty()) warn_once(said, trouble);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() = default;

  LastingConnections::Speech speech() {
    return {.ask = [this](Client client, std::string& headers) { ask(client, headers); },
            .accept = [this](Client, const http::AnswerReader& answer) { return accept(answer); },
            .take =
                [this](Client client, std::string_view bytes) {
                  current = &readers[client];
                  return current->events.feed(bytes, sink) ? Failure::kNone : Failure::kTooLong;
                },
            .lost =
                [this](Client client) {
                  readers[client].events.restart();
                  readers[client].reconnected = true;
                },
            .retry =
                [this](Client client) {
                  const std::int64_t ms = readers[client].events.retry().value_or(0);
                  return std::min<Time>(ms, 3'600'000) * kMillisecond;
                }};
  }

  void ask(Client client, std::string& headers) const {
    headers += "Accept: text/event-stream\r\nCache-Control: no-store\r\n";
    const std::string& id = readers[client].events.last_id();
    if (!id.empty()) headers += "Last-Event-ID: " + id + "\r\n";
  }

  Failure accept(const http::AnswerReader& answer) {
    if (answer.status() != 200) {
      warn_once(said_refused, fmt::format("answered with {}, not with 200", answer.status()));
      return Failure::kStatus;
    }
    const std::string_view type = answer.header("Content-Type");
    if (is_event_stream(type)) return Failure::kNone;
    warn_once(said_refused, "the answer's type is not text/event-stream");
    return Failure::kExpectation;
  }

  void warn_once(bool& said, std::string_view warning) {
    if (!std::exchange(said, true)) warnings.push_back(fmt::format("{}: {}", setup.name, warning));
  }

  void take(Reader& reader, const StreamEvent& event) {
    const std::optional<Json> data = Json::parse(event.data);
    if (!data) return fail(Failure::kGarbage);
    check_order(reader, *data, !event.id.empty());
    check_time(*data);
  }

  void fail(Failure failure) const {
    const Time now = setup.loop->now();
    setup.tally->failed(delivery, {.intended = now, .sent = now, .done = now}, failure);
  }

  // What comes first after a loss of the connection goes on where the last one ended when
  // events have ids; without, the server may count anew.
  void check_order(Reader& reader, const Json& data, bool has_ids) const {
    const std::optional<std::int64_t> number = data.number_at(plan.sequence);
    if (!number) return;
    const bool resumed = std::exchange(reader.reconnected, false);
    if (reader.has_last && *number <= reader.last) {
      if (plan.ordered && (!resumed || has_ids)) fail(Failure::kOrder);
      if (!resumed) return;
    } else if (reader.has_last && plan.lossless) {
      count_lost(*number - 1 - reader.last);
    }
    reader.has_last = true;
    reader.last = *number;
  }

  void count_lost(std::int64_t events) const {
    if (events <= 0) return;
    setup.tally->failed_unsent(delivery, setup.loop->now(), Failure::kLost,
                               std::min(events, kMostLost));
  }

  void check_time(const Json& data) {
    if (plan.stamp.empty()) return;
    const std::optional<std::string> text = data.text_at(plan.stamp);
    const std::optional<double> at_ms = text ? to_double(*text) : std::nullopt;
    if (!at_ms || !std::isfinite(*at_ms)) return fail_stamp();
    const double took_ms = wall_clock_ms() - *at_ms;
    if (took_ms < -kAheadMs) {
      warn_once(said_ahead, "an event's time lies ahead of our clock: delivery needs one clock");
    }
    const double ns =
        std::clamp(took_ms * 1e6, 0.0, static_cast<double>(load::Histogram::kHighest));
    setup.tally->measured(delivery, static_cast<Time>(ns));
  }

  void fail_stamp() {
    fail(Failure::kExpectation);
    warn_once(said_no_stamp, fmt::format("an event has no time at {} in its data", plan.stamp));
  }
};

SseReaders::SseReaders(const BesideSetup& setup, const load::SseClients& plan)
    : state_(std::make_unique<State>(setup, plan)) {}
SseReaders::SseReaders(SseReaders&&) noexcept = default;
SseReaders& SseReaders::operator=(SseReaders&&) noexcept = default;
SseReaders::~SseReaders() = default;

void SseReaders::start() { state_->connections.start(); }
void SseReaders::stop() { state_->connections.stop(); }
double SseReaders::connected_share() const { return state_->connections.connected_share(); }
const std::vector<std::string>& SseReaders::warnings() const { return state_->warnings; }

}  // namespace tidemark::pressure
