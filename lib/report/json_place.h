#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// The text as JSON. Throws Error that starts with `name`.
nlohmann::json json_from(std::string_view name, std::string_view text);

// A place in a JSON file of ours, which knows its name for messages: "/sites/3/bytes". What is
// missing reads as the empty or zero value; what is of another type is an Error. Texts are as
// reversible() wrote them. `file` and `value` must outlive it.
class JsonPlace {
 public:
  JsonPlace(std::string_view file, const nlohmann::json& value) : file_(file), value_(&value) {}

  [[noreturn]] void fail(std::string_view expected) const;

  JsonPlace operator[](const std::string& key) const;

  template <typename Read>
  auto list(Read&& read) const {
    std::vector<decltype(read(*this))> values;
    if (value_->is_null()) return values;
    if (!value_->is_array()) fail("a list");
    values.reserve(value_->size());
    for (std::size_t i = 0; i < value_->size(); ++i) {
      values.push_back(read(JsonPlace(file_, (*value_)[i], path_ + "/" + std::to_string(i))));
    }
    return values;
  }

  std::string text() const;
  std::vector<std::string> texts() const;
  std::int64_t number() const;
  int small_number() const;
  double real() const;
  bool flag() const;
  std::uint64_t address() const;  // "0x1f"

  // The one of the values up to `last` that code_of() gives this word for.
  template <typename Enum>
  Enum word(Enum last, std::string_view expected) const {
    const std::string code = text();
    for (int i = 0; i <= static_cast<int>(last); ++i) {
      if (code_of(static_cast<Enum>(i)) == code) return static_cast<Enum>(i);
    }
    fail(expected);
  }

  const nlohmann::json& value() const { return *value_; }

 private:
  JsonPlace(std::string_view file, const nlohmann::json& value, std::string path);

  std::string_view file_;
  const nlohmann::json* value_;
  std::string path_;
};

}  // namespace tidemark
