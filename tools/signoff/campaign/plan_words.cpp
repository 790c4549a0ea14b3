#include "tools/signoff/campaign/plan_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "lib/base/lines.h"
#include "lib/base/quantities.h"
#include "tools/signoff/run/preflight.h"
#include "tools/signoff/run/standing.h"

namespace tidemark::signoff {
namespace {

using std::chrono::seconds;

std::string rounded(Duration duration) {
  return duration_text(std::chrono::round<seconds>(duration));
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

class Words {
 public:
  Words(const Campaign& campaign, const Plan& plan, double scale, const Expected& expected)
      : campaign_(campaign), plan_(plan), scale_(scale), times_(plan, campaign, scale, expected) {}

  std::string text() {
    std::string phases;
    for (std::size_t i = 0; i < plan_.size(); ++i) phases += phase(i);
    return head() + phases + rules() + waivers();
  }

 private:
  std::string head() const {
    std::string text = campaign_.name;
    if (!campaign_.title.empty()) text += fmt::format(": {}", printable(campaign_.title));
    const auto asked = std::ranges::count_if(plan_, &std::string::empty, &PlannedPhase::skipped);
    text += fmt::format("\n{}, {}, about {} one after the other",
                        counted(campaign_.targets.size(), "target"),
                        counted(static_cast<std::size_t>(asked), "phase"), rounded(all_));
    if (scale_ != 1) text += fmt::format("; a rehearsal: all times are multiplied by {:g}", scale_);
    return text + "\n";
  }

  std::string phase(std::size_t index) {
    const PlannedPhase& planned = plan_[index];
    const PhasePlan& phase = *planned.phase;
    std::string text = fmt::format("\n{:2}. {}", index + 1, planned.id());
    if (!phase.title.empty()) text += fmt::format(": {}", printable(phase.title));
    if (!planned.skipped.empty()) return text + fmt::format("\n    skipped, {}\n", planned.skipped);
    text += "\n";
    if (!phase.after.empty()) {
      text += fmt::format("    after {} were done\n", fmt::join(phase.after, ", "));
    }
    if (!phase.needs.empty()) {
      text += fmt::format("    only if {} passed\n", fmt::join(phase.needs, ", "));
    }
    if (phase.parallel) {
      text += fmt::format("    beside other parallel phases; it takes {} of {}\n", phase.cpus,
                          counted(static_cast<std::size_t>(usable_cpus()), "CPU"));
    }
    for (const RunPlan* const run : planned.runs) text += words_of(index, *run);
    return text;
  }

  std::string words_of(std::size_t index, const RunPlan& run) {
    const Duration one = times_.of(index, run);
    all_ += one * run.repeat;
    std::string text = fmt::format("    {}: {}", run.name, run.tool);
    if (run.tool != "command") text += fmt::format(" {}", printable(run.args.front()));
    if (run.repeat > 1) text += fmt::format(", {} times", run.repeat);
    if (run.retries > 0) {
      text += fmt::format(", {} if it cannot be done",
                          run.retries == 1 ? "a second attempt"
                                           : fmt::format("up to {} more attempts", run.retries));
    }
    text += fmt::format(", about {}", rounded(one));
    if (times_.from_history(index, run)) text += " by its history";
    text += fmt::format(", {} at most\n", rounded(times_.limit(index, run)));
    return text;
  }

  std::string rules() const {
    if (campaign_.rules.empty()) return "\nIt is held to nothing but what its tools say.\n";
    std::string text = "\nIt is held to:\n";
    for (const budget::Rule& rule : campaign_.rules) {
      text += fmt::format("    {}", printable(rule.text));
      if (!rule.phases.empty()) {
        text += fmt::format(", in {}", printable(fmt::format("{}", fmt::join(rule.phases, ", "))));
      }
      if (!rule.targets.empty()) {
        text += fmt::format(", on {}", printable(fmt::format("{}", fmt::join(rule.targets, ", "))));
      }
      if (!rule.flavours.empty()) {
        text += fmt::format(", of the flavour {}",
                            printable(fmt::format("{}", fmt::join(rule.flavours, ", "))));
      }
      if (rule.hard) text += ", hard";
      text += "\n";
    }
    return text;
  }

  std::string waivers() const {
    std::string text;
    for (const budget::Waiver& waiver : campaign_.waivers) {
      text +=
          fmt::format("    waived until {} by {}: {} ({})\n", printable(waiver.expires),
                      printable(waiver.owner), printable(waiver.rule), printable(waiver.reason));
    }
    return text.empty() ? "" : "\nAgreed exceptions:\n" + text;
  }

  const Campaign& campaign_;
  const Plan& plan_;
  double scale_;
  Times times_;
  Duration all_{0};
};

}  // namespace

std::string plan_words(const Campaign& campaign, const Plan& plan, double scale,
                       const Expected& expected) {
  return Words(campaign, plan, scale, expected).text();
}

}  // namespace tidemark::signoff
