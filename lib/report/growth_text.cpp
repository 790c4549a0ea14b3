// The table, 72 columns wide:
//
//   2 of 41 allocation sites grow, together by 27.1 MiB an hour; the fastest
//   is leak_session_token (leaky_service.cpp:39).
//   39 heap profiles in 1 h 54 min; in use: 12.1 MiB, then 64.0 MiB.
//
//   grows (it has grown, and still does)
//     growth an hour        in use  share   kept  since
//     24.0 ±0.4 MiB       48.0 MiB    89%   100%  start
//       leak_session_token (leaky_service.cpp:39)
//       none of the 96 blocks sampled there was ever freed: all live after 1 h 20 min
//       < {lambda} < answer < Connection::converse

#include "lib/report/growth_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/analyze/frames.h"
#include "lib/analyze/names.h"
#include "lib/analyze/sites.h"
#include "lib/base/lines.h"
#include "lib/report/amounts.h"
#include "lib/report/fate_text.h"

namespace tidemark {
namespace {

constexpr std::size_t kCallers = 6;
constexpr std::size_t kRateWidth = 20;
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

std::int64_t whole(double number) { return std::llround(std::clamp(number, -9e18, 9e18)); }

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & '\xC0') != '\x80'; }));
}

// At most `width` columns of it; ".." when something is missing.
std::string cut(std::string text, std::size_t width) {
  if (width < 3 || columns_of(text) <= width) return text;
  std::size_t seen = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if ((text[at] & '\xC0') != '\x80' && ++seen > width - 2) break;
  }
  text.resize(at);
  return text + "..";
}

// Breaks at blanks.
std::string wrapped(std::string_view text, std::size_t width) {
  if (width == 0) return std::string(text);
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (column > 0 && column + 1 + columns_of(word) > width) {
      out += '\n';
      column = 0;
    }
    if (column > 0) out += ' ';
    out += word;
    column += columns_of(word) + (column > 0 ? 1 : 0);
  }
  return out;
}

std::string place_of(const SiteGrowth& growth) {
  return growth.site.stack.empty() ? std::string("sites without a stack")
                                   : printable(place_text(growth.site.place));
}

// "< answer < converse": who called it, the innermost first, less allocators and runtimes.
std::string callers_of(const SiteGrowth& growth) {
  const CallStack& stack = growth.site.stack;
  std::string text;
  std::size_t shown = 0;
  bool below = false;
  for (const std::size_t i : folded(stack)) {
    const bool is_site = !below;
    below = true;
    if (is_site || shown == kCallers) continue;
    text += (text.empty() ? "< " : " < ") + printable(plain_function(name_of(stack[i])));
    ++shown;
  }
  return text;
}

std::string rate_text(const SiteGrowth& growth) {
  // The wider side of the interval: it is nearly even.
  const double side =
      std::max(growth.high - growth.bytes_per_hour, growth.bytes_per_hour - growth.low);
  return estimate_text(whole(growth.bytes_per_hour), side);
}

std::string since_text(const GrowthReport& report, const SiteGrowth& growth) {
  if (growth.since_start) return "start";
  const std::int64_t at = report.taken.front().at_ms + whole(growth.since_hours * 3600e3);
  const std::string time = utc_text(at);
  if (at < 1'000'000'000'000 || time.size() < 16) {
    return duration_text(at - report.taken.front().at_ms);
  }
  return time.substr(5, 11) + "Z";  // "11-21 02:13Z"
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t columns = columns_of(text);
  return columns >= width ? text : text + std::string(width - columns, ' ');
}

std::string percent(double share) { return fmt::format("{:.0f}%", 100 * share); }

struct Section {
  SiteTrend trend;
  std::string_view title;
};

constexpr Section kSections[] = {
    {SiteTrend::kGrows, "grows: it has grown, and still does"},
    {SiteTrend::kFills, "fills: it has grown, but now less or no more (a cache, a start-up)"},
    {SiteTrend::kUnclear, "unclear: it is larger than it was, by chance or in single steps"},
    {SiteTrend::kSteady, "steady: the largest of whose blocks something is known"},
    {SiteTrend::kTooFew, "larger at the end than at first; too few heap profiles to judge"}};

class Text {
 public:
  Text(const GrowthReport& report, const GrowthTextOptions& options)
      : report_(report), options_(options) {}

  std::string write() {
    out_ = wrapped(growth_sentence(report_), options_.width) + '\n';
    out_ += wrapped(about(), options_.width) + '\n';
    for (const Section& section : kSections) add(section);
    return std::move(out_);
  }

 private:
  std::string about() const {
    const auto count = static_cast<std::int64_t>(report_.taken.size());
    std::string text = plural(count, "heap profile");
    if (count > 1) {
      text += " in " + duration_text(report_.taken.back().at_ms - report_.taken.front().at_ms);
    }
    text += fmt::format("; in use: {}, then {}{}.", bytes_text(whole(report_.first_bytes)),
                        bytes_text(whole(report_.last_bytes)), report_.sampled ? " (sampled)" : "");
    const std::int64_t lives = report_.taken.empty() ? 0 : report_.taken.back().life;
    if (lives > 0) text += fmt::format(" It was started again {}.", plural(lives, "time"));
    return text;
  }

  void add(const Section& section) {
    const std::int64_t count = count_of(report_, section.trend);
    if (count == 0) return;
    out_ += '\n' + coloured(kBold, cut(std::string(section.title), options_.width)) + '\n';
    const bool judged = section.trend != SiteTrend::kTooFew;
    const std::string head =
        judged ? fmt::format("  {} {:>10}  {:>5}  {:>5}  {}", padded("growth an hour", kRateWidth),
                             "in use", "share", "kept", "since")
               : fmt::format("  {} {:>10}", padded("more by", kRateWidth), "in use");
    out_ += coloured(kDim, head) + '\n';
    std::size_t shown = 0;
    for (const SiteGrowth& growth : report_.sites) {
      if (growth.trend != section.trend) continue;
      if (options_.limit != 0 && shown == options_.limit) break;
      ++shown;
      add(growth, judged);
    }
    const auto left = count - static_cast<std::int64_t>(shown);
    if (left > 0) out_ += fmt::format("  ... {} more; --limit 0 shows all\n", grouped(left));
  }

  void add(const SiteGrowth& growth, bool judged) {
    const std::string in_use = bytes_text(whole(growth.last_bytes));
    if (judged) {
      out_ +=
          fmt::format("  {} {:>10}  {:>5}  {:>5}  {}\n", padded(rate_text(growth), kRateWidth),
                      in_use, percent(growth.share), growth.kept < 0 ? "-" : percent(growth.kept),
                      since_text(report_, growth));
    } else {
      const std::string more = bytes_text(whole(growth.last_bytes - growth.first_bytes));
      out_ += fmt::format("  {} {:>10}\n", padded(more, kRateWidth), in_use);
    }
    const std::size_t left = options_.width > 8 ? options_.width - 4 : 0;
    out_ += "    " + coloured(kBold, cut(place_of(growth), left)) + '\n';
    if (const auto& rate = growth.bytes_per_million_requests; judged && rate) {
      const std::string text = estimate_text(whole(rate->value), (rate->high - rate->low) / 2);
      out_ += "    " + cut(text + " a million requests", left) + '\n';
    }
    if (const std::string fate = fate_text(growth); judged && !fate.empty()) {
      out_ += "    " + cut(fate, left) + '\n';
    }
    const std::string callers = callers_of(growth);
    if (!callers.empty()) out_ += "    " + coloured(kDim, cut(callers, left)) + '\n';
  }

  std::string coloured(std::string_view colour, const std::string& text) const {
    return options_.colour ? fmt::format("{}{}{}", colour, text, kPlain) : text;
  }

  const GrowthReport& report_;
  const GrowthTextOptions& options_;
  std::string out_;
};

}  // namespace

std::string growth_sentence(const GrowthReport& report) {
  const std::string seen = plural(report.sites_seen, "allocation site");
  if (const std::int64_t missing = snapshots_missing(report); missing > 0) {
    return fmt::format("Too few heap profiles to judge {}: {} more of one life would do.", seen,
                       missing);
  }
  double together = 0;
  const SiteGrowth* fastest = nullptr;
  for (const SiteGrowth& growth : report.sites) {
    if (growth.trend != SiteTrend::kGrows) continue;
    together += growth.bytes_per_hour;
    if (fastest == nullptr) fastest = &growth;
  }
  const std::int64_t count = count_of(report, SiteTrend::kGrows);
  if (count == 0) return fmt::format("None of {} grows.", seen);
  if (count == 1) {
    return fmt::format("1 of {} grows, by {} an hour: {}.", seen, bytes_text(whole(together)),
                       place_of(*fastest));
  }
  return fmt::format("{} of {} grow, together by {} an hour; the fastest is {}.", grouped(count),
                     seen, bytes_text(whole(together)), place_of(*fastest));
}

std::string growth_text(const GrowthReport& report, const GrowthTextOptions& options) {
  return Text(report, options).write();
}

}  // namespace tidemark
