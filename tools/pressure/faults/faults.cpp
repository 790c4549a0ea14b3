#include "tools/pressure/faults/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/quantities.h"
#include "tools/pressure/faults/full_disk.h"
#include "tools/pressure/faults/kinds.h"
#include "tools/pressure/faults/network.h"
#include "tools/pressure/faults/recovery.h"

namespace tidemark::pressure {
namespace {

// How long the next injection of a [[fault]] waits for the target to come back.
constexpr Time kLongestWait = 60 * kSecond;

// One [[fault]] of the scenario.
struct Row {
  const load::Fault* plan = nullptr;
  std::vector<Order> orders;  // those that are possible
  std::size_t next = 0;       // of them; all: the round is over
  std::size_t number = 0;     // of the one that is under way or waited for; 0: none
  std::optional<TakeBack> take_back;
  std::string what;
  Time over = 0;  // when it was taken back
  int left_out = 0;
  Loop::TimerId due = Loop::TimerId::kNone;   // the next round
  Loop::TimerId ends = Loop::TimerId::kNone;  // of what is under way
};

std::string all_of(const std::vector<ImpossibleFault>& faults) {
  std::string text = "these faults cannot be injected here:";
  for (const ImpossibleFault& fault : faults) {
    text += fmt::format("\n  \"{}\": {}", fault.text, fault.why);
  }
  return text;
}

}  // namespace

std::vector<ImpossibleFault> impossible_faults(const load::Scenario& scenario) {
  std::vector<ImpossibleFault> found;
  std::vector<std::string> seen;
  for (const load::Fault& fault : scenario.faults) {
    for (const load::Injection& injection : fault.inject) {
      if (std::ranges::find(seen, injection.text) != seen.end()) continue;
      seen.push_back(injection.text);
      const Order order = order_of(injection);
      std::string why = fault_kind(order.kind).cannot(scenario, order);
      if (!why.empty())
        found.push_back({.text = injection.text, .why = std::move(why), .at = fault.at});
    }
  }
  return found;
}

struct Faults::State {
  explicit State(Setup given);

  void prepare();
  void add_rows();
  void begin_round(Row& row);
  void begin_next(Row& row);
  void take_back(Row& row);
  std::int64_t memory() const;

  Setup setup;
  const load::Scenario& scenario;
  std::vector<load::Stage> stages;
  std::vector<ImpossibleFault> impossible;
  std::unique_ptr<FullDisks> disks;
  std::unique_ptr<NetworkBox> network;
  std::deque<Row> rows;
  std::vector<LabelId> requests;
  Recovery recovery;
  Time started = 0;
};

Faults::State::State(Setup given)
    : setup(std::move(given)),
      scenario(*setup.ground.scenario),
      stages(load::stages_of(scenario.load)),
      impossible(impossible_faults(scenario)) {
  if (!impossible.empty() && !setup.skip_impossible) {
    throw Error(all_of(impossible),
                "--skip-impossible-faults runs without them; what they say is missing makes them "
                "possible");
  }
  add_rows();
  prepare();
}

void Faults::State::add_rows() {
  const auto possible = [&](const load::Injection& injection) {
    return std::ranges::find(impossible, injection.text, &ImpossibleFault::text) ==
           impossible.end();
  };
  for (const load::Fault& fault : scenario.faults) {
    Row row{.plan = &fault};
    for (const load::Injection& injection : fault.inject) {
      if (possible(injection)) row.orders.push_back(order_of(injection));
    }
    row.next = row.orders.size();
    if (!row.orders.empty()) rows.push_back(std::move(row));
  }
}

// Only for what will be injected.
void Faults::State::prepare() {
  std::vector<FullDisks::Place> places;
  NetworkBox::Needs needs;
  for (const Row& row : rows) {
    for (const Order& order : row.orders) {
      if (order.kind == "disk-full") {
        places = FullDisks::needed(scenario, order, std::move(places));
      }
      needs.network |= order.kind == "delay" || order.kind == "loss";
      needs.resolver |= order.kind == "dns";
    }
  }
  if (!places.empty()) {
    disks = std::make_unique<FullDisks>(std::move(places), *setup.ground.custodian);
  }
  if (needs.network || needs.resolver) {
    network = std::make_unique<NetworkBox>(needs, setup.ground.directory);
  }
  setup.ground.disks = disks.get();
  setup.ground.network = network.get();
}

std::int64_t Faults::State::memory() const {
  const auto reading = setup.ground.target->read();
  return reading ? reading->rss_bytes : 0;
}

void Faults::State::begin_round(Row& row) {
  Loop& loop = *setup.ground.loop;
  row.due = Loop::TimerId::kNone;
  if (row.plan->every) {
    const Time every = std::max<Time>(row.plan->every->count(), kSecond);
    Time when = started + row.plan->at.count();
    when += ((loop.now() - when) / every + 1) * every;
    row.due = loop.at(when, [this, &row] { begin_round(row); });
  }
  if (row.next < row.orders.size() || row.take_back) {
    ++row.left_out;
    return;
  }
  row.next = 0;
  begin_next(row);
}

void Faults::State::begin_next(Row& row) {
  const Order& order = row.orders[row.next++];
  row.what = order.text;
  row.number = recovery.begin(order.text, now_ms(), memory());
  try {
    row.take_back = fault_kind(order.kind).begin(setup.ground, order);
  } catch (const Error& error) {
    recovery.fail(row.number, error.what());
    row.over = setup.ground.loop->refresh();
    return;
  }
  const Time end = setup.ground.loop->refresh() + order.duration.count();
  row.ends = setup.ground.loop->at(end, [this, &row] { take_back(row); });
}

void Faults::State::take_back(Row& row) {
  if (!row.take_back) return;
  setup.ground.loop->cancel(row.ends);
  const TakeBack work = std::move(*row.take_back);
  row.take_back.reset();
  const std::string problem = work();
  row.over = setup.ground.loop->refresh();
  recovery.end(row.number, now_ms());
  if (!problem.empty()) recovery.fail(row.number, problem);
}

Faults::Faults(Setup setup) : state_(std::make_unique<State>(std::move(setup))) {}

Faults::~Faults() { stop(); }

void Faults::start(const Victims& victims) {
  State& state = *state_;
  Ground& ground = state.setup.ground;
  ground.target = victims.target;
  ground.addresses = victims.addresses;
  ground.reset = victims.reset;
  for (const load::Persona& persona : state.scenario.personas) {
    for (const load::Request& request : persona.mix) {
      state.requests.push_back(state.setup.tally->label(load::label_of(persona, request)));
    }
  }
  for (const ImpossibleFault& fault : state.impossible) {
    const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(fault.at);
    state.recovery.fail(state.recovery.begin(fault.text, now_ms() + at.count(), 0), fault.why);
  }
  state.started = ground.loop->refresh();
  for (Row& row : state.rows) {
    row.due = ground.loop->at(state.started + row.plan->at.count(),
                              [&state, &row] { state.begin_round(row); });
  }
}

void Faults::second(const Second& second, std::int64_t memory) {
  State& state = *state_;
  const std::string stage =
      second.stage < state.stages.size() ? state.stages[second.stage].name : "";
  Demand demand = demand_of(state.scenario.pass, stage);
  if (!state.setup.latency_limits) demand.p95.reset();
  state.recovery.second(health_of(second, state.requests), demand, memory);
  for (Row& row : state.rows) {
    if (row.take_back || row.number == 0 || row.next == row.orders.size()) continue;
    const bool waited = state.setup.ground.loop->now() - row.over > kLongestWait;
    if (waited || !state.recovery.waits_for(row.number)) state.begin_next(row);
  }
}

void Faults::stop() {
  State& state = *state_;
  for (auto row = state.rows.rbegin(); row != state.rows.rend(); ++row) {
    state.setup.ground.loop->cancel(row->due);
    state.take_back(*row);
    row->next = row->orders.size();
  }
}

std::vector<std::string> Faults::under_way() const {
  std::vector<std::string> all;
  for (const Row& row : state_->rows) {
    if (row.take_back) all.push_back(row.what);
  }
  return all;
}

std::vector<load::FaultResult> Faults::results() const { return state_->recovery.results(); }

std::vector<std::string> Faults::notes() const {
  std::vector<std::string> notes;
  for (const ImpossibleFault& fault : state_->impossible) {
    notes.push_back(fmt::format("left out: \"{}\": {}", fault.text, fault.why));
  }
  for (const Row& row : state_->rows) {
    if (row.left_out == 0) continue;
    notes.push_back(fmt::format("faults at {}: {} {} left out, since the one before was not over",
                                duration_text(row.plan->at), row.left_out,
                                row.left_out == 1 ? "round was" : "rounds were"));
  }
  return notes;
}

}  // namespace tidemark::pressure
