// The promises of the flame graph's page, for 1,000,000 different stacks (a folded file of
// 256 MB): it is written within a second, has some tens of megabytes at most, opens in a few
// seconds, and moves at 60 frames a second in a browser that draws without a GPU.
//
// Writing is measured in CPU time, since the machine may be shared; the frames of a page
// cannot be, so run this where nothing else runs.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/contest.h"
#include "bench/folded_input.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/numbers.h"
#include "lib/report/flame_html.h"
#include "parsers/formats.h"

namespace tidemark {
namespace {

constexpr int kRounds = 3;

struct Limit {
  std::string job;
  double measured = 0;
  double most = 0;
  std::string unit;
};

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// The best CPU time of a few rounds; `page` is what was written.
double time_to_write(const Profile& profile, std::string& page) {
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const double start = cpu_seconds();
    page = flame_html(profile, {.title = "1,000,000 stacks"});
    best = std::min(best, cpu_seconds() - start);
  }
  return best;
}

// What bench/viewer_frames.py prints of the page: "open=1234 frame_median=16.7 ...".
std::string frames_of(const std::string& page) {
  const std::string command =
      fmt::format("python3 '{}/bench/viewer_frames.py' '{}'", std::string(TIDEMARK_SOURCE), page);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::array<char, 512> line{};
  if (pipe == nullptr || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) {
    throw Error("bench/viewer_frames.py measured nothing", "it needs chromium and chromedriver");
  }
  return line.data();
}

double number_after(std::string_view line, std::string_view name) {
  const std::size_t at = line.find(name);
  if (at == std::string_view::npos) throw Error(fmt::format("no {} in '{}'", name, line));
  line.remove_prefix(at + name.size());
  return to_double(line.substr(0, line.find_first_of(" \n"))).value_or(-1);
}

bool print(const std::vector<Limit>& limits) {
  fmt::print("{:<44} {:>14} {:>14}  met\n", "job", "measured", "at most");
  bool all = true;
  for (const Limit& limit : limits) {
    const bool met = limit.measured >= 0 && limit.measured <= limit.most;
    all = all && met;
    fmt::print("{:<44} {:>14} {:>14}  {}\n", limit.job,
               fmt::format("{:.1f} {}", limit.measured, limit.unit),
               fmt::format("{:.1f} {}", limit.most, limit.unit), met ? "yes" : "NO");
  }
  return all;
}

int measure() {
  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / fmt::format("tidemark-viewer-bench-{}", ::getpid());
  std::filesystem::create_directory(directory);
  const std::string folded = (directory / "stacks.folded").string();
  const std::string file = (directory / "page.html").string();
  write_file(folded, bench::folded_stacks({}));
  std::string page;
  double seconds = 0;
  {
    const Recording recording = parse(read_file(folded));
    seconds = time_to_write(recording.profiles.at(0), page);
  }
  write_file(file, page);
  const std::string line = frames_of(file);
  std::filesystem::remove_all(directory);
  return print({{"write a page of 1,000,000 stacks, CPU", 1000 * seconds, 1000, "ms"},
                {"its size", static_cast<double>(page.size()) / 1e6, 30, "MB"},
                {"open it, to the first drawing", number_after(line, "open="), 5000, "ms"},
                {"zoom and pan, from frame to frame, median", number_after(line, "frame_median="),
                 17, "ms"},
                {"zoom and pan, from frame to frame, p99", number_after(line, "frame_p99="), 34,
                 "ms"},
                {"of it the page's own work, median", number_after(line, "draw_median="), 8, "ms"},
                {"all of the browser's CPU time by frame", number_after(line, "cpu="), 16.7, "ms"}})
             ? 0
             : 1;
}

}  // namespace
}  // namespace tidemark

int main() { return tidemark::bench::guarded("viewer_bench", tidemark::measure); }
