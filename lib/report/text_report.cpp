// The report for a terminal: the verdict first, then what to fix, the worst
// first, each with its numbers, its place, its stack and its source.
//
//   FOUND  1 definite leak: 3,200 B in handle_leak
//   memprof 0.1.0 with memcheck 3.19.0: ./service --port 0
//   ran 12.3 s, exited with 0
//
//    1  definite leak  3.1 KiB in 32 blocks  new
//       100 B/request in handle_leak (service.cpp:41)
//          #0 handle_leak  service.cpp:41
//             40 | void handle_leak() {
//          >  41 |   char* line = static_cast<char*>(std::malloc(100));

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "lib/analyze/sites.h"
#include "lib/analyze/top.h"
#include "lib/analyze/verdict.h"
#include "lib/base/lines.h"
#include "lib/report/all_reports.h"
#include "lib/report/amounts.h"
#include "lib/report/heap_totals.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kRed = "\x1b[1;31m";
constexpr std::string_view kGreen = "\x1b[1;32m";
constexpr std::string_view kYellow = "\x1b[1;33m";

class Page {
 public:
  explicit Page(const ReportOptions& options)
      : options_(options), width_(std::max<std::size_t>(options.width, 40)) {}

  // One line, cut to the width, without trailing space.
  void line(std::size_t indent, std::string_view text, std::string_view colour = "") {
    const std::string shown = printable(text);
    const std::string cut = fit(shown, width_ > indent + 8 ? width_ - indent : 8);
    if (!cut.empty()) out_.append(indent, ' ');
    out_ += paint(cut, colour) + "\n";
  }

  // The same for prose: what does not fit goes on below.
  void prose(std::size_t indent, std::string_view text, std::string_view colour = "") {
    std::string rest = printable(text);
    const std::size_t room = width_ > indent + 20 ? width_ - indent : 20;
    while (columns(rest) > room) {
      std::size_t cut = rest.rfind(' ', room);
      if (cut == std::string::npos || cut == 0) cut = fit(rest, room).size() - kEllipsis.size();
      line(indent, rest.substr(0, cut), colour);
      rest.erase(0, rest[cut] == ' ' ? cut + 1 : cut);
    }
    line(indent, rest, colour);
  }

  void gap() { out_ += "\n"; }
  std::string take() { return std::move(out_); }
  const ReportOptions& options() const { return options_; }

 private:
  static constexpr std::string_view kEllipsis = "…";

  static std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & '\xC0') != '\x80'; }));
  }

  static std::string fit(const std::string& text, std::size_t room) {
    if (columns(text) <= room) return text.substr(0, text.find_last_not_of(' ') + 1);
    std::size_t end = 0;
    for (std::size_t used = 0; end < text.size(); ++end) {
      if ((text[end] & '\xC0') != '\x80' && ++used == room) break;
    }
    return text.substr(0, end) + std::string(kEllipsis);
  }

  std::string paint(const std::string& text, std::string_view colour) const {
    if (!options_.colour || colour.empty() || text.empty()) return text;
    return std::string(colour) + text + "\x1b[0m";
  }

  const ReportOptions& options_;
  std::size_t width_;
  std::string out_;
};

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return out;
}

std::string_view colour_of(Verdict verdict) {
  if (verdict == Verdict::kClean) return kGreen;
  return verdict == Verdict::kUndecided ? kYellow : kRed;
}

void write_run(Page& page, const Run& run) {
  if (run.tool.empty()) return;
  std::string line = fmt::format("{} {}", run.tool, run.tool_version);
  if (!run.backend.empty()) line += fmt::format(" with {} {}", run.backend, run.backend_version);
  page.prose(0, line + ": " + command_text(run.target), kDim);
  std::string end = end_text(run.end);
  if (run.ended_ms > run.started_ms && run.started_ms > 0) {
    end = fmt::format("ran {}, {}", duration_text(run.ended_ms - run.started_ms), end);
  }
  page.prose(0, end, kDim);
}

void write_warnings(Page& page, const Document& document) {
  if (document.partial) {
    page.prose(0, "PARTIAL: something is missing from what follows", kYellow);
  }
  for (const std::string& warning : document.warnings) {
    page.prose(0, "warning: " + warning, kYellow);
  }
  for (const std::string& note : document.run.notes) page.prose(0, "note: " + note);
}

// "in use           50.1 ±5.0 MiB in 52,479 ±5,248 blocks"
void write_totals(Page& page, const Document& document) {
  const std::vector<HeapTotal> totals = heap_totals(document);
  if (totals.empty()) return;
  page.gap();
  page.line(0, "memory, estimated from samples (± standard error)", kBold);
  for (const HeapTotal& total : totals) {
    std::string line = fmt::format("{:<12} {:>20}", total.kind, total.bytes);
    if (!total.objects.empty()) line += fmt::format(" in {} blocks", total.objects);
    page.line(2, line);
  }
}

void write_source(Page& page, const Frame& frame) {
  const Snippet snippet = snippet_of(frame, page.options());
  std::int64_t number = snippet.first;
  for (const std::string& line : snippet.lines) {
    const bool marked = number == snippet.marked;
    page.line(9, fmt::format("{} {:>5} | {}", marked ? ">" : " ", number, line),
              marked ? kBold : kDim);
    ++number;
  }
}

void write_stack(Page& page, const LabelledStack& stack, const Frame& place) {
  if (!stack.label.empty()) page.prose(4, stack.label + (stack.frames.empty() ? "" : ":"));
  bool shown = false;
  for (const StackLine& line : stack_lines(stack.frames, page.options().all_frames)) {
    if (line.folded) {
      page.line(6, fmt::format("... {}", plural(static_cast<std::int64_t>(line.count), "frame")),
                kDim);
      continue;
    }
    const Frame& frame = stack.frames[line.first];
    const bool here = !shown && frame == place;
    page.line(6, fmt::format("#{} {}  {}", line.first, name_of(frame), short_place(frame)),
              here ? kBold : "");
    if (here) write_source(page, frame);
    shown = shown || here;
  }
}

// A few of the points, the first and the last among them.
std::string history_text(const Site& site) {
  constexpr std::size_t kShown = 8;
  const std::size_t last = site.history.size() - 1;
  const std::size_t steps = std::min(kShown - 1, last);
  std::string text;
  for (std::size_t i = 0; i <= steps; ++i) {
    const Point& point = site.history[i * last / steps];
    text += (text.empty() ? "" : " -> ") + bytes_text(point.value);
  }
  return text;
}

void write_details(Page& page, const Site& site) {
  if (!site.example.message.empty() && site.example.message != site.title) {
    page.prose(4, site.example.message);
  }
  if (site.indirect_bytes > 0) {
    page.line(4, bytes_text(site.indirect_bytes) + " of it held by those blocks");
  }
  if (site.history.size() > 1) page.prose(4, "over time: " + history_text(site));
  for (const LabelledStack& stack : site.example.stacks) write_stack(page, stack, site.place);
  for (const Site& held : site.holds) {
    page.line(4, fmt::format("holds {}: {}", cost_text(held), held.title), kDim);
  }
}

void write_site(Page& page, const Site& site, std::size_t number) {
  std::string head = fmt::format("{:>2}  {}  {}", number, name_of(site.kind), cost_text(site));
  if (site.status != SiteStatus::kUnjudged) head += fmt::format("  {}", code_of(site.status));
  page.gap();
  page.line(0, head, is_leak(site.kind) && site.kind > FindingKind::kPossibleLeak ? kBold : kRed);
  page.prose(4, site.title, kBold);
  write_details(page, site);
}

// What counts is shown whole, and so are the first few others, which tell who
// holds memory; a line each is enough for the rest.
void write_sites(Page& page, std::span<const Site> sites) {
  constexpr std::size_t kOthersWhole = 3;
  std::size_t number = 0;
  std::size_t others = 0;
  for (const Site& site : sites) {
    ++number;
    if (counts(site) || ++others <= kOthersWhole) {
      write_site(page, site, number);
    } else {
      if (others == kOthersWhole + 1) page.gap();
      page.line(0, fmt::format("{:>2}  {:<16} {:>10}  {}", number, name_of(site.kind),
                               bytes_text(site.bytes), place_text(site.place)));
    }
  }
}

void write_list(Page& page, std::string_view title, const std::vector<Site>& sites) {
  if (sites.empty()) return;
  page.gap();
  page.line(0, fmt::format("{} ({})", title, sites.size()), kBold);
  for (const Site& site : sites) {
    std::string line = fmt::format("{}  {}  {}", name_of(site.kind), cost_text(site), site.title);
    if (!site.suppressed_by.empty()) line += fmt::format("  [{}]", site.suppressed_by);
    page.line(2, line);
  }
}

void write_suppressions(Page& page, const Document& document) {
  for (const SuppressionReport& rule : document.suppressions) {
    if (rule.expired) {
      page.prose(0,
                 fmt::format("suppression {} of {} expired on {}: it suppresses nothing", rule.id,
                             rule.owner, rule.expires),
                 kYellow);
    } else if (rule.sites == 0) {
      page.prose(0, fmt::format("suppression {} of {} is unused", rule.id, rule.owner), kYellow);
    }
  }
}

void write_profile(Page& page, const Profile& profile, std::size_t most) {
  if (profile.value_types().empty()) return;
  const std::size_t value = shown_value(profile);
  const ValueType& type = profile.value_types()[value];
  page.gap();
  page.line(0,
            fmt::format("{}: {} {}", profile.title.empty() ? "profile" : profile.title,
                        value_text(profile.total()[value], type.unit), type.name),
            kBold);
  page.line(2, fmt::format("{:>12}  {:>12}  function", "self", "inclusive"), kDim);
  std::vector<FunctionTotal> functions = top(profile, value);
  if (functions.size() > most) functions.resize(most);
  for (const FunctionTotal& function : functions) {
    page.line(2, fmt::format("{:>12}  {:>12}  {}", value_text(function.self, type.unit),
                             value_text(function.total, type.unit), function.function));
  }
}

std::string write(const Document& document, const ReportOptions& options) {
  Page page(options);
  page.prose(0, fmt::format("{}  {}", upper(code_of(document.verdict)), document.verdict_text),
             colour_of(document.verdict));
  write_run(page, document.run);
  write_warnings(page, document);
  write_totals(page, document);
  const std::size_t shown =
      options.most == 0 ? document.sites.size() : std::min(options.most, document.sites.size());
  write_sites(page, std::span(document.sites).first(shown));
  if (shown < document.sites.size()) {
    page.gap();
    page.line(0, fmt::format("{} more; the html and json reports hold all",
                             document.sites.size() - shown));
  }
  write_list(page, "suppressed", document.suppressed);
  write_list(page, "fixed since " + document.baseline, document.fixed);
  write_suppressions(page, document);
  const Profile* const profile = main_profile(document);
  if (document.sites.empty() && profile != nullptr) {
    write_profile(page, *profile, options.most == 0 ? 20 : options.most);
  }
  return page.take();
}

}  // namespace

constinit const ReportFormat kTextReport = {
    .name = "text",
    .summary = "for a terminal: the verdict, then what to fix, the worst first",
    .extension = ".txt",
    .write = write,
};

}  // namespace tidemark
