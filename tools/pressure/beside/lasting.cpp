#include "tools/pressure/beside/lasting.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/error.h"

namespace tidemark::pressure {
namespace {

using load::Failure;
using State = http::AnswerReader::State;

// So many are opened at once: a server's queue of connections is short, and what does not
// fit in it is tried again a second later by the kernel.
constexpr int kMostAtDoor = 128;

constexpr http::AnswerReader::Limits kLimits{.head = std::size_t{32} << 10};

std::string host_of(const load::Target& target) {
  if (target.host.empty()) return "localhost";
  const bool is_v6 = target.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + target.host + "]" : target.host;
  const std::uint16_t usual = target.tls ? 443 : 80;
  return target.port == usual ? host : fmt::format("{}:{}", host, target.port);
}

}  // namespace

struct LastingConnections::Line {
  LastingConnections* all;
  Client client;
  Transport transport;
  std::unique_ptr<http::AnswerReader> reader;
  Backoff backoff;
  Loop::TimerId timer = Loop::TimerId::kNone;
  Time began = 0;   // to be opened
  Time opened = 0;  // 0: it is not
  bool at_door = false;

  Line(LastingConnections& owner, Client number)
      : all(&owner),
        client(number),
        transport(owner.context_, {.readable = [this] { all->read(*this); },
                                   .lost = [this](Failure failure) { all->end(*this, failure); }}),
        backoff(owner.plan_.backoff) {}
};

LastingConnections::LastingConnections(const BesideSetup& setup, Plan plan, Speech speech)
    : setup_(setup), plan_(std::move(plan)), speech_(std::move(speech)), random_(setup.seed) {
  const load::Scenario& scenario = *setup_.scenario;
  if (!scenario.target) throw UsageError(setup_.name + ": there is no target to connect to");
  context_ = {.loop = setup_.loop,
              .target = &*scenario.target,
              .load = &scenario.load,
              .addresses = setup_.addresses};
  if (scenario.target->tls) {
    context_.tls =
        std::make_shared<TlsContext>(*scenario.target, scenario.load.verify_tls, "http/1.1");
  }
  body_ = [this](std::string_view bytes) {
    if (reading_->opened == 0 && verdict_ == Failure::kNone) admit(*reading_);
    if (verdict_ == Failure::kNone) verdict_ = speech_.take(reading_->client, bytes);
  };
  for (int i = 0; i < plan_.clients; ++i) lines_.emplace_back(*this, static_cast<Client>(i));
}

LastingConnections::~LastingConnections() {
  if (stopped_ == 0) stop();
}

void LastingConnections::start() {
  attendance_.begin(setup_.loop->refresh(), plan_.clients);
  for (Line& line : lines_) waiting_.push_back(&line);
  open_more();
}

void LastingConnections::stop() {
  stopped_ = setup_.loop->refresh();
  waiting_.clear();
  setup_.loop->cancel(door_timer_);
  for (Line& line : lines_) {
    setup_.loop->cancel(line.timer);
    line.transport.close();
    if (line.opened != 0) attendance_.go(stopped_);
    line.opened = 0;
  }
}

bool LastingConnections::is_open(Client client) const { return lines_[client].opened != 0; }

void LastingConnections::send(Client client, std::string_view bytes) {
  lines_[client].transport.write(bytes);
}

Time LastingConnections::last_moment() const {
  return stopped_ != 0 ? stopped_ : setup_.loop->now();
}

void LastingConnections::open_more() {
  while (at_door_ < kMostAtDoor && !waiting_.empty()) {
    Line& line = *waiting_.front();
    waiting_.pop_front();
    open(line);
  }
}

void LastingConnections::open(Line& line) {
  line.began = setup_.loop->refresh();
  line.at_door = true;
  ++at_door_;
  line.reader = std::make_unique<http::AnswerReader>(kLimits);
  line.reader->expect({.to_head = speech_.raw, .headers = true, .pieces = &body_});
  line.timer = setup_.loop->at(line.began + setup_.scenario->load.timeout.count(),
                               [this, &line] { lose(line, Failure::kTimeout); });
  line.transport.open();
  line.transport.write(request_of(line.client));
}

std::string LastingConnections::request_of(Client client) const {
  std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: pressure/{}\r\n", plan_.path,
                  host_of(*setup_.scenario->target), TIDEMARK_VERSION);
  speech_.ask(client, request);
  return request += "\r\n";
}

void LastingConnections::read(Line& line) {
  std::size_t size = room_.size();
  while (size == room_.size() && line.transport.is_open()) {
    size = line.transport.read(room_.data(), room_.size());
    if (size == 0) return;
    const std::string_view bytes(room_.data(), size);
    const Failure failure = line.opened == 0 ? read_head(line, bytes) : read_body(line, bytes);
    if (failure != Failure::kNone) return lose(line, failure);
  }
}

// The other side closed it, or worse.
void LastingConnections::end(Line& line, Failure failure) {
  lose(line, failure == Failure::kNone ? Failure::kClosed : failure);
}

// The head, and what came behind it.
Failure LastingConnections::read_head(Line& line, std::string_view bytes) {
  const std::size_t used = put(line, bytes);
  if (verdict_ != Failure::kNone) return verdict_;
  if (line.reader->state() == State::kTooLong) return Failure::kTooLong;
  if (line.reader->state() == State::kGarbage) return Failure::kGarbage;
  if (!line.reader->has_head()) return Failure::kNone;
  if (line.opened == 0) admit(line);
  if (verdict_ != Failure::kNone) return verdict_;
  if (!speech_.raw) return line.reader->state() == State::kDone ? Failure::kClosed : Failure::kNone;
  line.reader.reset();
  return used < bytes.size() ? speech_.take(line.client, bytes.substr(used)) : Failure::kNone;
}

Failure LastingConnections::read_body(Line& line, std::string_view bytes) {
  if (speech_.raw) return speech_.take(line.client, bytes);
  put(line, bytes);
  if (verdict_ != Failure::kNone) return verdict_;
  switch (line.reader->state()) {
    case State::kMore:
      return Failure::kNone;
    case State::kDone:
      return Failure::kClosed;
    case State::kTooLong:
      return Failure::kTooLong;
    case State::kGarbage:
      break;
  }
  return Failure::kGarbage;
}

std::size_t LastingConnections::put(Line& line, std::string_view bytes) {
  verdict_ = Failure::kNone;
  reading_ = &line;
  const std::size_t used = line.reader->put(bytes);
  reading_ = nullptr;
  return used;
}

// The head is there: the connection is open, or `verdict_` says why not.
void LastingConnections::admit(Line& line) {
  verdict_ = speech_.accept(line.client, *line.reader);
  if (verdict_ != Failure::kNone) return;
  line.opened = setup_.loop->refresh();
  attendance_.come(line.opened);
  setup_.loop->cancel(line.timer);
  setup_.tally->finished(plan_.label, moments(line), 0);
  leave_door(line);
}

Tally::Moments LastingConnections::moments(const Line& line) const {
  return {.intended = line.began, .sent = line.began, .done = setup_.loop->now()};
}

void LastingConnections::leave_door(Line& line) {
  if (!std::exchange(line.at_door, false)) return;
  --at_door_;
  // Not now: opening may fail at once, and so on.
  if (!waiting_.empty()) door_timer_ = setup_.loop->at(setup_.loop->now(), [this] { open_more(); });
}

void LastingConnections::lose(Line& line, Failure failure) {
  setup_.loop->cancel(line.timer);
  line.transport.close();
  line.reader.reset();
  const Time now = setup_.loop->refresh();
  const Time stood = line.opened == 0 ? 0 : now - line.opened;
  setup_.tally->failed(plan_.label, moments(line), failure);
  if (line.opened != 0) {
    attendance_.go(now);
    line.opened = 0;
    speech_.lost(line.client);
  }
  leave_door(line);
  const Time at_least = speech_.retry(line.client);
  line.timer = setup_.loop->at(now + line.backoff.next(stood, random_, at_least), [this, &line] {
    waiting_.push_back(&line);
    open_more();
  });
}

}  // namespace tidemark::pressure
