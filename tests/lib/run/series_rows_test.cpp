#include "lib/run/series_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tidemark {
namespace {

using Rows = std::vector<std::vector<RowPoint>>;

std::vector<std::string> encoded(const Rows& rows) {
  RowEncoder encoder;
  std::vector<std::string> out;
  for (const std::vector<RowPoint>& row : rows) out.emplace_back(encoder.encode(row));
  return out;
}

Rows decoded(const std::vector<std::string>& rows) {
  RowDecoder decoder;
  Rows out;
  for (const std::string& row : rows) {
    std::vector<RowPoint> points;
    EXPECT_TRUE(decoder.decode(row, points));
    out.push_back(points);
  }
  return out;
}

TEST(SeriesRows, AreTheBytesThatTheDocumentShows) {
  EXPECT_THAT(
      encoded({{{1, 300}, {2, 7}}, {{1, 301}, {2, 7}}, {{1, 301}, {2, 7}}}),
      ::testing::ElementsAre(std::string("\x03\x02\x01\x01\xd8\x04\x0e", 7),
                             std::string("\x00\x02\x00\x00", 4), std::string("\x00\x00\x01", 3)));
}

TEST(SeriesRows, GiveBackWhateverWasWritten) {
  std::mt19937_64 random(1);
  Rows rows;
  for (int i = 0; i < 2000; ++i) {
    std::vector<RowPoint> row;
    for (std::int64_t series = 1; series <= 40; ++series) {
      if (random() % 8 == 0) continue;
      const auto value = static_cast<std::int64_t>(random() >> (random() % 64));
      row.push_back({.series = series * series, .value = random() % 2 == 0 ? 7 : value});
    }
    rows.push_back(row);
  }
  rows.push_back({{.series = 3, .value = INT64_MIN}, {.series = INT64_MAX, .value = INT64_MAX}});
  rows.push_back({{.series = 3, .value = INT64_MAX}, {.series = INT64_MAX, .value = INT64_MIN}});
  rows.emplace_back();
  EXPECT_EQ(decoded(encoded(rows)), rows);
}

TEST(SeriesRows, CanBeReadFromAWholeRowOn) {
  RowEncoder encoder;
  RowDecoder decoder;
  std::vector<RowPoint> points;
  encoder.encode({{.series = 1, .value = 1}});
  EXPECT_FALSE(decoder.decode(encoder.encode({{.series = 1, .value = 2}}), points));
  encoder.restart();
  EXPECT_TRUE(decoder.decode(encoder.encode({{.series = 1, .value = 3}}), points));
  EXPECT_EQ(points.at(0).value, 3);
}

TEST(SeriesRows, DamagedOnesAreNoticedAndNeverRead) {
  const std::string row = encoded({{{1, 300}, {2, 0}, {3, 0}, {7, -5}}})[0];
  std::vector<RowPoint> points;
  for (std::size_t length = 0; length < row.size(); ++length) {
    EXPECT_FALSE(RowDecoder().decode(row.substr(0, length), points)) << length;
  }
  EXPECT_FALSE(RowDecoder().decode(row + '\x01', points));
  std::mt19937 random(2);
  for (int i = 0; i < 100'000; ++i) {
    std::string wicked = row;
    for (int change = 0; change < 3; ++change) {
      wicked[random() % wicked.size()] = static_cast<char>(random());
    }
    RowDecoder().decode(wicked, points);
    EXPECT_LE(points.size(), row.size());
  }
}

TEST(SeriesRows, WhatDoesNotChangeTakesNextToNothing) {
  RowEncoder encoder;
  std::vector<RowPoint> row;
  for (std::int64_t series = 1; series <= 100; ++series) row.push_back({series, series * 1000});
  encoder.encode(row);
  EXPECT_LE(encoder.encode(row).size(), 3);
}

}  // namespace
}  // namespace tidemark
