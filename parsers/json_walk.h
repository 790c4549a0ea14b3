#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "lib/base/file.h"

namespace tidemark {

// Something that a JSON text holds, and where: "nodes[].callFrame.url" is the
// text at "url" of the object at "callFrame" of each element of the list at
// "nodes". In a key, what would be mistaken for part of a path is '_'.
struct JsonEvent {
  enum class Kind : std::uint8_t {
    kOpen,   // an object or a list starts: "nodes[]" for an element, "nodes" for the list
    kClose,  // and ends
    kText,
    kWhole,     // a number from -2^63 to 2^63 - 1
    kFraction,  // any other number; `text` is how it is written
    kTruth,     // true (whole is 1) or false
  };
  Kind kind = Kind::kOpen;
  std::string_view path;
  std::string_view text;
  std::int64_t whole = 0;
};

// Reads a JSON text from front to back, and keeps nothing of it.
//
//   JsonWalk walk(input);
//   const bool whole = walk.read([&](const JsonEvent& event) { ... });
class JsonWalk {
 public:
  explicit JsonWalk(const Input& input) : input_(input), at_(input.bytes.data()) {}

  // Calls `on` for all there is; false when the text ends early. Throws Error with
  // FILE:LINE for what is no JSON, and for more than 64 levels.
  bool read(const std::function<void(const JsonEvent&)>& on);

  // "FILE:LINE: `message`" about where the reader is.
  std::string here(std::string_view message) const;

 private:
  Input input_;
  const char* at_;
};

// Whether `head`, the start of a file, is a JSON object in which `key` stands.
bool json_has_key(std::string_view head, std::string_view key);

}  // namespace tidemark
