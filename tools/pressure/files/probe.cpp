#include "tools/pressure/files/probe.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/base/error.h"
#include "tools/pressure/files/work.h"

namespace tidemark::pressure {
namespace {

constexpr Time kGiveUp = 60 * kSecond;
constexpr Time kPatience = 30 * kSecond;  // with one answer, before the run
constexpr Time kPoll = kMillisecond;
constexpr int kFiles = 8;  // that markers go into, in turn

// When to ask again after `waited`.
Time interval_after(Time waited) { return std::clamp(waited / 10, 10 * kMillisecond, kSecond); }

}  // namespace

Probe::Probe(Setup setup, Question question, const std::filesystem::path& directory)
    : setup_(std::move(setup)),
      question_(std::move(question)),
      desk_(directory),
      random_(setup_.seed) {}

std::string Probe::new_marker() { return fmt::format("marker{:016x}", random_.next()); }

int Probe::write(const std::string& marker) {
  const std::string name = fmt::format("probe{}.txt", written_++ % kFiles);
  return desk_.save_beside(name, fmt::format("what changed last: {}\n", marker));
}

bool Probe::ask_now(const std::string& marker, const std::function<bool()>& give_up) {
  Question::Asked asked = question_.ask(marker);
  const Time until = clock_now() + kPatience;
  while (true) {
    const std::optional<bool> answer = asked.answer();
    trouble_ = answer ? asked.trouble() : "no answer";
    if (answer || clock_now() > until) return answer.value_or(false);
    if (give_up && give_up()) throw Error("stopped while the probe was tried");
    ::poll(nullptr, 0, 2);
  }
}

void Probe::prove(const std::function<bool()>& give_up, Time limit) {
  const std::string never = new_marker();
  if (ask_now(never, give_up)) {
    throw Error(
        fmt::format("the probe of {} proves nothing: a marker that was never written shows",
                    setup_.label),
        "its request or command must look for ${marker}, and its answer not merely repeat it");
  }
  const std::string marker = new_marker();
  if (const int problem = write(marker); problem != 0) {
    throw Error(fmt::format("the probe of {} cannot write into {}: {}", setup_.label,
                            desk_.path().string(), std::strerror(problem)));
  }
  const Time from = clock_now();
  do {
    if (ask_now(marker, give_up)) return;
    ::poll(nullptr, 0, static_cast<int>(interval_after(clock_now() - from) / kMillisecond));
  } while (clock_now() - from < limit);
  throw Error(fmt::format("the probe of {} does not work: a marker that was written to {} did not "
                          "show within {:g} s ({})",
                          setup_.label, desk_.path().string(), static_cast<double>(limit) / kSecond,
                          trouble_),
              "does the service watch that directory, with those that come into being below it?");
}

Time Probe::step() {
  const LabelId label = setup_.tally->label(setup_.label);
  if (marker_.empty()) {
    since_ = clock_now();
    const std::string marker = new_marker();
    if (write(marker) != 0) {
      setup_.tally->failed(label, {.intended = since_, .sent = since_, .done = clock_now()},
                           load::Failure::kStorage);
      return since_ + kSecond;
    }
    marker_ = marker;
    return clock_now();
  }
  if (!asked_) asked_.emplace(question_.ask(marker_));
  const std::optional<bool> answer = asked_->answer();
  const Time now = clock_now();
  if (!answer && now - since_ < kGiveUp) return now + kPoll;
  asked_.reset();
  if (!answer.value_or(false) && now - since_ < kGiveUp) return now + interval_after(now - since_);
  if (answer.value_or(false)) {
    setup_.tally->measured(label, now - since_);
  } else {
    setup_.tally->failed(label, {.intended = since_, .sent = since_, .done = now},
                         load::Failure::kTimeout);
  }
  marker_.clear();
  FileWork pause{.every = setup_.every};
  return pause.pause(random_);
}

}  // namespace tidemark::pressure
