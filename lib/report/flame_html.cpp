#include "lib/report/flame_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <nlohmann/json.hpp>
#include <vector>

#include "lib/analyze/top.h"
#include "lib/base/decompress.h"
#include "lib/base/lines.h"
#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "lib/report/page.h"
#include "lib/report/viewer_assets.h"

namespace tidemark {
namespace {

constexpr std::size_t kMostFunctions = 50;
// Twice as fast as zlib's default, and 2 % larger (a million stacks, 11 MB).
constexpr int kLevel = 4;

// JSON inside a <script> element: "<" could end it.
std::string script_json(const nlohmann::json& json) {
  std::string out;
  for (const char c : json.dump()) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string settings(const FlamePage& page) {
  nlohmann::json json = {
      {"title", printable(page.title)},
      {"subtitle", printable(page.subtitle)},
      {"source", printable(page.source)},
      {"roots", page.roots == FlameRoots::kProcesses ? "processes" : "functions"},
      {"tidemark", TIDEMARK_VERSION}};
  if (page.before && page.after) {
    json["before"] = *page.before;
    json["after"] = *page.after;
  }
  return script_json(json);
}

std::string share(std::int64_t value, std::int64_t total) {
  if (total == 0) return "";
  return fmt::format("{:.2f}%", 100 * static_cast<double>(value) / static_cast<double>(total));
}

// What a reader without JavaScript sees.
std::string top_table(const Profile& profile, std::size_t value) {
  const ValueType& type = profile.value_types()[value];
  const std::int64_t whole = profile.total()[value];
  std::vector<FunctionTotal> functions = top(profile, value);
  const std::size_t count = functions.size();
  if (count > kMostFunctions) functions.resize(kMostFunctions);
  std::string out = fmt::format(
      "<table><caption>The {} of {} functions with the largest own share of {} {}</caption>\n"
      "<thead><tr><th scope=\"col\">Self</th><th scope=\"col\">Share</th>"
      "<th scope=\"col\">Total</th><th scope=\"col\">Function</th>"
      "<th scope=\"col\">Where</th></tr></thead>\n<tbody>\n",
      functions.size(), count, value_text(whole, type.unit), markup_text(type.name));
  for (const FunctionTotal& function : functions) {
    fmt::format_to(std::back_inserter(out),
                   "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                   value_text(function.self, type.unit), share(function.self, whole),
                   value_text(function.total, type.unit), markup_text(function.function),
                   markup_text(function.file.empty() ? function.module : function.file));
  }
  return out + "</tbody></table>\n";
}

}  // namespace

std::string flame_html(const Profile& profile, const FlamePage& page) {
  assert(!profile.value_types().empty());
  const std::string data = flame_data(profile, page.grain);
  const std::size_t shown =
      page.after.value_or(std::min(profile.default_value, profile.value_types().size() - 1));
  const std::string title = page.title.empty() ? "Flame graph" : page.title;
  return filled(kViewerHtml, {{"style-hash", base64_of_hex(kViewerCssSha256)},
                              {"script-hash", base64_of_hex(kViewerJsSha256)},
                              {"style", std::string(kViewerCss)},
                              {"script", std::string(kViewerJs)},
                              {"title", markup_text(title)},
                              {"subtitle", markup_text(page.subtitle)},
                              {"table", top_table(profile, shown)},
                              {"settings", settings(page)},
                              {"size", fmt::format("{}", data.size())},
                              {"data", base64(gzip(data, kLevel))},
                              {"version", TIDEMARK_VERSION}});
}

}  // namespace tidemark
