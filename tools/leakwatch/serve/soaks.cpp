#include "tools/leakwatch/serve/soaks.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <set>
#include <system_error>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/run/run_directory.h"

namespace tidemark::leakwatch {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLookForNewSoaks{5};
// Whether a watcher died shows in no file.
constexpr std::chrono::seconds kLookAnyway{10};
constexpr std::chrono::minutes kKeepHistory{5};
constexpr std::size_t kMostSoaks = 1000;

constexpr std::string_view kSeriesFile = "series.db";
constexpr std::string_view kSitesFile = "sites.json";

// What a file's change shows in.
struct FileMark {
  std::int64_t size = -1;
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;

  friend bool operator==(const FileMark&, const FileMark&) = default;
};

FileMark mark_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

using Marks = std::array<FileMark, 4>;

Marks marks_of(const fs::path& directory) {
  return {mark_of(directory / kRunFile), mark_of(directory / kSeriesFile),
          mark_of(directory / "series.db-wal"), mark_of(directory / kSitesFile)};
}

// Whoever opens a pipe waits for its other end.
void check_file(const fs::path& path) {
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  if (!fs::exists(status) || fs::is_regular_file(status)) return;
  throw Error(printable(path.string()) + ": not a regular file");
}

bool is_over(const soak::Soak& soak) { return soak.state != soak::SoakState::kWatching; }

}  // namespace

struct Soaks::State {
  struct Followed {
    Marks marks;
    Clock::time_point looked;
    Clock::time_point asked;
    std::optional<soak::SoakReader> reader;
    std::unique_ptr<History> history;
  };

  void find_new();
  void take(const fs::path& directory);
  std::string free_id(const fs::path& directory) const;
  bool follow(std::size_t place, News& news);
  void read(std::size_t place, News& news);
  void forget_old();

  std::vector<fs::path> places;
  std::vector<ShownSoak> shown;
  std::vector<Followed> followed;
  std::set<fs::path> known;  // soaks, and directories that are none
  Clock::time_point found;
};

void Soaks::State::find_new() {
  found = Clock::now();
  for (const fs::path& place : places) {
    std::error_code problem;
    if (fs::is_regular_file(place / kRunFile, problem)) {
      take(place);
      continue;
    }
    std::vector<fs::path> inside;
    problem.clear();
    for (fs::directory_iterator it(place, problem), end; !problem && it != end;
         it.increment(problem)) {
      std::error_code unknown;
      if (fs::is_regular_file(it->path() / kRunFile, unknown)) inside.push_back(it->path());
    }
    std::ranges::sort(inside);
    for (const fs::path& path : inside) take(path);
  }
}

void Soaks::State::take(const fs::path& directory) {
  if (shown.size() >= kMostSoaks || !known.insert(directory).second) return;
  try {
    if (!soak::is_soak(read_run(directory).run)) return;
  } catch (const Error&) {
    // It says what is wrong with it when it is read.
  }
  shown.push_back({.id = free_id(directory), .directory = directory});
  followed.emplace_back();
}

std::string Soaks::State::free_id(const fs::path& directory) const {
  const std::string name =
      printable(fs::absolute(directory).lexically_normal().filename().string());
  std::string id = name;
  for (int n = 2; std::ranges::find(shown, id, &ShownSoak::id) != shown.end(); ++n) {
    id = name + "~" + std::to_string(n);
  }
  return id;
}

void Soaks::State::read(std::size_t place, News& news) {
  Followed& mine = followed[place];
  ShownSoak& soak = shown[place];
  if (!mine.reader) {
    mine.reader.emplace(soak.directory);
    mine.history = std::make_unique<History>();
    news.began_anew = true;
  }
  const std::string before_problem = std::exchange(soak.problem, "");
  try {
    for (const std::string_view name : {kRunFile, kSeriesFile}) check_file(soak.directory / name);
    soak::Soak now = mine.reader->look([&](const auto& names, const SeriesRow& row) {
      std::vector<History::Value> values = mine.history->take(names, row);
      if (!news.began_anew && !values.empty()) news.rows.push_back({row.at_ms, std::move(values)});
    });
    soak.soak = std::move(now);
  } catch (const Error& problem) {
    soak.problem = problem.what();
    mine.reader.reset();
  }
  news.changed = true;
}

// Whether there is anything new.
bool Soaks::State::follow(std::size_t place, News& news) {
  Followed& mine = followed[place];
  const auto now = Clock::now();
  const Marks marks = marks_of(shown[place].directory);
  const bool over = shown[place].soak && is_over(*shown[place].soak);
  if (marks == mine.marks && (over || now - mine.looked < kLookAnyway)) return false;
  mine.marks = marks;
  shown[place].sites_ms =
      marks[3].size < 0 ? 0 : marks[3].seconds * 1000 + marks[3].nanoseconds / 1'000'000;
  mine.looked = now;
  read(place, news);
  return true;
}

// What is over needs no reader, and a history only while somebody looks at it.
void Soaks::State::forget_old() {
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (!shown[i].soak || !is_over(*shown[i].soak)) continue;
    if (Clock::now() - std::max(followed[i].asked, followed[i].looked) < kKeepHistory) continue;
    followed[i].reader.reset();
    followed[i].history.reset();
  }
}

Soaks::Soaks(std::vector<fs::path> places) : state_(std::make_unique<State>()) {
  for (const fs::path& place : places) {
    std::error_code problem;
    if (!fs::is_directory(place, problem)) {
      throw Error(problem
                      ? std::string(errno_error(printable(place.string()), problem.value()).what())
                      : printable(place.string()) + ": not a directory",
                  "name the run directories of soaks, or a directory that has some");
    }
  }
  state_->places = std::move(places);
  state_->find_new();
}

Soaks::~Soaks() = default;

std::vector<News> Soaks::look() {
  State& state = *state_;
  if (Clock::now() - state.found > kLookForNewSoaks) {
    state.find_new();
    state.forget_old();
  }
  std::vector<News> all;
  bool read_one = false;
  for (std::size_t i = 0; i < state.shown.size(); ++i) {
    const bool fresh = !state.followed[i].reader && state.followed[i].marks == Marks{};
    if (fresh && std::exchange(read_one, true)) continue;
    News news{.soak = i};
    if (state.follow(i, news)) all.push_back(std::move(news));
  }
  return all;
}

bool Soaks::complete() const {
  return std::ranges::all_of(state_->shown, [](const ShownSoak& soak) {
    return soak.soak.has_value() || !soak.problem.empty();
  });
}

const std::vector<ShownSoak>& Soaks::all() const { return state_->shown; }

std::optional<std::size_t> Soaks::find(std::string_view id) const {
  const auto found = std::ranges::find(state_->shown, id, &ShownSoak::id);
  if (found == state_->shown.end()) return std::nullopt;
  return static_cast<std::size_t>(found - state_->shown.begin());
}

const History& Soaks::history(std::size_t soak) {
  State::Followed& mine = state_->followed[soak];
  mine.asked = Clock::now();
  if (!mine.history) {
    News ignored{.soak = soak};
    state_->read(soak, ignored);
  }
  return *mine.history;
}

}  // namespace tidemark::leakwatch
