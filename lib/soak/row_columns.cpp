#include "lib/soak/row_columns.h"

namespace tidemark::soak {

Values RowColumns::of(const SeriesReader& reader, const SeriesRow& row) {
  while (columns_.size() < reader.series().size()) {
    const SeriesName& name = reader.series()[columns_.size()];
    columns_.push_back(name.pid == 0 ? column_named(name.name) : std::nullopt);
  }
  Values values;
  for (const SeriesRow::Value& value : row.values) {
    if (const auto column = columns_[value.series]) values.set(*column, value.value);
  }
  return values;
}

}  // namespace tidemark::soak
