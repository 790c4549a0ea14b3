#include "tools/leakwatch/report/nights_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "lib/report/html_parts.h"
#include "lib/report/words.h"
#include "lib/verdict/explain.h"
#include "tools/leakwatch/report/night_chart.h"
#include "tools/leakwatch/report/night_html.h"
#include "tools/leakwatch/report/night_words.h"

namespace tidemark::leakwatch {
namespace {

std::string e(std::string_view text) { return markup_text(text); }

std::int64_t peak_of(const Night& night) {
  std::int64_t most = 1;
  for (const soak::Envelope::Slot& slot : night.memory.slots()) most = std::max(most, slot.high);
  return most;
}

std::string answer_of(const Night& night) {
  return night.failure().empty() ? std::string(verdict::words(night.soak.verdict.answer))
                                 : "failed";
}

bool has_page(const Night& night) {
  return std::ranges::find(night.soak.run.files, "report.html", &RunFile::path) !=
         night.soak.run.files.end();
}

std::string name_html(const Night& night) {
  if (!has_page(night)) return e(night.soak.name);
  return fmt::format("<a href=\"{}\">{}</a>", e(uri_of(night.soak.name + "/report.html")),
                     e(night.soak.name));
}

std::string change_html(const ComparedNight& one) {
  if (one.change == Change::kWorse)
    return "<span class=\"regression\">Regression</span>: " + e(one.text);
  if (one.change == Change::kBetter) return "better: " + e(one.text);
  return one.change == Change::kSame ? "no difference that matters" : "the first";
}

std::string card_html(const ComparedNight& one, std::int64_t most) {
  const Night& night = one.night;
  std::string out =
      fmt::format("<li class=\"{}\"><p>{}</p><p><b>{}</b> {}</p>{}<p>{}</p>",
                  code_of(night.exit_code()), utc_text(night.soak.started_ms), e(answer_of(night)),
                  e(growth_words(night)) + " in 24 h", small_chart(night, most), name_html(night));
  if (one.change == Change::kWorse) out += "<p class=\"regression\">Regression</p>";
  return out + "</li>\n";
}

// By target, in the order in which they first come.
std::vector<std::pair<std::string, std::vector<const ComparedNight*>>> by_target(
    const Nights& nights) {
  std::vector<std::pair<std::string, std::vector<const ComparedNight*>>> out;
  for (const ComparedNight& one : nights.all) {
    const std::string target = command_text(one.night.soak.run.target);
    auto found = std::ranges::find(out, target, &decltype(out)::value_type::first);
    if (found == out.end()) found = out.insert(out.end(), {target, {}});
    found->second.push_back(&one);
  }
  return out;
}

std::string table_html(const Nights& nights) {
  std::string rows;
  for (const ComparedNight& one : nights.all) {
    const Night& night = one.night;
    const auto& growth = night.soak.verdict.growth_bytes_per_day;
    rows += fmt::format(
        "<tr><td class=\"mark\">{}</td><td class=\"mark\">{}</td><td class=\"mark\">{}</td><td "
        "class=\"num\">{}</td>"
        "<td class=\"num\">{}</td><td class=\"num\">{}</td><td "
        "class=\"num\">{}</td><td>{}</td></tr>\n",
        utc_text(night.soak.started_ms).substr(0, 16), name_html(night), e(answer_of(night)),
        e(growth_words(night)),
        growth ? e(verdict::size_words(growth->low) + " to " + verdict::size_words(growth->high))
               : "",
        night.memory.empty() ? "" : bytes_text(night.memory.slots().back().high),
        duration_text(std::max<std::int64_t>(night.soak.now_ms - night.soak.started_ms, 0)),
        change_html(one));
  }
  return "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">Started "
         "(UTC)</th>"
         "<th scope=\"col\">Soak</th><th scope=\"col\">Verdict</th><th scope=\"col\" class=\"num\">"
         "Growth in 24 h</th><th scope=\"col\" class=\"num\">95 % interval</th><th scope=\"col\" "
         "class=\"num\">Size at the end</th><th scope=\"col\" class=\"num\">Watched</th>"
         "<th scope=\"col\">Compared with the one before</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div>\n";
}

}  // namespace

std::string nights_html(const Nights& nights) {
  std::string out = fmt::format(
      "<section class=\"verdict {0}\"><p class=\"mark\">{0}</p>\n<h1>{1}</h1></section>\n",
      code_of(nights.exit_code()), e(nights.headline()));
  if (!nights.problems.empty()) {
    out += R"(<section class="banner" role="note"><h2>What could not be read</h2>)" +
           list_html(nights.problems) + "</section>\n";
  }
  std::string charts;
  for (const auto& [target, soaks] : by_target(nights)) {
    std::int64_t most = 1;
    for (const ComparedNight* one : soaks) most = std::max(most, peak_of(one->night));
    charts += fmt::format("<h3><code>{}</code></h3>\n<ul class=\"nights\">\n", e(target));
    for (const ComparedNight* one : soaks) charts += card_html(*one, most);
    charts += fmt::format("</ul>\n<p class=\"note\">Each from 0 to {}.</p>\n", bytes_text(most));
  }
  out += section("evidence", "Side by side", charts);
  out += section("nights", "All of them", table_html(nights));
  return night_page(nights.headline(), out);
}

}  // namespace tidemark::leakwatch
