#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tools/signoff/result.h"

namespace tidemark::signoff {

// A flame graph as the page draws it, small and without a script.
struct FlamePicture {
  std::string title;  // "memcheck: bytes in use"
  std::string svg;
};

// What of a campaign's directory the page shows and links to, besides its result.
struct ReportFiles {
  std::string base;                                         // of links: "", or "../nightly/"
  std::map<std::string, std::vector<FlamePicture>> flames;  // by PhaseResult::id()
  std::map<std::string, std::vector<std::string>> pages;  // by RunResult::directory: "report.html"
};

// Looks at what the runs of `result` left in `directory`. What cannot be read is left out, with a
// line in `result.warnings`.
ReportFiles look_at_files(const std::filesystem::path& directory, SignoffResult& result);

}  // namespace tidemark::signoff
