#include "tools/leakwatch/watch/alarms.h"

#include <fmt/format.h>

#include <utility>

namespace tidemark::leakwatch {
namespace {

// A soak has few kinds of alarms; evidence of each could still fill the disk.
constexpr int kMostWithEvidence = 5;

std::string text_of(const http::Webhook::News& news) {
  using What = http::Webhook::News::What;
  if (news.what == What::kFailed) return fmt::format("--webhook: {}; tries again", news.why);
  if (news.what == What::kGivenUp) {
    return fmt::format("--webhook: given up after {} attempts: {}", news.attempts, news.why);
  }
  if (news.attempts == 1) return "the webhook was told";
  return fmt::format("the webhook was told, at attempt {}", news.attempts);
}

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
  webhook_->advance(http::Webhook::Clock::now());
  for (const http::Webhook::News& news : webhook_->news()) news_.push_back(text_of(news));
}

void Alarms::add_to(std::vector<pollfd>& events) const {
  if (webhook_) webhook_->add_to(events);
}

std::vector<std::string> Alarms::news() { return std::exchange(news_, {}); }

}  // namespace tidemark::leakwatch
