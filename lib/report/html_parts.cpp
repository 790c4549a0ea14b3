#include "lib/report/html_parts.h"

#include <fmt/format.h>

#include <cstddef>

#include "lib/report/escape.h"

namespace tidemark {

std::string section(std::string_view id, std::string_view title, const std::string& body) {
  if (body.empty()) return "";
  return fmt::format("<section id=\"{}\" class=\"part\"><h2>{}</h2>\n{}</section>\n", id, title,
                     body);
}

std::string fact(std::string_view name, const std::string& value) {
  if (value.empty()) return "";
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, markup_text(value));
}

std::string list_html(const std::vector<std::string>& lines) {
  std::string out = "<ul>";
  for (const std::string& line : lines) out += "<li>" + markup_text(line) + "</li>\n";
  return out + "</ul>";
}

void HtmlTable::row(const std::vector<std::string>& cells) {
  rows += "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    rows += fmt::format("<td{}>{}</td>", titles[i].starts_with('#') ? " class=\"num\"" : "",
                        markup_text(cells[i]));
  }
  rows += "</tr>\n";
}

std::string HtmlTable::html() const {
  if (rows.empty()) return "";
  std::string out = R"(<div class="scroll" tabindex="0"><table><thead><tr>)";
  for (std::string_view title : titles) {
    const bool number = title.starts_with('#');
    out += fmt::format("<th scope=\"col\"{}>{}</th>", number ? " class=\"num\"" : "",
                       title.substr(number ? 1 : 0));
  }
  return out + "</tr></thead><tbody>\n" + rows + "</tbody></table></div>\n";
}

}  // namespace tidemark
