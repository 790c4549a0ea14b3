#include "tools/signoff/report/report_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/run/run_directory.h"
#include "parsers/formats.h"
#include "tools/signoff/report/flame_picture.h"
#include "tools/signoff/report/words.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kProfile = "profile.pb.gz";
constexpr std::uintmax_t kMostBytes = std::uintmax_t{64} << 20;
constexpr std::size_t kMostFlames = 4;  // of a phase
constexpr std::size_t kMostPages = 12;  // of a run

// The pages and pictures right in `directory`, by name; report.html first.
std::vector<std::string> pages_in(const fs::path& directory) {
  std::vector<std::string> out;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    const std::string extension = entry.path().extension().string();
    if ((extension == ".html" || extension == ".svg") && entry.is_regular_file(ignored))
      out.push_back(entry.path().filename().string());
  }
  std::ranges::sort(out, {},
                    [](const std::string& name) { return std::pair(name != "report.html", name); });
  if (out.size() > kMostPages) out.resize(kMostPages);
  return out;
}

void add_flame(const fs::path& file, const RunResult& run, std::vector<FlamePicture>& flames,
               std::vector<std::string>& warnings) {
  std::error_code missing;
  const std::uintmax_t size = fs::file_size(file, missing);
  if (missing || flames.size() >= kMostFlames) return;
  if (size > kMostBytes) {
    warnings.push_back(fmt::format("{}: too large to draw here", file.string()));
    return;
  }
  try {
    const Recording recording = parse(read_file(file));
    if (recording.profiles.empty()) return;
    const Profile& profile = recording.profiles.front();
    std::string svg = flame_picture(profile);
    if (!svg.empty())
      flames.push_back(
          {.title = run_text(run) + ": " + flame_title(profile), .svg = std::move(svg)});
  } catch (const Error& error) {  // the rest of the report is as good without it
    warnings.emplace_back(error.what());
  }
}

}  // namespace

ReportFiles look_at_files(const fs::path& directory, SignoffResult& result) {
  ReportFiles out;
  for (const PhaseResult& phase : result.phases) {
    for (const RunResult& run : phase.runs) {
      if (!stays_inside(run.directory)) continue;
      const fs::path place = directory / run.directory;
      if (auto pages = pages_in(place); !pages.empty()) out.pages[run.directory] = std::move(pages);
      if (!run.superseded)
        add_flame(place / kProfile, run, out.flames[phase.id()], result.warnings);
    }
  }
  return out;
}

}  // namespace tidemark::signoff
