#include "tools/leakwatch/watch/alarms.h"

#include <fmt/format.h>

#include <utility>

namespace tidemark::leakwatch {
namespace {

// A soak has few kinds of alarms; evidence of each could still fill the disk.
constexpr int kMostWithEvidence = 5;

}  // namespace

Alarms::Alarms(AlarmPlan plan, std::filesystem::path directory)
    : plan_(std::move(plan)), directory_(std::move(directory)) {
  if (plan_.webhook) webhook_.emplace(*plan_.webhook);
}

void Alarms::raise(const Alarm& alarm, const std::vector<Member>& living) {
  ++raised_;
  const std::filesystem::path place = directory_ / "raw" / fmt::format("alarm-{}", raised_);
  if (raised_ <= kMostWithEvidence && !living.empty()) {
    for (const Evidence kind : plan_.evidence) {
      news_.push_back(
          "evidence: " +
          take_evidence({.kind = kind, .directory = place, .smaps = plan_.smaps}, living, jobs_));
    }
  }
  if (!plan_.command.empty()) {
    jobs_.add({.name = "--on-alarm",
               .command = {.arguments = plan_.command,
                           .environment = {{"TIDEMARK_ALARM", alarm.text},
                                           {"TIDEMARK_RUN", directory_.string()}}},
               .output = directory_ / fmt::format("alarm-{}.log", raised_)});
  }
  if (webhook_) webhook_->post(alarm.json);
  advance();
}

void Alarms::advance() {
  for (std::string& text : jobs_.advance()) news_.push_back(std::move(text));
  if (!webhook_) return;
  webhook_->advance(Webhook::Clock::now());
  for (std::string& text : webhook_->news()) news_.push_back(std::move(text));
}

void Alarms::add_to(std::vector<pollfd>& events) const {
  if (webhook_) webhook_->add_to(events);
}

std::vector<std::string> Alarms::news() { return std::exchange(news_, {}); }

}  // namespace tidemark::leakwatch
