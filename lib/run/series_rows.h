#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// One value of one series, by its id in the file.
struct RowPoint {
  std::int64_t series = 0;
  std::int64_t value = 0;

  friend bool operator==(const RowPoint&, const RowPoint&) = default;
};

// Turns the values that one writer takes at one moment into a few bytes, and back:
// what did not change since the writer's row before costs nearly nothing.
// docs/formats/series.md describes the bytes.
//
//   RowEncoder encoder;  encoder.encode(points)...;  after a lost row: encoder.restart()
class RowEncoder {
 public:
  // The bytes of the next row. REQUIRES: `points` are in the order of their series,
  // each once. What is returned is valid until the next call.
  std::string_view encode(const std::vector<RowPoint>& points);

  // The next row will stand for itself: rows before it may be lost.
  void restart() { since_whole_ = kWholeEvery; }

 private:
  static constexpr int kWholeEvery = 256;

  std::vector<RowPoint> formers_;  // by series
  std::vector<std::int64_t> set_;
  std::string bytes_;
  int since_whole_ = kWholeEvery;
};

// The other way round; one for each writer.
class RowDecoder {
 public:
  // Fills `points` from a row. False when it is damaged, or needs a row before it
  // that was not read; the next whole row can be read again.
  bool decode(std::string_view row, std::vector<RowPoint>& points);

 private:
  bool read_set(class RowBytes& bytes);
  bool read_values(class RowBytes& bytes, std::vector<RowPoint>& points);
  std::vector<std::int64_t> set_;
  std::vector<RowPoint> formers_;
  bool started_ = false;
};

}  // namespace tidemark
