#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/cli/values.h"
#include "lib/run/run_directory.h"
#include "tools/leakwatch/report/formats.h"
#include "tools/leakwatch/report/nights.h"
#include "tools/leakwatch/verbs.h"

namespace tidemark::leakwatch {
namespace {

namespace fs = std::filesystem;

Nights one(const fs::path& directory) {
  std::vector<Night> nights;
  nights.push_back(read_night(directory));
  return compared(std::move(nights), {});
}

Nights several(const fs::path& directory, std::int64_t since_ms) {
  std::vector<std::string> problems;
  std::vector<Night> nights = read_nights(directory, since_ms, problems);
  if (nights.empty()) {
    throw Error(
        printable(directory.string()) + ": no soak " +
            (since_ms > 0 ? "that is young enough" : "in this directory") +
            (problems.empty() ? "" : "; " + problems[0]),
        since_ms > 0 ? "a longer --since takes older ones" : "leakwatch watch -o makes one");
  }
  return compared(std::move(nights), std::move(problems));
}

// What a file's name says, unless a format was asked for.
std::string format_of(const cli::Args& args) {
  if (args.given("--format")) return args.value("--format");
  const std::string extension = fs::path(args.value("--output")).extension().string();
  if (extension == ".html" || extension == ".htm") return "html";
  if (extension == ".json") return "json";
  if (extension == ".xml") return "junit";
  return extension == ".md" ? "markdown" : "text";
}

}  // namespace

int report_verb(const cli::Args& args) {
  const fs::path directory = args.operands().at(0);
  const bool is_run = fs::is_regular_file(directory) || fs::exists(directory / kRunFile);
  std::int64_t since_ms = 0;
  if (args.given("--since")) {
    if (is_run) {
      throw UsageError("--since: " + printable(directory.string()) + " is a single soak",
                       "name the directory that has the soaks");
    }
    since_ms = now_ms() - cli::duration_of(args.value("--since"), "--since").count();
  }
  const Nights nights = is_run ? one(directory) : several(directory, since_ms);
  write_file(args.value("--output"), written(nights, format_of(args)));
  return nights.exit_code();
}

}  // namespace tidemark::leakwatch
