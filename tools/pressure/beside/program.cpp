#include "tools/pressure/beside/program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "lib/base/error.h"
#include "lib/process/tree.h"
#include "tools/pressure/beside/reconnect.h"

namespace tidemark::pressure {
namespace {

constexpr Time kPoll = 20 * kMillisecond;
constexpr int kKeptFailures = 5;
constexpr std::chrono::milliseconds kGrace{2000};

Command command_of(const BesideSetup& setup, const load::Program& plan) {
  Command command{.arguments = plan.command};
  command.environment["PRESSURE_SEED"] = std::to_string(setup.seed);
  if (setup.scenario != nullptr && setup.scenario->target) {
    command.environment["PRESSURE_TARGET"] = setup.scenario->target->text;
  }
  return command;
}

// "exit code 3", "ended by signal 11".
std::string text_of(const End& end) {
  if (end.kind == EndKind::kSignalled) return fmt::format("ended by signal {}", end.code);
  return fmt::format("exit code {}", end.code);
}

}  // namespace

struct ProgramClient::State {
  BesideSetup setup;
  Command command;
  bool repeat = false;
  LabelId label{};
  load::Random random;
  Backoff backoff;
  std::optional<Tree> tree;
  Time started = 0;
  Loop::TimerId timer = Loop::TimerId::kNone;
  bool stopping = false;
  std::int64_t failures = 0;
  std::vector<std::string> warnings;

  State(const BesideSetup& with, const load::Program& plan)
      : setup(with),
        command(command_of(with, plan)),
        repeat(plan.repeat),
        label(with.tally->label(with.name)),
        random(with.seed) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    setup.loop->cancel(timer);
    if (tree) tree->stop({.grace = kGrace});
  }

  std::filesystem::path file(std::string_view ending) const {
    return std::filesystem::path(setup.directory) / fmt::format("{}.{}", setup.name, ending);
  }

  void after(Time wait, void (State::*work)()) {
    timer = setup.loop->at(setup.loop->now() + wait, [this, work] { (this->*work)(); });
  }

  void begin() {
    started = setup.loop->refresh();
    try {
      tree = Tree::start(command, {.output = file("stdout"), .errors = file("stderr")});
    } catch (const Error& error) {
      return fail(load::Failure::kConnect, error.what());
    }
    after(kPoll, &State::look);
  }

  void look() {
    const std::optional<End> end = tree->ended();
    if (!end) return after(kPoll, &State::look);
    tree.reset();  // and with it what it left running
    if (end->kind == EndKind::kStopped && stopping) return;
    if (end->kind != EndKind::kExited || end->code != 0) {
      return fail(load::Failure::kStatus, text_of(*end));
    }
    setup.tally->finished(label, moments(), 0);
    again(0);
  }

  Tally::Moments moments() const {
    return {.intended = started, .sent = started, .done = setup.loop->refresh()};
  }

  void fail(load::Failure failure, const std::string& why) {
    setup.tally->failed(label, moments(), failure);
    if (++failures <= kKeptFailures) keep_output();
    if (failures == 1) {
      warnings.push_back(fmt::format("{}: {} ({}); what it wrote is in {}", setup.name, why,
                                     fmt::join(command.arguments, " "),
                                     file(repeat ? "failed-1.stderr" : "stderr").string()));
    }
    again(backoff.next(setup.loop->now() - started, random));
  }

  void keep_output() const {
    if (!repeat) return;
    for (const char* stream : {"stdout", "stderr"}) {
      std::error_code ignored;  // it may not have been started at all
      std::filesystem::rename(file(stream), file(fmt::format("failed-{}.{}", failures, stream)),
                              ignored);
    }
  }

  void again(Time wait) {
    if (repeat && !stopping) after(wait, &State::begin);
  }
};

ProgramClient::ProgramClient(const BesideSetup& setup, const load::Program& plan)
    : state_(std::make_unique<State>(setup, plan)) {
  if (plan.command.empty()) throw UsageError(setup.name + ": a command of no words");
  if (!find_program(plan.command.front())) {
    throw UsageError(
        fmt::format("{}: {}: no such program in PATH", setup.name, plan.command.front()));
  }
}
ProgramClient::ProgramClient(ProgramClient&&) noexcept = default;
ProgramClient& ProgramClient::operator=(ProgramClient&&) noexcept = default;
ProgramClient::~ProgramClient() = default;

void ProgramClient::start() { state_->begin(); }

void ProgramClient::stop() {
  state_->stopping = true;
  if (state_->tree) state_->tree->signal(SIGTERM);
}

const std::vector<std::string>& ProgramClient::warnings() const { return state_->warnings; }

}  // namespace tidemark::pressure
