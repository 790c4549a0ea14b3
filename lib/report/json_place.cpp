#include "lib/report/json_place.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/report/escape.h"

namespace tidemark {

using Json = nlohmann::json;

Json json_from(std::string_view name, std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw Error(fmt::format("{}: not JSON: {}", name, printable(error.what())));
  }
}

JsonPlace::JsonPlace(std::string_view file, const Json& value, std::string path)
    : file_(file), value_(&value), path_(std::move(path)) {}

void JsonPlace::fail(std::string_view expected) const {
  // A container is not written out: it may nest deeper than a stack is.
  const std::string found = value_->is_structured() ? std::string("a ") + value_->type_name()
                                                    : tidemark::quoted(value_->dump(-1, ' ', true));
  throw Error(fmt::format("{}: expected {} at {}, found {}", file_, expected,
                          path_.empty() ? "/" : printable(path_), found));
}

JsonPlace JsonPlace::operator[](const std::string& key) const {
  static const Json missing;
  if (value_->is_null()) return {file_, missing, path_ + "/" + key};
  if (!value_->is_object()) fail("an object");
  const auto found = value_->find(key);
  return {file_, found == value_->end() ? missing : *found, path_ + "/" + key};
}

std::string JsonPlace::text() const {
  if (value_->is_null()) return "";
  if (!value_->is_string()) fail("a text");
  return reversed(value_->get_ref<const std::string&>());
}

std::vector<std::string> JsonPlace::texts() const {
  return list([](const JsonPlace& at) { return at.text(); });
}

std::int64_t JsonPlace::number() const {
  if (value_->is_null()) return 0;
  if (!value_->is_number_integer()) fail("a whole number");
  if (value_->is_number_unsigned() && value_->get<std::uint64_t>() > INT64_MAX) {
    fail("a number below 2^63");
  }
  return value_->get<std::int64_t>();
}

int JsonPlace::small_number() const {
  const std::int64_t wide = number();
  if (!std::in_range<int>(wide)) fail("a whole number that is not huge");
  return static_cast<int>(wide);
}

double JsonPlace::real() const {
  if (value_->is_null()) return 0;
  if (!value_->is_number()) fail("a number");
  return value_->get<double>();
}

bool JsonPlace::flag() const {
  if (value_->is_null()) return false;
  if (!value_->is_boolean()) fail("true or false");
  return value_->get<bool>();
}

std::uint64_t JsonPlace::address() const {
  if (value_->is_null()) return 0;
  const auto value = value_->is_string() ? to_hex(text()) : std::nullopt;
  if (!value) fail("an address such as \"0x1f\"");
  return *value;
}

}  // namespace tidemark
