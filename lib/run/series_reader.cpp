#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "lib/base/error.h"
#include "lib/run/series_db.h"
#include "lib/run/series_rows.h"
#include "lib/run/series_schema.h"

namespace tidemark {
namespace {

// A damaged or wicked file must not ask for all of our memory: a year of thirty
// series at 1 Hz is below that.
constexpr std::size_t kMostPoints = 1'000'000'000;
constexpr std::size_t kMostSeries = 1'000'000;
constexpr std::int64_t kMostEvents = 1'000'000;

// Without a log beside it nobody writes the file, and it can be read as it is:
// reading it as a WAL file would leave a log and an index behind, and fail in a
// directory where we may not write.
Database open_for_reading(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw Error(fmt::format("{}: no such series file", path.string()));
  }
  const bool written = std::filesystem::exists(path.string() + "-wal", error);
  return {path, written ? Database::Access::kRead : Database::Access::kReadImmutable};
}

}  // namespace

struct SeriesReader::State {
  explicit State(std::filesystem::path file) : path(std::move(file)) {}
  void read_series(Database& database);
  std::size_t read_rows(Database& database, const std::function<void(const SeriesRow&)>& sink);
  std::size_t read_points(Database& database, const std::function<void(const SeriesRow&)>& sink);
  void read_events(Database& database);
  void read_texts(Database& database);
  void count(std::size_t more);
  [[noreturn]] void fail(std::int64_t row, std::string_view what) const;

  std::filesystem::path path;
  std::vector<SeriesName> series;
  std::map<std::int64_t, std::size_t> places;  // of ids in the file
  std::vector<SeriesEvent> events;
  std::map<std::string, std::string> texts;
  std::map<std::int64_t, RowDecoder> decoders;  // by writer
  std::int64_t last_series = 0;
  std::int64_t last_row = 0;
  std::int64_t last_event = 0;
  std::size_t points = 0;
};

void SeriesReader::State::fail(std::int64_t row, std::string_view what) const {
  throw Error(fmt::format("{}: row {}: {}", path.string(), row, what));
}

void SeriesReader::State::count(std::size_t more) {
  points += more;
  if (points > kMostPoints) throw Error(fmt::format("{}: too many points", path.string()));
}

void SeriesReader::State::read_series(Database& database) {
  Statement all(database, "SELECT id, name, unit, pid FROM series WHERE id > ? ORDER BY id");
  all.bind(1, last_series);
  while (all.step()) {
    last_series = all.number(0);
    if (series.size() >= kMostSeries) throw Error(path.string() + ": too many series");
    places[last_series] = series.size();
    series.push_back({.name = all.text(1), .unit = all.text(2), .pid = all.number(3)});
  }
}

std::size_t SeriesReader::State::read_rows(Database& database,
                                           const std::function<void(const SeriesRow&)>& sink) {
  Statement all(database, "SELECT id, writer, at_ms, points FROM rows WHERE id > ? ORDER BY id");
  all.bind(1, last_row);
  std::size_t rows = 0;
  std::vector<RowPoint> decoded;
  SeriesRow row;
  while (all.step()) {
    last_row = all.number(0);
    if (!decoders[all.number(1)].decode(all.bytes(3), decoded)) fail(last_row, "damaged");
    count(decoded.size());
    row.at_ms = all.number(2);
    row.values.clear();
    for (const RowPoint& point : decoded) {
      const auto place = places.find(point.series);
      if (place == places.end()) fail(last_row, "of a series that is not there");
      row.values.push_back({.series = place->second, .value = point.value});
    }
    sink(row);
    ++rows;
  }
  return rows;
}

// Version 1 had one row for each point. Nobody writes it any more, so it is read
// once.
std::size_t SeriesReader::State::read_points(Database& database,
                                             const std::function<void(const SeriesRow&)>& sink) {
  if (last_row != 0) return 0;
  last_row = 1;
  Statement all(database, "SELECT at_ms, series, value FROM points ORDER BY at_ms, series");
  std::size_t rows = 0;
  SeriesRow row;
  const auto hand_on = [&] {
    if (row.values.empty()) return;
    sink(row);
    ++rows;
    row.values.clear();
  };
  while (all.step()) {
    if (all.number(0) != row.at_ms) hand_on();
    row.at_ms = all.number(0);
    count(1);
    const auto place = places.find(all.number(1));
    if (place != places.end()) {
      row.values.push_back({.series = place->second, .value = all.number(2)});
    }
  }
  hand_on();
  return rows;
}

void SeriesReader::State::read_events(Database& database) {
  Statement all(database,
                "SELECT id, at_ms, kind, pid, text FROM events WHERE id > ? ORDER BY id LIMIT ?");
  all.bind(1, last_event).bind(2, kMostEvents);
  while (all.step()) {
    last_event = all.number(0);
    events.push_back(
        {.at_ms = all.number(1), .kind = all.text(2), .pid = all.number(3), .text = all.text(4)});
  }
}

void SeriesReader::State::read_texts(Database& database) {
  Statement named(database, "SELECT name, text FROM texts");
  while (named.step()) texts[named.text(0)] = named.text(1);
}

SeriesReader::SeriesReader(std::filesystem::path path)
    : state_(std::make_unique<State>(std::move(path))) {}
SeriesReader::SeriesReader(SeriesReader&&) noexcept = default;
SeriesReader& SeriesReader::operator=(SeriesReader&&) noexcept = default;
SeriesReader::~SeriesReader() = default;

std::size_t SeriesReader::read(const std::function<void(const SeriesRow&)>& sink) {
  Database database = open_for_reading(state_->path);
  const std::int64_t version = series_version(database, state_->path);
  // One transaction: all tables as they were at one moment.
  database.run("BEGIN");
  state_->read_series(database);
  if (version == 1) return state_->read_points(database, sink);
  state_->read_events(database);
  state_->read_texts(database);
  return state_->read_rows(database, sink);
}

void SeriesReader::read_texts() {
  Database database = open_for_reading(state_->path);
  if (series_version(database, state_->path) > 1) state_->read_texts(database);
}

const std::vector<SeriesName>& SeriesReader::series() const { return state_->series; }
const std::vector<SeriesEvent>& SeriesReader::events() const { return state_->events; }
const std::map<std::string, std::string>& SeriesReader::texts() const { return state_->texts; }

std::vector<Series> read_series(const std::filesystem::path& path) {
  SeriesReader reader(path);
  std::vector<std::vector<Point>> points;
  reader.read([&](const SeriesRow& row) {
    for (const SeriesRow::Value& value : row.values) {
      if (value.series >= points.size()) points.resize(value.series + 1);
      points[value.series].push_back({.at = row.at_ms, .value = value.value});
    }
  });
  points.resize(reader.series().size());
  std::vector<Series> result;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const SeriesName& name = reader.series()[i];
    Series one{.name = name.name, .unit = name.unit, .at_unit = "ms", .pid = name.pid};
    if (!std::ranges::is_sorted(points[i], {}, &Point::at)) {
      std::ranges::stable_sort(points[i], {}, &Point::at);
    }
    for (const Point& point : points[i]) {
      // A later value at the same place replaces the former.
      if (!one.points.empty() && one.points.back().at == point.at) one.points.pop_back();
      one.points.push_back(point);
    }
    result.push_back(std::move(one));
  }
  return result;
}

}  // namespace tidemark
