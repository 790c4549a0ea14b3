#include "lib/run/json_members.h"

#include <fmt/format.h>

#include <cstddef>
#include <limits>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();

}  // namespace

Json parse_json(std::string_view name, std::string_view text, std::string_view what) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(fmt::format("{}+0x{:x}: expected JSON of {}, found something else or its end", name,
                            error.byte, what));
  } catch (const nlohmann::json::exception&) {  // a number that no double holds
    throw Error(fmt::format("{}: expected JSON of {}, found a number out of range", name, what));
  }
}

JsonMembers::JsonMembers(std::string_view name, std::string where, const Json& object)
    : name_(name), where_(std::move(where)), object_(&object) {
  if (!object.is_object()) fail("", "an object", object);
}

void JsonMembers::require_format(std::string_view file, std::string_view format,
                                 std::int64_t version) const {
  std::string found;
  std::int64_t written = 0;
  read("format", found);
  read("version", written);
  if (found != format) {
    throw Error(fmt::format("{}: expected the format '{}', found {}", name_, format,
                            tidemark::quoted(found)));
  }
  if (written < 1 || written > version) {
    throw Error(fmt::format("{}: written as version {} of {}; this tool knows version {}", name_,
                            written, file, version),
                "read it with the release of Tidemark that wrote it, or a later one");
  }
}

void JsonMembers::read(const char* key, std::string& into) const {
  if (const Json* value = find(key)) into = text(key, *value);
}

void JsonMembers::read(const char* key, std::int64_t& into) const {
  if (const Json* value = find(key)) into = whole(key, *value);
}

void JsonMembers::read(const char* key, std::uint64_t& into) const {
  const Json* const value = find(key);
  if (value == nullptr) return;
  if (!value->is_number_unsigned()) fail(key, "an integer from 0", *value);
  into = value->get<std::uint64_t>();
}

void JsonMembers::read(const char* key, int& into) const {
  const Json* const value = find(key);
  if (value == nullptr) return;
  const std::int64_t number = whole(key, *value);
  if (number != static_cast<int>(number)) fail(key, "a small integer", *value);
  into = static_cast<int>(number);
}

void JsonMembers::read(const char* key, double& into) const {
  if (const Json* value = find(key)) into = number(key, *value);
}

void JsonMembers::read(const char* key, std::optional<double>& into) const {
  if (const Json* value = find(key)) into = number(key, *value);
}

void JsonMembers::read(const char* key, std::optional<std::int64_t>& into) const {
  if (const Json* value = find(key)) into = whole(key, *value);
}

void JsonMembers::read(const char* key, std::vector<std::string>& into) const {
  const Json* const value = find(key);
  if (value == nullptr) return;
  if (!value->is_array()) fail(key, "a list", *value);
  for (const Json& item : *value) into.push_back(text(key, item));
}

void JsonMembers::read(const char* key, std::vector<double>& into) const {
  const Json* const value = find(key);
  if (value == nullptr) return;
  if (!value->is_array()) fail(key, "a list", *value);
  for (const Json& item : *value) into.push_back(number(key, item));
}

void JsonMembers::read(const char* key, std::map<std::string, std::string>& into) const {
  const Json* const value = find(key);
  if (value == nullptr) return;
  if (!value->is_object()) fail(key, "an object", *value);
  for (const auto& [name, item] : value->items()) into[name] = text(key, item);
}

void JsonMembers::read(const char* key, std::map<std::string, std::int64_t>& into) const {
  const Json* const value = find(key);
  if (value == nullptr) return;
  if (!value->is_object()) fail(key, "an object", *value);
  for (const auto& [name, item] : value->items()) into[name] = whole(key, item);
}

std::optional<JsonMembers> JsonMembers::object(const char* key) const {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  return JsonMembers(name_, path(key), *value);
}

std::vector<JsonMembers> JsonMembers::objects(const char* key) const {
  std::vector<JsonMembers> out;
  const Json* const value = find(key);
  if (value == nullptr) return out;
  if (!value->is_array()) fail(key, "a list", *value);
  for (std::size_t i = 0; i < value->size(); ++i)
    out.emplace_back(name_, fmt::format("{}[{}]", path(key), i), (*value)[i]);
  return out;
}

std::string JsonMembers::place(std::string_view key) const {
  return fmt::format("{}: {}", name_, path(key));
}

void JsonMembers::fail(std::string_view key, std::string_view expected, const Json& found) const {
  const std::string place = key.empty() ? where_ : path(key);
  const std::string shown = found.is_structured() ? std::string(found.type_name())
                            : found.is_string()   ? tidemark::quoted(found.get<std::string>())
                                                  : found.dump();
  throw Error(fmt::format("{}: expected {}{}{}, found {}", name_, expected,
                          place.empty() ? "" : " as ", place, shown));
}

const Json* JsonMembers::find(const char* key) const {
  const auto found = object_->find(key);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

std::string JsonMembers::path(std::string_view key) const {
  return where_.empty() ? std::string(key) : fmt::format("{}.{}", where_, key);
}

std::string JsonMembers::text(std::string_view key, const Json& value) const {
  if (!value.is_string()) fail(key, "a text", value);
  return value.get<std::string>();
}

std::int64_t JsonMembers::whole(std::string_view key, const Json& value) const {
  if (!value.is_number_integer() || (value.is_number_unsigned() && value > kMost))
    fail(key, "an integer", value);
  return value.get<std::int64_t>();
}

double JsonMembers::number(std::string_view key, const Json& value) const {
  if (!value.is_number()) fail(key, "a number", value);
  return value.get<double>();
}

}  // namespace tidemark
