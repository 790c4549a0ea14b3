#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lib/report/escape.h"

namespace tidemark {

// How values stand in the JSON files that we write: texts by reversible(), so that any bytes
// come back as they were; JsonPlace reads them.

inline nlohmann::ordered_json json_text_value(std::string_view bytes) { return reversible(bytes); }

inline nlohmann::ordered_json json_text_values(const std::vector<std::string>& values) {
  auto array = nlohmann::ordered_json::array();
  for (const std::string& value : values) array.push_back(reversible(value));
  return array;
}

template <typename Value, typename Write>
nlohmann::ordered_json json_list(const std::vector<Value>& values, Write&& write) {
  auto array = nlohmann::ordered_json::array();
  for (const Value& value : values) array.push_back(write(value));
  return array;
}

// What is empty or zero is left out, so that a file with many frames stays small.
inline void put(nlohmann::ordered_json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = reversible(value);
}
inline void put(nlohmann::ordered_json& object, const char* key, std::int64_t value) {
  if (value != 0) object[key] = value;
}
inline void put(nlohmann::ordered_json& object, const char* key, double value) {
  if (std::isfinite(value) && value != 0) object[key] = value;
}

}  // namespace tidemark
