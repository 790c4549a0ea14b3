#pragma once

#include <regex.h>

#include <memory>
#include <string>
#include <string_view>

namespace tidemark {

// A POSIX extended regular expression that is looked for in lines from anywhere.
// Matching is quick whatever the line holds: back references are refused, so are
// repetitions that multiply to something huge, and only the first 4 KiB count,
// since a search may take time in proportion to the square of the length.
class LinePattern {
 public:
  static constexpr std::size_t kLongestLine = 4096;

  explicit LinePattern(const std::string& pattern);  // throws UsageError

  bool matches(std::string_view line) const;

 private:
  struct Free {
    void operator()(regex_t* compiled) const {
      ::regfree(compiled);
      delete compiled;
    }
  };
  std::unique_ptr<regex_t, Free> compiled_;
};

}  // namespace tidemark
