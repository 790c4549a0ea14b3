#include "lib/report/html_sites.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lib/base/lines.h"
#include "lib/report/amounts.h"
#include "lib/report/chart.h"
#include "lib/report/escape.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

std::string e(std::string_view text) { return markup_text(text); }

std::string frame_html(const Frame& frame, std::size_t number, bool here) {
  std::string out =
      fmt::format(R"(<li{}><span class="no">{}</span><span class="what"><code>{}</code>)",
                  here ? " class=\"here\"" : "", number, e(name_of(frame)));
  if (frame.inlined) out += " <i>inlined</i>";
  const std::string place = full_place(frame);
  if (!place.empty()) out += fmt::format("<span class=\"file\">{}</span>", e(place));
  if (!frame.file.empty() && !frame.module.empty()) {
    out += fmt::format("<span class=\"module\">{}</span>", e(frame.module));
  }
  return out + "</span></li>\n";
}

std::string snippet_html(const Frame& place, const ReportOptions& options) {
  const Snippet snippet = snippet_of(place, options);
  if (snippet.lines.empty()) return "";
  std::string out =
      fmt::format(R"(<pre class="source" tabindex="0" aria-label="source of {}"><code>)",
                  e(short_place(place)));
  std::int64_t number = snippet.first;
  for (const std::string& line : snippet.lines) {
    const bool marked = number == snippet.marked;
    out += fmt::format("<{0}><i>{1:>5}</i> {2}\n</{0}>", marked ? "mark" : "span", number, e(line));
    ++number;
  }
  return out + "</code></pre>\n";
}

// The frame whose source is shown: the site's place where the stack passes it,
// else the first that is not folded away and has a line.
const Frame* interesting_frame(const CallStack& stack, const Frame& place) {
  const auto same = std::ranges::find(stack, place);
  if (same != stack.end()) return &*same;
  for (const StackLine& line : stack_lines(stack, false)) {
    const Frame& frame = stack[line.first];
    if (!line.folded && !frame.file.empty() && frame.line > 0) return &frame;
  }
  return nullptr;
}

std::string folded_html(const CallStack& stack, const StackLine& line) {
  std::string out = fmt::format(
      "<li class=\"folded\"><details><summary>{} of allocators and runtime</summary><ol>",
      plural(static_cast<std::int64_t>(line.count), "frame"));
  for (std::size_t i = 0; i < line.count; ++i) {
    out += frame_html(stack[line.first + i], line.first + i, false);
  }
  return out + "</ol></details></li>\n";
}

std::string stack_html(const LabelledStack& stack, const Site& site, const ReportOptions& options) {
  const std::string label = !stack.label.empty() ? stack.label
                            : is_leak(site.kind) ? "Allocated here"
                                                 : "Call stack";
  std::string out = fmt::format("<section class=\"stack\"><h4>{}</h4>\n", e(label));
  const Frame* const here = interesting_frame(stack.frames, site.place);
  if (here != nullptr) out += snippet_html(*here, options);
  out += "<ol class=\"frames\">\n";
  for (const StackLine& line : stack_lines(stack.frames, options.all_frames)) {
    out += line.folded ? folded_html(stack.frames, line)
                       : frame_html(stack.frames[line.first], line.first,
                                    here == &stack.frames[line.first]);
  }
  return out + "</ol></section>\n";
}

std::string fact(std::string_view name, const std::string& value) {
  if (value.empty()) return "";
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", name, e(value));
}

std::string exact_text(const Site& site) {
  std::string exact = exact_bytes(site.bytes);
  if (!(site.bytes_error > 0)) return exact;
  const std::int64_t error = std::llround(std::min(site.bytes_error, 9e18));
  return fmt::format("{} ±{} (sampled)", exact, exact_bytes(error));
}

std::string pids_text(const std::vector<std::int64_t>& pids) {
  constexpr std::size_t kMost = 20;
  const std::size_t shown = std::min(kMost, pids.size());
  const std::string text = fmt::format(
      "{}", fmt::join(pids.begin(), pids.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  return shown == pids.size() ? text : fmt::format("{} and {} more", text, pids.size() - shown);
}

std::string facts_html(const Site& site) {
  std::string out = "<dl class=\"meta\">";
  if (is_leak(site.kind)) out += fact("Bytes", exact_text(site));
  if (is_leak(site.kind) && site.indirect_bytes > 0) {
    out += fact("Held indirectly", exact_bytes(site.indirect_bytes));
  }
  out += fact("Seen", plural(site.count, "time"));
  out += fact(site.pids.size() == 1 ? "Process" : "Processes", pids_text(site.pids));
  out += fact("Thread", site.example.thread);
  out += fact("Profiler’s name", site.example.code);
  out += fact("Suppressed by", site.suppressed_by);
  return out + fact("Fingerprint", site.fingerprint) + "</dl>\n";
}

std::string suppression_html(const std::string& text) {
  if (text.empty()) return "";
  std::string out =
      R"(<details class="extra"><summary>Suppression, ready to copy</summary><pre tabindex="0">)";
  Lines lines("", text);
  while (lines.next()) out += e(lines.line()) + "\n";
  return out + "</pre></details>\n";
}

std::string body_html(const Site& site, const ReportOptions& options, const std::string& id) {
  std::string out = fmt::format("<div class=\"body\"><p class=\"title\">{}</p>\n", e(site.title));
  const std::string& message = site.example.message;
  if (!message.empty() && message != site.title) {
    out += fmt::format("<p class=\"message\">{}</p>\n", e(message));
  }
  out += facts_html(site);
  if (site.history.size() > 1) {
    out +=
        chart_html({{.name = "in use", .unit = "bytes", .at_unit = "ms", .points = site.history}},
                   "bytes of this site over time", ChartSize::kSmall);
  }
  for (const LabelledStack& stack : site.example.stacks) out += stack_html(stack, site, options);
  if (!site.holds.empty()) {
    out += fmt::format("<section class=\"held\"><h4>Holds {}</h4>\n",
                       plural(static_cast<std::int64_t>(site.holds.size()), "indirect leak"));
    out += sites_html(site.holds, options, id) + "</section>\n";
  }
  return out + suppression_html(site.example.suppression) + "</div>\n";
}

// How much of the largest site this one is, as a bar.
std::string share_html(std::int64_t bytes, std::int64_t most) {
  if (most <= 0 || bytes <= 0) return "";
  const double share = static_cast<double>(bytes) / static_cast<double>(most) * 100;
  return fmt::format(
      "<svg class=\"share\" viewBox=\"0 0 100 3\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\">"
      "<rect width=\"100\" height=\"3\" class=\"track\"/><rect width=\"{:.1f}\" "
      "height=\"3\"/></svg>",
      std::max(share, 1.0));
}

// The noun is for narrow pages and for readers who hear the page: a wide one
// has it at the head of the column.
std::string number_html(const char* name, std::int64_t value, std::string_view noun) {
  return fmt::format(R"(<span class="num {}">{}<i> {}{}</i></span>)", name, grouped(value), noun,
                     value == 1 ? "" : "s");
}

std::string row_html(const Site& site, std::int64_t most) {
  const bool leak = is_leak(site.kind);
  std::string out = fmt::format("<summary><span class=\"kind\">{}</span>", name_of(site.kind));
  out += fmt::format(R"(<span class="where"><b>{}</b> <span class="file">{}</span></span>)",
                     e(name_of(site.place)), e(short_place(site.place)));
  out += leak ? fmt::format("<span class=\"num bytes\">{}{}</span>",
                            e(estimate_text(site.bytes, site.bytes_error)),
                            share_html(site.bytes, most))
              : "<span class=\"num bytes none\">–</span>";
  out += leak ? number_html("blocks", site.blocks, "block")
              : "<span class=\"num blocks none\">–</span>";
  out += number_html("times", site.count, "time");
  out += site.status == SiteStatus::kUnjudged
             ? "<span class=\"tag none\"></span>"
             : fmt::format("<span class=\"tag {0}\">{0}</span>", code_of(site.status));
  return out + "</summary>\n";
}

}  // namespace

std::string sites_html(const std::vector<Site>& sites, const ReportOptions& options,
                       const std::string& prefix) {
  std::int64_t most = 0;
  for (const Site& site : sites) {
    if (is_leak(site.kind)) most = std::max(most, site.bytes);
  }
  std::string out = "<div class=\"sites\">\n";
  for (std::size_t i = 0; i < sites.size(); ++i) {
    const Site& site = sites[i];
    const std::string id = fmt::format("{}-{}", prefix, i + 1);
    out += fmt::format(
        "<details class=\"site {}\" id=\"{}\" data-kind=\"{}\" data-status=\"{}\" data-rank=\"{}\" "
        "data-bytes=\"{}\" data-blocks=\"{}\" data-times=\"{}\">\n",
        code_of(site.kind), id, code_of(site.kind), code_of(site.status), i + 1,
        is_leak(site.kind) ? site.bytes : 0, site.blocks, site.count);
    out += row_html(site, most) + body_html(site, options, id) + "</details>\n";
  }
  return out + "</div>\n";
}

}  // namespace tidemark
