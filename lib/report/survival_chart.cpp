#include "lib/report/survival_chart.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

#include "lib/report/amounts.h"

namespace tidemark {
namespace {

constexpr double kLeft = 40;
constexpr double kRight = 308;
constexpr double kTop = 8;
constexpr double kBottom = 88;

std::string age_text(double seconds) { return duration_text(std::llround(seconds * 1000)); }

class Chart {
 public:
  explicit Chart(const Survival& survival) : survival_(survival) {}

  std::string svg() const {
    const SurvivalStep& last = survival_.steps.back();
    std::string out = fmt::format(
        "<svg class=\"survival\" viewBox=\"0 0 320 108\" role=\"img\" aria-label=\"the share of "
        "blocks that live, by age: {:.0f} % at {}\">",
        100 * last.share, age_text(last.age_s));
    for (const double share : {0.0, 0.5, 1.0}) {
      out += fmt::format(
          R"(<line class="grid" x1="{:g}" x2="{:g}" y1="{:.1f}" y2="{:.1f}"/><text class="y" x="{:g}" y="{:.1f}">{:.0f} %</text>)",
          kLeft, kRight, y(share), y(share), kLeft - 5, y(share) + 4, 100 * share);
    }
    out +=
        fmt::format(R"(<path class="spread" d="{}"/><path class="line" d="{}"/>)", band(), line());
    out += fmt::format(
        R"(<text class="x" x="{:g}" y="103">age 0</text><text class="x end" x="{:g}" y="103">{}</text></svg>)",
        kLeft, kRight, age_text(survival_.watched_s));
    return out;
  }

 private:
  double x(double age_s) const { return kLeft + (kRight - kLeft) * age_s / survival_.watched_s; }
  static double y(double share) { return kBottom - (kBottom - kTop) * share; }

  std::string line() const {
    std::string path;
    for (const SurvivalStep& step : survival_.steps) {
      path +=
          fmt::format("{}{:.1f} {:.1f}", path.empty() ? 'M' : 'L', x(step.age_s), y(step.share));
    }
    return path;
  }

  std::string band() const {
    std::string path;
    for (const SurvivalStep& step : survival_.steps) {
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? 'M' : 'L', x(step.age_s), y(step.high));
    }
    std::string back;  // along the lower bound
    for (const SurvivalStep& step : survival_.steps) {
      back = fmt::format("L{:.1f} {:.1f}{}", x(step.age_s), y(step.low), back);
    }
    return path + back + "Z";
  }

  const Survival& survival_;
};

}  // namespace

std::string survival_chart(const Survival& survival) {
  return survival.steps.size() < 2 || survival.watched_s <= 0 ? "" : Chart(survival).svg();
}

}  // namespace tidemark
