#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisReplyObjectFunctions;
struct redisReadTask;

namespace tidemark::pressure {

// An answer of Redis as hiredis' reader builds it, for expectations and captures. The
// place of a value is a pointer: "" is the answer itself, "/1" the second element of an
// array, "/1/0" the first one of an array in there.
class RedisReply {
 public:
  // More values than this are counted, but not kept.
  static constexpr std::size_t kMostValues = 100'000;

  // What a reader is to be made with whose privdata is a RedisReply.
  static redisReplyObjectFunctions* functions();

  void clear() { values_.clear(); }
  bool is_error() const { return !values_.empty() && values_.front().is_error; }

  // A single value's bytes; of an array, the values one on a line.
  std::string text() const;

  // Nothing where there is nil, or no such place.
  std::optional<std::string> at(std::string_view pointer) const;

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Value {
    std::size_t parent = kNone;
    int place = 0;
    enum class Kind : std::uint8_t { kNil, kText, kArray } kind = Kind::kNil;
    std::string text;
    bool is_error = false;
  };
  static void* add(const redisReadTask* task, Value::Kind kind, std::string text);

  std::vector<Value> values_;  // the first is the answer itself
};

}  // namespace tidemark::pressure
