#include "lib/process/line_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::size_t kLongestPattern = 1000;
// glibc's compiler copies what is repeated; nested repetitions multiply.
constexpr std::int64_t kMostRepeats = 1000;

bool has_back_reference(std::string_view pattern) {
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] != '\\') continue;
    ++i;
    if (pattern[i] >= '1' && pattern[i] <= '9') return true;
  }
  return false;
}

// The product of the upper bounds of all {n,m}; an open one counts its lower.
std::int64_t repeats(std::string_view pattern) {
  std::int64_t product = 1;
  std::int64_t number = 0;
  bool inside = false;
  for (const char c : pattern) {
    if (c == '{') {
      inside = true;
      number = 0;
    } else if (inside && c >= '0' && c <= '9') {
      number = std::min<std::int64_t>(number * 10 + (c - '0'), kMostRepeats + 1);
    } else if (inside && c == ',') {
      product *= std::max<std::int64_t>(number, 1);
      number = 0;
    } else if (inside) {
      product *= std::max<std::int64_t>(number, 1);
      inside = false;
    }
    if (product > kMostRepeats) return product;
  }
  return product;
}

}  // namespace

LinePattern::LinePattern(const std::string& pattern) {
  const std::string shown = tidemark::quoted(pattern);
  if (pattern.empty()) throw UsageError("expected a regular expression, found nothing");
  if (pattern.size() > kLongestPattern) {
    throw UsageError(
        fmt::format("regular expression {}: longer than {} bytes", shown, kLongestPattern));
  }
  if (has_back_reference(pattern)) {
    throw UsageError(fmt::format("regular expression {}: no back references", shown));
  }
  if (repeats(pattern) > kMostRepeats) {
    throw UsageError(fmt::format("regular expression {}: its repetitions multiply to more than {}",
                                 shown, kMostRepeats));
  }
  auto compiled = std::make_unique<regex_t>();
  if (const int problem = ::regcomp(compiled.get(), pattern.c_str(), REG_EXTENDED | REG_NOSUB)) {
    std::array<char, 200> message{};
    ::regerror(problem, compiled.get(), message.data(), message.size());
    throw UsageError(fmt::format("regular expression {}: {}", shown, message.data()));
  }
  compiled_.reset(compiled.release());
}

bool LinePattern::matches(std::string_view line) const {
  // REG_STARTEND gives the length, so that the line may hold zero bytes.
  const std::size_t length = std::min(line.size(), kLongestLine);
  regmatch_t range{.rm_so = 0, .rm_eo = static_cast<regoff_t>(length)};
  const int cut = length < line.size() ? REG_NOTEOL : 0;
  return ::regexec(compiled_.get(), line.data(), 0, &range, REG_STARTEND | cut) == 0;
}

}  // namespace tidemark
