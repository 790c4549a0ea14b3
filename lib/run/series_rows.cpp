// The rows of series.db. A soak takes some thirty numbers a second, of which most
// are what they were a second before. Example, hexadecimal: the series 1 and 2 are
// 300 and 7, then 301 and 7, then 301 and 7:
//
//   03 02 01 01 d8 04 0e    flags (whole, has a set), 2 series: 1, 1+1; +300, +7
//   00 02 00 00             the same set; +1; 1 zero
//   00 00 01                the same set; 2 zeros

#include "lib/run/series_rows.h"

#include <algorithm>
#include <cassert>
#include <optional>

namespace tidemark {

namespace {

constexpr unsigned char kWhole = 1;   // changes count from 0
constexpr unsigned char kHasSet = 2;  // else the set of the row before

void put(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out.push_back(static_cast<char>(number | 0x80));
    number >>= 7;
  }
  out.push_back(static_cast<char>(number));
}

// Small numbers of either sign become small ones: 0, -1, 1, -2 are 0, 1, 2, 3.
std::uint64_t folded(std::int64_t number) {
  return (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
}

std::int64_t unfolded(std::uint64_t number) {
  return static_cast<std::int64_t>((number >> 1) ^ (0 - (number & 1)));
}

// Differences wrap around, so that any two values have one.
std::int64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::int64_t& former_in(std::vector<RowPoint>& formers, std::int64_t series) {
  auto at = std::ranges::lower_bound(formers, series, {}, &RowPoint::series);
  if (at == formers.end() || at->series != series) at = formers.insert(at, {.series = series});
  return at->value;
}

}  // namespace

std::string_view RowEncoder::encode(const std::vector<RowPoint>& points) {
  assert(std::ranges::is_sorted(points, {}, &RowPoint::series));
  const bool whole = since_whole_ >= kWholeEvery;
  since_whole_ = whole ? 0 : since_whole_ + 1;
  if (whole) formers_.clear();
  const bool same = !whole && std::ranges::equal(points, set_, {}, &RowPoint::series);
  bytes_.clear();
  bytes_.push_back(static_cast<char>((whole ? kWhole : 0) | (same ? 0 : kHasSet)));
  if (!same) {
    set_.clear();
    put(bytes_, points.size());
    std::int64_t last = 0;
    for (const RowPoint& point : points) {
      put(bytes_, static_cast<std::uint64_t>(point.series - last));
      last = point.series;
      set_.push_back(point.series);
    }
  }
  std::uint64_t zeros = 0;
  const auto put_zeros = [&] {
    if (zeros == 0) return;
    put(bytes_, 0);
    put(bytes_, zeros - 1);
    zeros = 0;
  };
  for (const RowPoint& point : points) {
    std::int64_t& before = former_in(formers_, point.series);
    const std::int64_t change = difference(point.value, before);
    before = point.value;
    if (change == 0) {
      ++zeros;
      continue;
    }
    put_zeros();
    put(bytes_, folded(change));
  }
  put_zeros();
  return bytes_;
}

// Reads numbers from a row; nothing at its end.
class RowBytes {
 public:
  explicit RowBytes(std::string_view bytes) : bytes_(bytes) {}

  std::optional<std::uint64_t> next() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && at_ < bytes_.size(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      number |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80) return number;
    }
    return std::nullopt;
  }

  std::size_t left() const { return bytes_.size() - at_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

bool RowDecoder::read_set(RowBytes& bytes) {
  const auto count = bytes.next();
  if (!count || *count > bytes.left()) return false;
  set_.clear();
  std::int64_t last = 0;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto gap = bytes.next();
    if (!gap || *gap == 0 || *gap > static_cast<std::uint64_t>(INT64_MAX - last)) return false;
    last += static_cast<std::int64_t>(*gap);
    set_.push_back(last);
  }
  return true;
}

bool RowDecoder::read_values(RowBytes& bytes, std::vector<RowPoint>& points) {
  std::uint64_t zeros = 0;
  for (const std::int64_t series : set_) {
    std::int64_t& value = former_in(formers_, series);
    const auto change = zeros > 0 ? std::optional<std::uint64_t>(0) : bytes.next();
    if (!change) return false;
    if (zeros > 0) {
      --zeros;
    } else if (*change == 0) {
      const auto more = bytes.next();
      if (!more) return false;
      zeros = *more;
    }
    value = sum(value, unfolded(*change));
    points.push_back({.series = series, .value = value});
  }
  return zeros == 0 && bytes.left() == 0;
}

bool RowDecoder::decode(std::string_view row, std::vector<RowPoint>& points) {
  points.clear();
  RowBytes bytes(row);
  const std::uint64_t flags = bytes.next().value_or(0);
  if ((flags & kWhole) != 0) {
    formers_.clear();
    set_.clear();
    started_ = (flags & kHasSet) != 0;
  }
  started_ = started_ && flags <= (kWhole | kHasSet) &&
             ((flags & kHasSet) == 0 || read_set(bytes)) && read_values(bytes, points);
  return started_;
}

}  // namespace tidemark
