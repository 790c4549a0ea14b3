#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::pressure {

// A JSON text that is read once and asked for what stands at JSON pointers (RFC 6901).
// Pointers come from the user, texts from the target: neither can do more than not match.
class Json {
 public:
  // Nothing: it is no JSON, or nested more than 500 deep.
  static std::optional<Json> parse(std::string_view text);
  Json(Json&&) noexcept;
  Json& operator=(Json&&) noexcept;
  ~Json();

  bool has(std::string_view pointer) const;

  // A string's characters; anything else as JSON: "17", "true", "[1,2]". Nothing: there is
  // nothing.
  std::optional<std::string> text_at(std::string_view pointer) const;

  // A number, or a string of digits; a fraction is cut off. Nothing: it is neither.
  std::optional<std::int64_t> number_at(std::string_view pointer) const;

 private:
  struct Value;
  explicit Json(std::unique_ptr<Value> value);
  std::unique_ptr<Value> value_;
};

}  // namespace tidemark::pressure
