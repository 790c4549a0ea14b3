#pragma once

#include <optional>
#include <vector>

#include "lib/run/series_db.h"
#include "lib/soak/columns.h"

namespace tidemark::soak {

// Finds the columns in the rows of a SeriesReader.
class RowColumns {
 public:
  // The values of the whole tree; none when the row is another writer's.
  Values of(const SeriesReader& reader, const SeriesRow& row);

 private:
  std::vector<std::optional<Column>> columns_;  // of the series, pid 0 only
};

}  // namespace tidemark::soak
