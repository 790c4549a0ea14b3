#include "lib/soak/columns.h"

#include <algorithm>

namespace tidemark::soak {
namespace {

constexpr bool in_order() {
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (static_cast<std::size_t>(kColumnNames[i].column) != i) return false;
  }
  return true;
}
static_assert(in_order(), "name_of() finds a column by its place");

}  // namespace

std::optional<Column> column_named(std::string_view name) {
  const auto* const found = std::ranges::find(kColumnNames, name, &ColumnName::name);
  if (found == kColumnNames.end()) return std::nullopt;
  return found->column;
}

}  // namespace tidemark::soak
