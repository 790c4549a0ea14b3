#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// Pieces of our pages, in the classes of web/report/report.css. Names and titles are
// ours and go in as they are; values, cells and lines are text from anywhere.

// A part of a page with a heading; nothing when its body is empty.
std::string section(std::string_view id, std::string_view title, const std::string& body);

// A name and its value in a <dl class="facts">; nothing when the value is empty.
std::string fact(std::string_view name, const std::string& value);

std::string list_html(const std::vector<std::string>& lines);

// A table, row by row; nothing when it has none.
struct HtmlTable {
  std::vector<std::string_view> titles;  // one that starts with '#' is of numbers
  std::string rows;

  void row(const std::vector<std::string>& cells);
  std::string html() const;
};

}  // namespace tidemark
