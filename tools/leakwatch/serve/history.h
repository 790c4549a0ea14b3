#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/run/series_db.h"
#include "lib/soak/envelope.h"

namespace tidemark::leakwatch {

// Whether a chart shows the series of a whole tree with that name.
bool is_charted(std::string_view name);

// What charts of a soak show: its series in bounded memory (about 2 MB each).
class History {
 public:
  struct Charted {
    std::string name;
    std::string unit;
    soak::Envelope envelope;
  };

  // The new values of one row that charts show.
  struct Value {
    std::size_t series = 0;  // a place in series()
    std::int64_t value = 0;
  };
  std::vector<Value> take(const std::vector<SeriesName>& names, const SeriesRow& row);

  const std::vector<Charted>& series() const { return series_; }
  bool empty() const { return series_.empty(); }
  std::int64_t first_ms() const { return first_ms_; }
  std::int64_t last_ms() const { return last_ms_; }

 private:
  std::vector<std::size_t> places_;  // of each series of the file; see kNotLooked, kNotCharted
  std::vector<Charted> series_;
  std::int64_t first_ms_ = 0;
  std::int64_t last_ms_ = 0;
};

}  // namespace tidemark::leakwatch
