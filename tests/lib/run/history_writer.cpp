// What history_stress_test.py starts many of, and kills:
//
//   history_writer write FILE ACKNOWLEDGED WRITER FIRST COUNT   adds entries FIRST, FIRST + 1, ...
//   history_writer read FILE COUNT                              reads it so many times
//
// A line goes into ACKNOWLEDGED when add() has returned: the directory of the entry and how many
// phases, measures and rules it has. Whatever goes wrong is printed, and the exit code is 1.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/numbers.h"
#include "lib/run/history_db.h"

namespace tidemark {
namespace {

// How many rows it has follows from its number, so that half of one can be told.
HistoryEntry entry_of(std::int64_t writer, std::int64_t number) {
  HistoryEntry entry{.campaign = "stress",
                     .version = fmt::format("1.{}", number),
                     .host = "here",
                     .directory = fmt::format("w{}.{}", writer, number),
                     .started_ms = number + 1};
  entry.state = "passed";
  for (std::int64_t i = 0; i <= number % 5; ++i) {
    entry.phases.push_back({.phase = fmt::format("p{}", i), .state = "passed", .duration_ms = i});
  }
  for (std::int64_t i = 0; i <= (number * 7 + writer) % 40; ++i) {
    entry.measures.push_back({.phase = "p0",
                              .metric = fmt::format("metric{}", i),
                              .unit = "bytes",
                              .value = static_cast<double>(writer * 1'000'000 + number + i)});
  }
  for (std::int64_t i = 0; i <= number % 3; ++i) {
    entry.rules.push_back({.phase = "p0", .rule = fmt::format("rule{}", i), .state = "passed"});
  }
  return entry;
}

bool whole(const HistoryEntry& entry) {
  const auto dot = entry.directory.find('.');
  const auto writer = to_number(std::string_view(entry.directory).substr(1, dot - 1));
  const auto number = to_number(std::string_view(entry.directory).substr(dot + 1));
  if (!writer || !number) return false;
  const HistoryEntry full = entry_of(*writer, *number);
  return entry.phases.size() == full.phases.size() &&
         entry.measures.size() == full.measures.size() && entry.rules.size() == full.rules.size() &&
         entry.measures.back().value == full.measures.back().value;
}

void write(const std::string& file, const std::string& acknowledged,
           std::span<const std::int64_t> numbers) {
  const Descriptor lines(
      ::open(acknowledged.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!lines) throw errno_error(acknowledged);
  HistoryDb history(file);
  for (std::int64_t i = 0; i < numbers[2]; ++i) {
    const HistoryEntry entry = entry_of(numbers[0], numbers[1] + i);
    history.add(entry);
    const std::string line = fmt::format("{} {} {} {}\n", entry.directory, entry.phases.size(),
                                         entry.measures.size(), entry.rules.size());
    if (::write(lines.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      throw errno_error(acknowledged);
    }
  }
}

void read(const std::string& file, std::int64_t count) {
  const HistoryDb history(file, HistoryDb::Use::kRead);
  for (std::int64_t i = 0; i < count; ++i) {
    for (const HistoryEntry& entry : history.read({.most = 50})) {
      if (!whole(entry)) throw Error(entry.directory + " is half an entry");
    }
  }
}

int main_of(const std::vector<std::string>& words) {
  try {
    std::vector<std::int64_t> numbers;
    numbers.reserve(words.size());
    for (const std::string& word : words) numbers.push_back(to_number(word).value_or(0));
    const std::span<const std::int64_t> all(numbers);
    if (words.size() == 6 && words[0] == "write") {
      write(words[1], words[2], all.subspan(3));
    } else if (words.size() == 3 && words[0] == "read") {
      read(words[1], numbers[2]);
    } else {
      throw Error("usage: history_writer write FILE ACKNOWLEDGED WRITER FIRST COUNT | read FILE N");
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "history_writer: {}\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  return tidemark::main_of(std::vector<std::string>(argv + 1, argv + argc));
}
