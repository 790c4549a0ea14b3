#include <fmt/format.h>

#include <algorithm>

#include "lib/base/lines.h"
#include "lib/base/quantities.h"
#include "lib/load/sections.h"

// Values that several sections of a scenario file have.

namespace tidemark::load {

Duration time_of(const TomlValue& value) {
  const Duration time = value.duration();
  if (time > kLongestTime) {
    value.fail(fmt::format("expected at most {}, found {}", duration_text(kLongestTime),
                           tidemark::quoted(value.text())));
  }
  return time;
}

Span span_of(const TomlValue& value) {
  const std::string_view text = value.text();
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    const Duration time = time_of(value);
    return {.low = time, .high = time};
  }
  const auto low = to_duration(text.substr(0, dots));
  const auto high = to_duration(text.substr(dots + 2));
  if (!low || !high || *low > *high || *high > kLongestTime) {
    value.fail(fmt::format("expected a time, or two such as \"100ms..30s\", found {}",
                           tidemark::quoted(text)));
  }
  return {.low = *low, .high = *high};
}

Template path_of(const TomlValue& value, const Scenario& scenario,
                 const std::vector<std::string>& captures) {
  const std::string& path = value.text();
  const auto is_unfit = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte >= 0x7f;
  };
  if (!path.starts_with('/') || std::ranges::any_of(path, is_unfit)) {
    value.fail(fmt::format("expected a path that begins with '/' and has no space, found {}",
                           tidemark::quoted(path)));
  }
  const std::string prefix = scenario.target ? scenario.target->prefix : "";
  return {prefix + path, value.what(), captures, Template::Escape::kPath};
}

std::string fixed_path_of(const TomlValue& value, const Scenario& scenario) {
  const Template path = path_of(value, scenario, {});
  if (!path.is_fixed()) value.fail("nothing is filled in here");
  return path.text();
}

std::string pointer_of(const TomlValue& value) {
  const std::string& pointer = value.text();
  bool right = pointer.empty() || pointer.starts_with('/');
  for (std::size_t at = pointer.find('~'); at != std::string::npos;
       at = pointer.find('~', at + 1)) {
    const char next = at + 1 < pointer.size() ? pointer[at + 1] : ' ';
    right = right && (next == '0' || next == '1');
  }
  if (!right) {
    value.fail(fmt::format("expected a JSON pointer such as \"/result/0/id\", found {}",
                           tidemark::quoted(pointer)));
  }
  return pointer;
}

}  // namespace tidemark::load
