#include "parsers/heap_counts.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "lib/base/error.h"

namespace tidemark {
namespace {

void skip_blanks(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
}

bool skip(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool take_number(std::string_view& text, std::int64_t& number) {
  skip_blanks(text);
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return true;
}

// "3: 300"
bool take_pair(std::string_view& text, std::int64_t& objects, std::int64_t& bytes) {
  return take_number(text, objects) && skip(text, ':') && take_number(text, bytes) && bytes >= 0;
}

// Estimates the pair of values that starts at `first`.
void estimate_pair(std::size_t first, double rate, HeapEstimate& result) {
  constexpr double kLimit = 9.2e18;  // just below 2^63
  const std::int64_t objects = result.values[first];
  const std::int64_t bytes = result.values[first + 1];
  if (objects == 0 && bytes != 0) throw Error(fmt::format("{} bytes in no object", bytes));
  if (objects == 0 || bytes == 0) {
    result.values[first] = 0;
    return;
  }
  const double size = static_cast<double>(bytes) / static_cast<double>(objects);
  const double sampled = 1 - std::exp(-size / rate);
  const double scale = 1 / sampled;
  const double all_objects = static_cast<double>(objects) * scale;
  const double all_bytes = static_cast<double>(bytes) * scale;
  if (!(all_objects < kLimit && all_bytes < kLimit)) {
    throw Error(fmt::format("{} objects of {} bytes at one sample in {} bytes are beyond 64 bits",
                            objects, bytes, rate));
  }
  const double variance = all_objects * (1 - sampled) * scale;
  result.values[first] = static_cast<std::int64_t>(all_objects);
  result.values[first + 1] = static_cast<std::int64_t>(all_bytes);
  result.variances[first] = variance;
  result.variances[first + 1] = size * size * variance;
}

}  // namespace

std::vector<ValueType> heap_value_types() {
  return {{.name = "inuse_objects", .unit = "count"},
          {.name = "inuse_space", .unit = "bytes"},
          {.name = "alloc_objects", .unit = "count"},
          {.name = "alloc_space", .unit = "bytes"}};
}

std::optional<HeapCounts> take_heap_counts(std::string_view& text) {
  HeapCounts counts{};
  std::string_view rest = text;
  if (!take_pair(rest, counts[0], counts[1])) return std::nullopt;
  skip_blanks(rest);
  if (!skip(rest, '[') || !take_pair(rest, counts[2], counts[3])) return std::nullopt;
  skip_blanks(rest);
  if (!skip(rest, ']')) return std::nullopt;
  text = rest;
  return counts;
}

HeapEstimate estimate(const HeapCounts& sampled, std::int64_t rate) {
  HeapEstimate result{.values = sampled};
  const auto mean = static_cast<double>(rate);
  estimate_pair(0, mean, result);
  if (sampled[2] == sampled[0] && sampled[3] == sampled[1]) {
    for (std::size_t i = 0; i < 2; ++i) {
      result.values[i + 2] = result.values[i];
      result.variances[i + 2] = result.variances[i];
    }
  } else {
    estimate_pair(2, mean, result);
  }
  return result;
}

}  // namespace tidemark
