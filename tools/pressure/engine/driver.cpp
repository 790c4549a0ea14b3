#include "tools/pressure/engine/driver.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tools/pressure/engine/any_client.h"
#include "tools/pressure/engine/mix.h"
#include "tools/pressure/engine/open_files.h"
#include "tools/pressure/engine/schedule.h"

namespace tidemark::pressure {
namespace {

using load::Failure;

constexpr Time kSweep = 20 * kMillisecond;     // for time-outs
constexpr Time kFirstRest = kMillisecond;      // after a connection that was refused
constexpr Time kLongestRest = kSecond;         // of a client of a closed load
constexpr Time kLongestProbe = kSecond / 10;   // of the one that tries for all
constexpr std::size_t kOtherDescriptors = 64;  // logs, series, the terminal

// Whether the target, or our own limit of open files, took no connection at all.
bool is_refusal(Failure failure) {
  return failure == Failure::kConnect || failure == Failure::kName || failure == Failure::kTls ||
         failure == Failure::kDescriptors;
}

// Whether the connection broke: a target that does so every time is not asked without end.
bool is_break(Failure failure) {
  return failure == Failure::kReset || failure == Failure::kClosed ||
         failure == Failure::kGarbage || failure == Failure::kTooLong;
}

// One seed makes three streams: when, what, and with which texts.
constexpr std::uint64_t kPicks = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kTexts = 0xbf58476d1ce4e5b9;

// A connection, and whose turn it is on it.
struct Line {
  std::unique_ptr<AnyClient> client;
  load::Values values;
  std::size_t persona = 0;
  std::size_t step = 0;    // of its visit
  std::size_t steps = 1;   // of its visit
  Time rest = kFirstRest;  // how long it rests after the next refusal
  int breaks = 0;          // in a row
  int turns = 0;           // of a closed load: requests that it has under way, or thinks about
  bool idle = false;       // in `idle`
};

// Its descriptor; -1: it has none, or does not tell.
int fd_of(const AnyClient& any) {
  return std::visit(
      [](const auto& client) {
        if constexpr (requires { client.fd(); }) return client.fd();
        return -1;
      },
      any);
}

int capacity_of(const AnyClient& any) {
  return std::visit([](const auto& client) { return client.capacity(); }, any);
}

// A request that is under way.
struct Ticket {
  std::uint32_t line = 0;
  LabelId label{};
  const load::Request* request = nullptr;
  Time intended = 0;
  Time sent = 0;
};

// Makes room for so many descriptors, as far as the hard limit allows, and says so.
std::string raise_descriptors(std::size_t wanted) {
  const OpenFiles files = allow_open_files(wanted);
  if (files.before >= wanted) return {};
  if (files.now >= wanted) {
    return fmt::format("our limit of open files was {} and is {} now", files.before, files.now);
  }
  return fmt::format(
      "our limit of open files is {}, and {} connections are allowed: beyond it they fail "
      "(`ulimit -Hn` says the limit)",
      files.now, wanted - kOtherDescriptors);
}

}  // namespace

struct Driver::State {
  explicit State(Setup with)
      : setup(std::move(with)),
        plan(setup.scenario->load),
        closed(plan.arrivals == load::Arrivals::kClosed || plan.ladder.has_value()),
        schedule(plan, setup.scale, setup.scenario->seed),
        mix(setup.scenario->personas, *setup.tally, setup.scenario->seed ^ kPicks),
        texts(setup.scenario->seed ^ kTexts),
        maker(*setup.loop, *setup.scenario, setup.addresses) {}

  Setup setup;
  const load::LoadPlan& plan;
  const bool closed;
  Schedule schedule;
  Mix mix;
  load::Random texts;  // what templates are filled with
  std::uint64_t sequence = 0;
  ClientMaker maker;

  std::deque<Line> lines;
  std::vector<std::uint32_t> idle;  // the one that was used last is on top
  std::deque<Ticket> tickets;
  std::vector<std::uint32_t> free_tickets;
  std::int64_t under_way = 0;
  int wanted = 0;      // clients of a closed load: the first so many lines
  Time free_from = 0;  // since when there is somebody who could send

  Time start = 0;
  std::size_t next_stage = 0;
  bool stopping = false;               // nothing new is sent
  bool over = false;                   // on_end was called
  std::vector<std::uint32_t> resting;  // of an open load: those that were refused
  bool probing = false;                // one of them will try
  Time probe_rest = kFirstRest;
  Failure refusal = Failure::kNone;  // why nobody takes a connection: one line tries
  bool past_end = false;             // the last stage is over
  Loop::TimerId timer = Loop::TimerId::kNone;

  std::shared_ptr<const State*> alive = std::make_shared<const State*>(this);

  // As Loop::at(), for work that is of no use without us.
  template <typename Work>
  Loop::TimerId at(Time when, Work work) {
    return setup.loop->at(when, [here = std::weak_ptr(alive), work = std::move(work)] {
      if (!here.expired()) work();
    });
  }

  Time now() const { return setup.loop->now(); }
  Time offset() const { return now() - start; }

  void begin_stages();
  void sweep();
  void arm();
  void pump();
  bool is_full() const { return lines.size() >= static_cast<std::size_t>(plan.connections); }
  bool is_dead() const { return refusal != Failure::kNone && under_way == 0; }
  bool give_up_next();
  void refuse_next();
  std::optional<std::uint32_t> free_line();
  std::uint32_t new_line();
  void begin_visit(std::uint32_t number, Time intended);
  void ask(std::uint32_t number, Time intended, Time sent);
  void finished(std::uint32_t place, const Outcome& outcome);
  void count(const Ticket& ticket, const Outcome& outcome) const;
  void go_on(std::uint32_t number, const load::Request& request, const Outcome& outcome);
  void continue_line(std::uint32_t number, Time when, bool failed);
  void rest(std::uint32_t number, Time from);
  void probe(Time from);
  void end_rest();
  void release(std::uint32_t number, Time when);
  void dismiss(std::uint32_t number);
  void match_clients();
  void check_end();
};

// Stages begin by the clock, whatever is due or under way.
void Driver::State::begin_stages() {
  const std::vector<Time>& starts = schedule.starts();
  if (next_stage < starts.size()) {
    if (setup.on_stage) setup.on_stage(next_stage);
    setup.tally->begin_stage(next_stage, start + starts[next_stage]);
    ++next_stage;
    match_clients();
  }
  const Time next = next_stage < starts.size() ? starts[next_stage] : schedule.length();
  at(start + next, [this] {
    if (next_stage < schedule.starts().size()) return begin_stages();
    past_end = true;
    check_end();
  });
}

void Driver::State::sweep() {
  for (Line& line : lines) {
    std::visit([this](auto& client) { client.expire(now()); }, *line.client);
  }
  if (closed) {
    match_clients();
  } else {
    pump();
  }
  check_end();
  if (!over) at(now() + kSweep, [this] { sweep(); });
}

// Wakes up when the next request is due, unless somebody has to become free first.
void Driver::State::arm() {
  setup.loop->cancel(timer);
  timer = Loop::TimerId::kNone;
  if (closed || stopping || schedule.next() == Schedule::kNever) return;
  // What only fails does so together.
  const Time soonest = is_dead() ? now() + kMillisecond : 0;
  timer = setup.loop->at(std::max(start + schedule.next(), soonest), [this] {
    timer = Loop::TimerId::kNone;
    pump();
  });
}

// Sends everything that is due and has a connection to go on.
void Driver::State::pump() {
  if (closed || stopping || mix.empty()) return;
  setup.loop->refresh();
  while (schedule.next() <= offset()) {
    if (give_up_next()) continue;
    const std::optional<std::uint32_t> line = free_line();
    if (!line) {
      if (!is_dead()) return;  // whoever becomes free comes back here
      refuse_next();
      continue;
    }
    const Time intended = start + schedule.next();
    schedule.advance();
    begin_visit(*line, intended);
    setup.loop->refresh();
  }
  arm();
}

// Counts the next request as failed when it is due for longer than an answer may take.
bool Driver::State::give_up_next() {
  const Time intended = start + schedule.next();
  if (now() - intended < plan.timeout.count()) return false;
  schedule.advance();
  setup.tally->failed(mix.item(mix.persona(), 0).label,
                      {.intended = intended, .sent = 0, .done = now()}, Failure::kTimeout);
  return true;
}

// Counts the next request as failed since nobody takes it.
void Driver::State::refuse_next() {
  const Time intended = start + schedule.next();
  schedule.advance();
  setup.tally->failed_unsent(mix.item(mix.persona(), 0).label, intended, refusal, 1);
}

std::optional<std::uint32_t> Driver::State::free_line() {
  while (!idle.empty()) {
    const std::uint32_t line = idle.back();
    if (capacity_of(*lines[line].client) > 0) return line;
    lines[line].idle = false;
    idle.pop_back();
  }
  if (is_full() || (refusal != Failure::kNone && !lines.empty())) return std::nullopt;
  return new_line();
}

std::uint32_t Driver::State::new_line() {
  const auto number = static_cast<std::uint32_t>(lines.size());
  Line& line = lines.emplace_back();
  line.values = {.random = &texts, .sequence = &sequence};
  line.client = maker.make(
      [this](std::uint32_t ticket, const Outcome& outcome) { finished(ticket, outcome); });
  if (!closed) {
    line.idle = true;
    idle.push_back(number);
  }
  return number;
}

void Driver::State::begin_visit(std::uint32_t number, Time intended) {
  Line& line = lines[number];
  line.persona = mix.persona();
  line.step = 0;
  line.steps = mix.steps(line.persona);
  if (!line.values.captured.empty()) line.values.captured.clear();
  const Time sent = now();
  setup.tally->lagged(sent - std::max(intended, free_from));
  ask(number, intended, sent);
}

void Driver::State::ask(std::uint32_t number, Time intended, Time sent) {
  Line& line = lines[number];
  const Item& item = mix.item(line.persona, line.step);
  std::uint32_t place = 0;
  if (free_tickets.empty()) {
    place = static_cast<std::uint32_t>(tickets.size());
    tickets.emplace_back();
  } else {
    place = free_tickets.back();
    free_tickets.pop_back();
  }
  tickets[place] = {.line = number,
                    .label = item.label,
                    .request = item.request,
                    .intended = intended,
                    .sent = sent};
  ++under_way;
  const Call call{.request = item.request, .values = &line.values, .ticket = place};
  const bool full = std::visit(
      [&call](auto& client) {
        client.begin(call);
        return client.capacity() <= 0;
      },
      *line.client);
  // A visit of several requests keeps its connection for itself.
  if (line.idle && (full || line.steps > 1) && idle.back() == number) {
    line.idle = false;
    idle.pop_back();
  }
}

void Driver::State::count(const Ticket& ticket, const Outcome& outcome) const {
  const Tally::Moments moments{
      .intended = ticket.intended, .sent = ticket.sent, .done = outcome.done};
  if (outcome.failure == Failure::kNone) {
    setup.tally->finished(ticket.label, moments, outcome.bytes);
  } else {
    setup.tally->failed(ticket.label, moments, outcome.failure);
  }
}

void Driver::State::finished(std::uint32_t place, const Outcome& outcome) {
  const Ticket ticket = tickets[place];
  free_tickets.push_back(place);
  --under_way;
  count(ticket, outcome);
  Line& line = lines[ticket.line];
  line.breaks = is_break(outcome.failure) ? line.breaks + 1 : 0;
  if (is_refusal(outcome.failure)) {
    refusal = outcome.failure;
    rest(ticket.line, outcome.done);
  } else if (refusal = Failure::kNone; closed && line.breaks > 1) {
    rest(ticket.line, outcome.done);
  } else {
    line.rest = line.breaks > 0 ? line.rest : kFirstRest;
    if (!resting.empty()) end_rest();
    go_on(ticket.line, *ticket.request, outcome);
  }
  if (stopping || past_end) check_end();
}

// The same client's next request, or its connection becomes free.
void Driver::State::go_on(std::uint32_t number, const load::Request& request,
                          const Outcome& outcome) {
  const bool failed = outcome.failure != Failure::kNone;
  if (request.think.high.count() == 0) return continue_line(number, outcome.done, failed);
  const auto span = static_cast<std::uint64_t>((request.think.high - request.think.low).count());
  const Time think =
      request.think.low.count() + static_cast<Time>(span > 0 ? texts.below(span) : 0);
  at(outcome.done + think,
     [this, number, failed] { continue_line(number, setup.loop->refresh(), failed); });
}

// Nobody goes on to pay what could not be put into the cart.
void Driver::State::continue_line(std::uint32_t number, Time when, bool failed) {
  Line& line = lines[number];
  if (!stopping && !failed && line.step + 1 < line.steps) {
    ++line.step;
    return ask(number, when, when);
  }
  release(number, when);
}

// A client that was refused tries again later, ever more rarely. In an open load one tries
// for all: a thousand that do so together are a load of their own.
void Driver::State::rest(std::uint32_t number, Time from) {
  Line& line = lines[number];
  if (!closed) {
    if (line.idle) std::erase(idle, number);
    line.idle = false;
    resting.push_back(number);
    return probe(from);
  }
  const Time pause = std::exchange(line.rest, std::min(line.rest * 2, kLongestRest));
  // Not all at the same moment.
  const auto spread = static_cast<Time>(texts.below(static_cast<std::uint64_t>(pause / 2)));
  at(from + pause - spread, [this, number] { release(number, setup.loop->refresh()); });
}

void Driver::State::probe(Time from) {
  if (std::exchange(probing, true)) return;
  const Time pause = std::exchange(probe_rest, std::min(probe_rest * 2, kLongestProbe));
  at(from + pause, [this] {
    probing = false;
    if (resting.empty()) return;
    const std::uint32_t number = resting.back();
    resting.pop_back();
    release(number, setup.loop->refresh());
  });
}

// Connections are taken again. Those that are open stay the first to be used.
void Driver::State::end_rest() {
  probe_rest = kFirstRest;
  for (const std::uint32_t number : resting) lines[number].idle = true;
  idle.insert(idle.begin(), resting.begin(), resting.end());
  resting.clear();
}

void Driver::State::release(std::uint32_t number, Time when) {
  Line& line = lines[number];
  if (closed) {
    if (stopping || static_cast<int>(number) >= wanted) {
      if (--line.turns == 0) at(when, [this, number] { dismiss(number); });
      return;
    }
    line.persona = mix.persona();
    line.step = 0;
    line.steps = mix.steps(line.persona);
    if (!line.values.captured.empty()) line.values.captured.clear();
    return ask(number, when, when);
  }
  if (idle.empty() && (is_full() || refusal != Failure::kNone)) free_from = when;
  if (!line.idle) {
    line.idle = true;
    idle.push_back(number);
  }
  if (schedule.next() <= when - start) pump();
}

// Closes the connection of a client that is not wanted any more.
void Driver::State::dismiss(std::uint32_t number) {
  Line& line = lines[number];
  if (line.turns > 0) return;
  std::visit([](auto& client) { client.close(); }, *line.client);
}

// Brings a closed load to the number of clients that the moment asks for. A client has as
// many requests under way as its connection takes, one when its visits have an order.
void Driver::State::match_clients() {
  if (!closed || mix.empty()) return;
  const int before = std::exchange(wanted, stopping ? 0 : schedule.clients_at(offset()));
  for (int number = 0; number < wanted; ++number) {
    if (static_cast<std::size_t>(number) == lines.size()) new_line();
    if (number < before) continue;
    Line& line = lines[static_cast<std::size_t>(number)];
    const int depth = mix.has_order() ? 1 : capacity_of(*line.client) + line.turns;
    while (line.turns < depth) {
      ++line.turns;
      release(static_cast<std::uint32_t>(number), setup.loop->refresh());
    }
  }
}

void Driver::State::check_end() {
  if (over || (!stopping && !past_end)) return;
  // Whatever is still due is sent, or given up: pump() comes to the end in any case.
  if (!closed && !stopping && schedule.next() != Schedule::kNever && !mix.empty()) return;
  stopping = true;
  if (under_way > 0) return;
  over = true;
  if (setup.on_end) setup.on_end();
}

Driver::Driver(Setup setup) : state_(std::make_unique<State>(std::move(setup))) {
  int most = state_->plan.connections;
  for (const load::Stage& stage : load::stages_of(state_->plan))
    most = std::max(most, stage.clients);
  const std::string said = raise_descriptors(static_cast<std::size_t>(most) + kOtherDescriptors);
  if (!said.empty() && state_->setup.on_warning) state_->setup.on_warning(said);
}

Driver::~Driver() { state_->setup.loop->cancel(state_->timer); }

void Driver::start() {
  State& state = *state_;
  state.start = state.setup.loop->refresh();
  state.begin_stages();
  state.arm();
  state.sweep();
}

void Driver::stop() {
  state_->stopping = true;
  state_->setup.loop->cancel(state_->timer);
  state_->check_end();
}

void Driver::reset_connections(double share) {
  State& state = *state_;
  long left = std::lround(clients() * share);
  for (Line& line : state.lines) {
    const int fd = fd_of(*line.client);
    if (left <= 0) return;
    if (fd < 0) continue;
    // Closing with time 0 sends RST instead of FIN.
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    std::visit([](auto& client) { client.close(); }, *line.client);
    --left;
  }
}

std::int64_t Driver::under_way() const { return state_->under_way; }

double Driver::rate_due() const { return state_->schedule.rate_at(state_->offset()); }

int Driver::clients() const {
  const auto open = [](const Line& line) { return fd_of(*line.client) >= 0; };
  return static_cast<int>(std::ranges::count_if(state_->lines, open));
}

}  // namespace tidemark::pressure
