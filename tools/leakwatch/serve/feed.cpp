#include "tools/leakwatch/serve/feed.h"

#include <fmt/format.h>

#include "lib/base/clock.h"
#include "lib/base/numbers.h"

namespace tidemark::leakwatch {

Feed::Feed(std::size_t most_bytes)
    : run_(fmt::format("{:x}-", now_ms())), most_bytes_(most_bytes) {}

std::string Feed::id_of(std::int64_t number) const { return run_ + std::to_string(number); }

http::Event Feed::add(std::string name, std::string data) {
  kept_.push_back({.id = id_of(++last_), .name = std::move(name), .data = std::move(data)});
  bytes_ += kept_.back().data.size();
  while (bytes_ > most_bytes_ && kept_.size() > 1) {
    bytes_ -= kept_.front().data.size();
    kept_.pop_front();
  }
  return kept_.back();
}

std::vector<http::Event> Feed::since(std::string_view last_id, const std::string& hello) const {
  if (last_id.starts_with(run_)) {
    const auto number = to_number(last_id.substr(run_.size()));
    const auto first_kept = last_ - static_cast<std::int64_t>(kept_.size()) + 1;
    if (number && *number <= last_ && *number >= first_kept - 1) {
      return {kept_.begin() + (*number - first_kept + 1), kept_.end()};
    }
  }
  return {{.id = id_of(last_), .name = "hello", .data = hello}};
}

}  // namespace tidemark::leakwatch
