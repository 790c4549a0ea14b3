#include "tools/signoff/report/html_words.h"

#include <fmt/format.h>

#include "lib/report/escape.h"
#include "tools/signoff/report/words.h"

namespace tidemark::signoff {
namespace {

std::string_view path_of(State state) {
  switch (state) {
    case State::kPassed:
      return "M4 8.5l2.7 2.7L12 5.2";
    case State::kFailed:
      return "M5 5l6 6M11 5l-6 6";
    case State::kInconclusive:
      return "M5.8 6.2a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .7-1 1.4M8 11.9v.1";
    case State::kNotDone:
      return "M4 12L12 4";
    case State::kSkipped:
      return "M4.5 5l3 3-3 3M8.5 5l3 3-3 3";
    case State::kNotApplicable:
      return "M4.5 8h7";
    case State::kWaived:
      return "M5.5 12.5v-9M5.5 4h6l-1.6 2L11.5 8h-6";
  }
  return "";
}

}  // namespace

std::string sign_html(State state) {
  return fmt::format(
      "<svg class=\"sign\" viewBox=\"0 0 16 16\" aria-hidden=\"true\"><circle cx=\"8\" cy=\"8\" "
      "r=\"7.2\"/><path d=\"{}\"/></svg>",
      path_of(state));
}

std::string state_html(State state) {
  return fmt::format("<span class=\"state {}\">{}{}</span>", class_of(state), sign_html(state),
                     name_of(state));
}

std::string link_html(const std::string& base, const std::string& file, std::string_view text) {
  // "./" before a relative path: no text of a file becomes a scheme or a host.
  const std::string path = file.starts_with('/') ? file : "./" + base + file;
  return fmt::format("<a href=\"{}\">{}</a>", uri_of(path), markup_text(text));
}

}  // namespace tidemark::signoff
