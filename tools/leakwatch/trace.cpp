#include "tools/leakwatch/trace.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark::leakwatch {
namespace {

// The fields of a line; at most three are of interest.
struct Fields {
  std::array<std::string_view, 3> field;
  std::size_t count = 0;
};

Fields fields_of(std::string_view line) {
  Fields out;
  while (true) {
    const std::size_t comma = line.find(',');
    if (out.count < out.field.size()) out.field[out.count] = line.substr(0, comma);
    ++out.count;
    if (comma == std::string_view::npos) return out;
    line.remove_prefix(comma + 1);
  }
}

double number_or_unknown(const Lines& lines, std::string_view field, std::string_view expected) {
  if (field.empty() || field == "nan" || field == "NaN") return verdict::kUnknown;
  const std::optional<double> number = to_double(field);
  if (!number) lines.fail(expected);
  return *number;
}

double time_of(const Lines& lines, std::string_view field) {
  const std::optional<double> time = to_double(field);
  if (!time) lines.fail("seconds in the column t_seconds");
  return *time;
}

// Reads the heading: how many columns there are.
std::size_t columns_of(Lines& lines) {
  if (lines.next()) {
    if (lines.line() == "t_seconds,rss_bytes") return 2;
    if (lines.line() == "t_seconds,rss_bytes,requests") return 3;
  }
  lines.fail("the heading 't_seconds,rss_bytes[,requests]'");
}

verdict::Sample sample_of(const Lines& lines, std::size_t columns) {
  const Fields fields = fields_of(lines.line());
  if (fields.count != columns) lines.fail("as many fields as the heading has");
  verdict::Sample sample{.at_s = time_of(lines, fields.field[0])};
  sample.bytes = number_or_unknown(lines, fields.field[1], "bytes in the column rss_bytes");
  if (columns == 3) {
    sample.requests = number_or_unknown(lines, fields.field[2], "a number in the column requests");
  }
  return sample;
}

}  // namespace

Restarts read_restarts(const Input& input) {
  Lines lines(input.name, input.bytes);
  if (!lines.next() || lines.line() != "trace,t_seconds,event") {
    lines.fail("the heading 'trace,t_seconds,event'");
  }
  Restarts out;
  while (lines.next()) {
    if (lines.line().empty()) continue;
    const Fields fields = fields_of(lines.line());
    if (fields.count != 3) lines.fail("three fields: trace,t_seconds,event");
    const double at = time_of(lines, fields.field[1]);
    if (fields.field[2] == "restart") out[std::string(fields.field[0])].push_back(at);
  }
  for (auto& [trace, times] : out) std::ranges::sort(times);
  return out;
}

void read_trace(const Input& input, const std::vector<double>& restarts,
                const std::function<void(const verdict::Sample&)>& sink) {
  Lines lines(input.name, input.bytes);
  const std::size_t columns = columns_of(lines);
  std::size_t life = 0;
  std::size_t samples = 0;
  while (lines.next()) {
    if (lines.line().empty()) continue;
    verdict::Sample sample = sample_of(lines, columns);
    while (life < restarts.size() && sample.at_s >= restarts[life]) ++life;
    sample.life = static_cast<std::int64_t>(life);
    sink(sample);
    ++samples;
  }
  if (samples == 0) lines.fail("at least one sample");
}

}  // namespace tidemark::leakwatch
