#include "lib/verdict/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tidemark::verdict {
namespace {

constexpr double kMegabyte = 1e6;
constexpr double kDayHours = 24;

std::string rate(const Estimate& day) { return estimate_words(day) + " in 24 h"; }

std::string with_what(const Evidence& e) {
  if (!e.load_known) return "";
  if (e.clock == Clock::kRequests) return ", in step with requests, not with time";
  return e.load_varies ? ", in step with time, not with requests" : "";
}

std::string since(const LeakVerdict& verdict, const Blocks& blocks) {
  if (!verdict.evidence->onset_h) return " since the start";
  const double ago = blocks.now_h() - *verdict.evidence->onset_h;
  return fmt::format(" since {} ago", hours_words(ago));
}

std::string leak_text(const LeakVerdict& verdict, const Blocks& blocks) {
  const Evidence& e = *verdict.evidence;
  std::string text = "grows " + rate(*verdict.growth_bytes_per_day);
  text += since(verdict, blocks) + with_what(e);
  if (verdict.reason == Reason::kLumps) {
    text += fmt::format("; in {:.0f} lumps of about {}, none of which came back", e.lumps.count,
                        size_words(e.lumps.up_mb / e.lumps.count * kMegabyte));
  } else if (verdict.reason == Reason::kEndless) {
    text += fmt::format("; slower than at first, but for {}, which is longer than a cache fills",
                        hours_words(e.age_h));
  } else {
    text += "; steadily, unlike a cache or a warm-up";
  }
  return text;
}

std::string undecided_text(const LeakVerdict& verdict) {
  const std::string growth =
      verdict.growth_bytes_per_day ? rate(*verdict.growth_bytes_per_day) : "";
  const std::string more =
      fmt::format("; about {} more would probably tell", hours_words(verdict.more_h));
  switch (verdict.reason) {
    case Reason::kMayFillUp:
      return "grows " + growth + ", which may be a leak, or a cache that is still filling" + more;
    case Reason::kSmallButSteady:
      return "grows " + growth +
             ": below the gate, but it does not stop; memory alone cannot tell whether a cache "
             "hides more of it; look at the allocation sites";
    case Reason::kLessLoad:
      return "it grew, and stopped when the load fell; whether it goes on with the load is not "
             "known" +
             more;
    case Reason::kUncertain:
      return "growth is not known well enough: " + growth + more;
    default:
      return "too few samples" + more;
  }
}

std::string quiet_text(const LeakVerdict& verdict) {
  const Evidence& e = *verdict.evidence;
  std::string most = fmt::format("growth is at most {} in 24 h",
                                 size_words(std::max(verdict.growth_bytes_per_day->high, 0.0)));
  if (verdict.answer == Answer::kBounded) {
    return fmt::format("grew {} and stopped; now {}", size_words(e.bounded_mb * kMegabyte), most);
  }
  return most;
}

std::string limit_text(const Estimate& limit) {
  if (!std::isfinite(limit.low)) return "";
  return fmt::format("; reaches the limit in {} ({} to {})", hours_words(limit.value),
                     hours_words(limit.low), hours_words(limit.high));
}

std::string oddities_text(const Oddities& odd) {
  std::string text;
  if (odd.gaps > 0) text += fmt::format("; {} gaps of {}", odd.gaps, hours_words(odd.gap_h));
  if (odd.clock_jumps > 0) text += fmt::format("; the clock jumped {} times", odd.clock_jumps);
  if (odd.rejected > 0) text += fmt::format("; {} samples were no sizes", odd.rejected);
  return text;
}

}  // namespace

// Two figures are enough for a reader.
std::string size_words(double bytes) {
  const double mb = bytes / kMegabyte;
  return std::abs(mb) >= 1000 ? fmt::format("{:.2f} GB", mb / 1000)
         : std::abs(mb) >= 10 ? fmt::format("{:.0f} MB", mb)
                              : fmt::format("{:.1f} MB", mb);
}

std::string hours_words(double hours) {
  if (!std::isfinite(hours)) return "never";
  return hours >= 48  ? fmt::format("{:.0f} days", hours / kDayHours)
         : hours >= 2 ? fmt::format("{:.0f} h", hours)
                      : fmt::format("{:.0f} min", hours * 60);
}

std::string estimate_words(const Estimate& bytes) {
  const double up = bytes.high - bytes.value;
  const double down = bytes.value - bytes.low;
  if (up > 1.5 * down || down > 1.5 * up) {  // a "±" would say what nobody thinks
    return fmt::format("{} ({} to {})", size_words(bytes.value), size_words(bytes.low),
                       size_words(bytes.high));
  }
  return size_words(bytes.value) + " ± " + size_words((bytes.high - bytes.low) / 2);
}

std::string_view words(Answer answer) {
  switch (answer) {
    case Answer::kLeak:
      return "leak";
    case Answer::kBounded:
      return "bounded";
    case Answer::kNoLeak:
      return "no leak";
    case Answer::kNotEnough:
      break;
  }
  return "not enough data";
}

std::string explain(const LeakVerdict& verdict, const Blocks& blocks) {
  std::string text = std::string(words(verdict.answer)) + ": ";
  switch (verdict.answer) {
    case Answer::kLeak:
      text += leak_text(verdict, blocks);
      break;
    case Answer::kBounded:
    case Answer::kNoLeak:
      text += quiet_text(verdict);
      break;
    case Answer::kNotEnough:
      text += undecided_text(verdict);
      break;
  }
  const bool grows = verdict.answer == Answer::kLeak || verdict.reason == Reason::kMayFillUp;
  if (grows && !verdict.part.empty() && verdict.part_share > 0.05) {
    text += fmt::format("; {:.0f} % of it in {}", 100 * verdict.part_share, verdict.part);
  }
  if (grows && verdict.hours_to_limit) text += limit_text(*verdict.hours_to_limit);
  return text + oddities_text(blocks.oddities());
}

}  // namespace tidemark::verdict
