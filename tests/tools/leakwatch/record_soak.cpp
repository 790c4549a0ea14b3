// Writes a soak as leakwatch watch would, in a second instead of a day:
//
//   record_soak DIR SHAPE HOURS [TARGET]
//
// SHAPE is leak, flat or cache. The soak ends now. For each line on standard input another
// row is appended; once it is on disk its time in milliseconds is printed. At the end of the
// input the soak has ended.

#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/run/run_directory.h"
#include "lib/run/series_db.h"
#include "lib/soak/columns.h"
#include "lib/soak/soak_judge.h"

namespace tidemark {
namespace {

using soak::Column;

constexpr std::int64_t kPid = 4711;

class Recording {
 public:
  Recording(const std::string& path, std::string shape, std::string target)
      : shape_(std::move(shape)),
        directory_(RunDirectory::create(
            path, {.tool = "leakwatch", .command = {"leakwatch", "watch"}, .target = {target}},
            FormerRun::kKeep)),
        writer_(SeriesWriter::open(directory_.path() / "series.db")) {
    directory_.list({.path = "series.db", .format = "sqlite"});
    for (const auto& [name, text] : soak::texts_of({.limit_bytes = 900'000'000})) {
      writer_.set(name, text);
    }
    writer_.add_event({.at_ms = now_ms(), .kind = "process", .pid = kPid, .text = target});
  }

  // Said to have started when its first row was taken.
  void begin(std::int64_t at_ms) {
    start_ms_ = at_ms;
    directory_.run().started_ms = at_ms;
    directory_.save();
    writer_.add_event({.at_ms = at_ms, .kind = "life", .text = "life 1"});
  }

  void row(std::int64_t at_ms) {
    const double hours = static_cast<double>(at_ms - start_ms_) / 3.6e6;
    const double day = std::sin(hours / 24 * 2 * M_PI);
    const double rate = 900 + 350 * day + 60 * noise_(random_);
    requests_ += std::max(rate, 0.0);
    const double megabytes =
        180 + grown(hours) + 2.5 * day + 0.7 * noise_(random_) + 30 * (1 - std::exp(-hours * 3));
    put(Column::kLife, at_ms, 1);
    put(Column::kAnon, at_ms, megabytes * 1e6);
    put(Column::kRss, at_ms, megabytes * 1e6 + 24e6);
    put(Column::kFile, at_ms, 24e6);
    put(Column::kSwap, at_ms, 0);
    put(Column::kProcesses, at_ms, 1);
    put(Column::kThreads, at_ms, 9);
    put(Column::kFds, at_ms, 120 + 15 * day);
    put(Column::kCpu, at_ms, requests_ * 0.4);
    put(Column::kRequests, at_ms, requests_);
    put(Column::kOwnRss, at_ms, 9.5e6);
    put(Column::kOwnCpu, at_ms, static_cast<double>(at_ms - start_ms_) * 0.9);
    if (at_ms / 1000 % 10 == 0) {
      put(Column::kHeap, at_ms, megabytes * 0.8e6);
      put(Column::kMaps, at_ms, megabytes * 0.19e6);
      put(Column::kStacks, at_ms, 300'000);
      put(Column::kPss, at_ms, megabytes * 1e6 + 9e6);
      put(Column::kRss, at_ms, megabytes * 1e6 + 24e6, kPid);
      put(Column::kAnon, at_ms, megabytes * 1e6, kPid);
      put(Column::kCpu, at_ms, requests_ * 0.4, kPid);
      put(Column::kThreads, at_ms, 9, kPid);
    }
  }

  bool flush() { return writer_.flush(); }
  void end() { directory_.end(); }

 private:
  // The leak begins after a third of a day.
  double grown(double hours) const {
    if (shape_ == "leak") return hours > 8 ? (hours - 8) * 5.1 : 0;
    if (shape_ == "cache") return 90 * (1 - std::exp(-hours / 2.5));
    return 0;
  }

  void put(Column column, std::int64_t at_ms, double value, std::int64_t pid = 0) {
    const auto& name = soak::name_of(column);
    auto known = ids_.find({name.name, pid});
    if (known == ids_.end()) {
      const SeriesId id = writer_.add(std::string(name.name), std::string(name.unit), pid);
      known = ids_.emplace(std::pair{name.name, pid}, id).first;
    }
    writer_.append(known->second, at_ms, static_cast<std::int64_t>(value));
  }

  std::string shape_;
  RunDirectory directory_;
  SeriesWriter writer_;
  std::map<std::pair<std::string_view, std::int64_t>, SeriesId> ids_;
  std::int64_t start_ms_ = 0;
  double requests_ = 0;
  std::mt19937 random_{7};  // NOLINT(cert-msc32-c, cert-msc51-cpp): the same every time
  std::normal_distribution<double> noise_;
};

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: record_soak DIR SHAPE HOURS [TARGET]\n";
    return 2;
  }
  tidemark::Recording recording(argv[1], argv[2], argc > 4 ? argv[4] : "redis-server --port 6379");
  const std::int64_t seconds = std::llround(std::strtod(argv[3], nullptr) * 3600);
  const std::int64_t now = tidemark::now_ms();
  recording.begin(now - seconds * 1000);
  for (std::int64_t i = seconds; i > 0; --i) {
    recording.row(now - i * 1000);
    if (i % 1000 == 0) recording.flush();  // a million points may wait
  }
  recording.flush();
  std::cout << "written" << std::endl;  // the reader waits for each line
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::int64_t at_ms = tidemark::now_ms();
    recording.row(at_ms);
    if (!recording.flush()) return 1;
    std::cout << at_ms << std::endl;
  }
  recording.end();
  return 0;
}
