#include "tools/signoff/report/limit_graphic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lib/report/escape.h"
#include "tools/signoff/report/words.h"

namespace tidemark::signoff {
namespace {

constexpr double kWidth = 170;
constexpr double kHeight = 26;
constexpr double kMiddle = kHeight / 2;
constexpr double kMargin = 0.14;  // left and right of all that is shown

// From numbers to places; what has no end ends at the edge.
class Scale {
 public:
  explicit Scale(const budget::Decision& decision) {
    low_ = high_ = decision.value;
    for (const double end : {decision.limit, decision.low, decision.high}) {
      if (!std::isfinite(end)) continue;
      low_ = std::min(low_, end);
      high_ = std::max(high_, end);
    }
    double space = (high_ - low_) * kMargin;
    if (!(space > 0)) space = std::max(1.0, std::abs(high_) * kMargin);
    low_ -= space;
    high_ += space;
  }

  double at(double value) const {
    if (std::isnan(value)) return kWidth / 2;
    return std::clamp((value - low_) / (high_ - low_), 0.0, 1.0) * kWidth;
  }

 private:
  double low_ = 0;
  double high_ = 0;
};

// Where the rule does not hold: from, to.
std::string shade(const RuleResult& rule, double limit) {
  const auto part = [](double from, double to) {
    return fmt::format(R"(<rect class="bad" x="{:.1f}" y="0" width="{:.1f}" height="{:g}"/>)", from,
                       std::max(0.0, to - from), kHeight);
  };
  if (rule.rule.compare == budget::Compare::kEqual)
    return part(0, limit - 1) + part(limit + 1, kWidth);
  return rule.rule.upper() ? part(limit, kWidth) : part(0, limit);
}

}  // namespace

std::string limit_graphic(const RuleResult& rule) {
  const budget::Decision& decision = rule.decision;
  if (!is_measured(rule) || !std::isfinite(decision.value) || !std::isfinite(decision.limit))
    return "";
  const Scale scale(decision);
  const double limit = scale.at(decision.limit);
  const double value = scale.at(decision.value);
  const double low = scale.at(decision.low);
  const double high = scale.at(decision.high);
  std::string out =
      fmt::format(R"(<svg class="against {}" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">)",
                  class_of(rule.state), kWidth, kHeight,
                  markup_text(fmt::format("{}, limit {}", value_text(rule), limit_text(rule))));
  out += shade(rule, limit);
  out += fmt::format(R"(<line class="axis" x1="0" y1="{0:g}" x2="{1:g}" y2="{0:g}"/>)", kMiddle,
                     kWidth);
  out += fmt::format(R"(<line class="limit" x1="{0:.1f}" y1="0" x2="{0:.1f}" y2="{1:g}"/>)", limit,
                     kHeight);
  if (high - low >= 0.5) {
    out += fmt::format(
        "<rect class=\"interval\" x=\"{:.1f}\" y=\"{:g}\" width=\"{:.1f}\" "
        "height=\"8\" rx=\"2\"/>",
        low, kMiddle - 4, high - low);
  }
  return out + fmt::format(R"(<circle class="value" cx="{:.1f}" cy="{:g}" r="4"/></svg>)", value,
                           kMiddle);
}

}  // namespace tidemark::signoff
