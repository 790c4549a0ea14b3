#include "tools/pressure/files/file_clients.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <variant>

#include "lib/base/error.h"
#include "tools/pressure/files/coding.h"
#include "tools/pressure/files/git.h"
#include "tools/pressure/files/playground.h"
#include "tools/pressure/files/probe.h"
#include "tools/pressure/files/queue_gauge.h"
#include "tools/pressure/files/refactor.h"

namespace tidemark::pressure {
namespace {

using Worker = std::variant<Coding, Refactor, Git>;

// When the scenario does not say.
load::Span default_pause(load::FileClients::Kind kind) {
  if (kind == load::FileClients::Kind::kCoding) {
    return {.low = std::chrono::seconds(5), .high = std::chrono::seconds(30)};
  }
  return {.low = std::chrono::seconds(1), .high = std::chrono::seconds(5)};
}

}  // namespace

struct FileClients::State {
  State(BesideSetup given, const load::FileClients& plan)
      : setup(std::move(given)),
        leftovers(Playground::leftovers(plan.directory)),
        playground(plan.directory, setup.name, *setup.custodian),
        directory(playground.path().string()),
        work{.tally = setup.tally,
             .name = setup.name,
             .every = plan.every.high.count() > 0 ? plan.every : default_pause(plan.kind)} {}

  void add_workers(const load::FileClients& plan);
  void add_probe(const load::FileClients& plan);
  template <typename Steps>
  void schedule(std::size_t timer, Time when, Steps* steps);

  BesideSetup setup;
  std::vector<std::filesystem::path> leftovers;
  Playground playground;  // goes after all that writes into it
  std::string directory;
  FileWork work;
  std::deque<Worker> workers;
  std::optional<Probe> probe;
  std::optional<QueueGauge> queue;
  std::vector<Loop::TimerId> timers;
};

void FileClients::State::add_workers(const load::FileClients& plan) {
  for (int i = 0; i < std::max(plan.clients, 1); ++i) {
    const auto place = playground.path() / fmt::format("client{}", i + 1);
    const std::uint64_t seed = setup.seed * 1000 + static_cast<std::uint64_t>(i);
    if (plan.kind == load::FileClients::Kind::kCoding) {
      workers.emplace_back(std::in_place_type<Coding>, work, place, seed);
    } else if (plan.kind == load::FileClients::Kind::kRefactor) {
      workers.emplace_back(std::in_place_type<Refactor>, work, place, seed);
    } else {
      workers.emplace_back(std::in_place_type<Git>, work, place, seed);
    }
  }
}

void FileClients::State::add_probe(const load::FileClients& plan) {
  const std::string what = "beside." + setup.name;
  if (!plan.visible.empty()) {
    probe.emplace(Probe::Setup{.tally = setup.tally,
                               .label = setup.name + ".visible",
                               .every = work.every,
                               .seed = setup.seed},
                  Question(plan.visible, what + ".visible", *setup.scenario),
                  playground.path() / "probe");
  }
  if (plan.queue.empty()) return;
  if (!setup.scenario->target) {
    throw UsageError(what + ".queue: the scenario has no target to ask");
  }
  queue.emplace(plan.queue, what + ".queue", *setup.scenario->target, [this](double value) {
    if (setup.gauge) setup.gauge(setup.name + ".queue", value);
  });
}

// Steps again and again; a step may say a moment that is over.
template <typename Steps>
void FileClients::State::schedule(std::size_t timer, Time when, Steps* steps) {
  timers[timer] = setup.loop->at(when, [this, timer, steps] {
    const Time next = steps->step();
    schedule(timer, std::max(next, setup.loop->now() + kMillisecond), steps);
  });
}

FileClients::FileClients(BesideSetup setup, const load::FileClients& plan)
    : state_(std::make_unique<State>(std::move(setup), plan)) {
  state_->add_workers(plan);
  state_->add_probe(plan);
}

FileClients::~FileClients() { stop(); }

void FileClients::prove(const std::function<bool()>& give_up, load::Duration limit) {
  if (state_->queue) state_->queue->read();
  if (state_->probe) state_->probe->prove(give_up, limit.count());
}

void FileClients::start() {
  State& state = *state_;
  const Time now = state.setup.loop->refresh();
  const auto begin = [&](auto* steps) {
    state.timers.push_back(Loop::TimerId::kNone);
    // One after the other, so that clients do not all write in the same moment.
    state.schedule(state.timers.size() - 1,
                   now + static_cast<Time>(state.timers.size()) * 3 * kMillisecond, steps);
  };
  for (Worker& worker : state.workers) std::visit([&](auto& kind) { begin(&kind); }, worker);
  if (state.probe) begin(&*state.probe);
  if (state.queue) begin(&*state.queue);
}

void FileClients::stop() {
  for (const Loop::TimerId timer : state_->timers) state_->setup.loop->cancel(timer);
  state_->timers.clear();
}

const std::string& FileClients::directory() const { return state_->directory; }

std::vector<std::string> FileClients::notes() const {
  std::vector<std::string> notes;
  for (const std::filesystem::path& path : state_->leftovers) {
    notes.push_back(fmt::format("{} is left of a run that was killed: remove it", path.string()));
  }
  if (!state_->work.trouble.empty()) notes.push_back(state_->work.trouble);
  return notes;
}

}  // namespace tidemark::pressure
