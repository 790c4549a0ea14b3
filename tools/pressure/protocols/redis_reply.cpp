#include "tools/pressure/protocols/redis_reply.h"

#include <hiredis/read.h>

#include <algorithm>

#include "lib/base/numbers.h"
#include "tools/pressure/protocols/reply.h"

namespace tidemark::pressure {

// What hiredis calls an object is the value's number here, counted from 1.
void* RedisReply::add(const redisReadTask* task, Value::Kind kind, std::string text) {
  auto& values = static_cast<RedisReply*>(task->privdata)->values_;
  Value value{.kind = kind, .text = std::move(text), .is_error = task->type == REDIS_REPLY_ERROR};
  if (task->parent != nullptr) {
    value.parent = reinterpret_cast<std::size_t>(task->parent->obj) - 1;
    value.place = task->idx;
  }
  if (values.size() < kMostValues) values.push_back(std::move(value));
  // NOLINTNEXTLINE(performance-no-int-to-ptr): it is a number all the way
  return reinterpret_cast<void*>(values.size());
}

redisReplyObjectFunctions* RedisReply::functions() {
  using Kind = Value::Kind;
  static redisReplyObjectFunctions table = {
      .createString =
          [](const redisReadTask* task, char* text, std::size_t length) {
            return add(task, Kind::kText, std::string(text, length));
          },
      .createArray = [](const redisReadTask* task, int) { return add(task, Kind::kArray, {}); },
      .createInteger =
          [](const redisReadTask* task, long long number) {
            return add(task, Kind::kText, std::to_string(number));
          },
      .createNil = [](const redisReadTask* task) { return add(task, Kind::kNil, {}); },
      .freeObject = [](void*) {}};
  return &table;
}

std::string RedisReply::text() const {
  std::string all;
  for (const Value& value : values_) {
    if (value.kind != Value::Kind::kText) continue;
    if (value.parent != kNone && !all.empty()) all += '\n';
    all += value.text;
  }
  return all;
}

std::optional<std::string> RedisReply::at(std::string_view pointer) const {
  if (values_.empty()) return std::nullopt;
  std::size_t here = 0;
  for (const std::string& part : parts_of(pointer)) {
    const auto place = to_number(part);
    if (!place) return std::nullopt;
    const auto is_it = [&](const Value& value) {
      return value.parent == here && value.place == *place;
    };
    const auto found = std::ranges::find_if(values_, is_it);
    if (found == values_.end()) return std::nullopt;
    here = static_cast<std::size_t>(found - values_.begin());
  }
  if (values_[here].kind != Value::Kind::kText) return std::nullopt;
  return values_[here].text;
}

}  // namespace tidemark::pressure
