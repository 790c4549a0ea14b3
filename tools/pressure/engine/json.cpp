#include "tools/pressure/engine/json.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace tidemark::pressure {
namespace {

using nlohmann::json;

constexpr int kDeepest = 500;

int deeper(char c) {
  if (c == '[' || c == '{') return 1;
  return c == ']' || c == '}' ? -1 : 0;
}

// Values are written back by recursion, so their depth has a limit.
bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++i;
    if (quoted) continue;
    depth += deeper(c);
    if (depth > kDeepest) return true;
  }
  return false;
}

const json* found(const json& value, std::string_view pointer) {
  try {
    const json::json_pointer place{std::string(pointer)};
    return value.contains(place) ? &value.at(place) : nullptr;
  } catch (const json::exception&) {  // "a/b", "~2", an index that is none
    return nullptr;
  }
}

}  // namespace

struct Json::Value {
  json root;
};

Json::Json(std::unique_ptr<Value> value) : value_(std::move(value)) {}
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;

std::optional<Json> Json::parse(std::string_view text) {
  if (is_too_deep(text)) return std::nullopt;
  auto value = std::make_unique<Value>(
      Value{json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false)});
  if (value->root.is_discarded()) return std::nullopt;
  return Json(std::move(value));
}

bool Json::has(std::string_view pointer) const { return found(value_->root, pointer) != nullptr; }

std::optional<std::string> Json::text_at(std::string_view pointer) const {
  const json* value = found(value_->root, pointer);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get_ref<const std::string&>();
  return value->dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<std::int64_t> Json::number_at(std::string_view pointer) const {
  const json* value = found(value_->root, pointer);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX) return std::nullopt;
  if (value->is_number_integer()) return value->get<std::int64_t>();
  if (value->is_number_float()) {
    const auto number = value->get<double>();
    if (!(std::abs(number) < 9e18)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (!value->is_string()) return std::nullopt;
  const auto& text = value->get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace tidemark::pressure
