#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/server.h"

namespace tidemark::leakwatch {

// The events that viewers get, numbered, and the last of them kept: a viewer that was
// away for a moment goes on where it was.
class Feed {
 public:
  static constexpr std::string_view kTopic = "soaks";

  // `most_bytes`: what is kept for those who come back.
  explicit Feed(std::size_t most_bytes = std::size_t{2} << 20);

  // The next event.
  http::Event add(std::string name, std::string data);

  // What a viewer whose last event was `last_id` missed; one without any, or that was away
  // for too long, gets `hello` instead.
  std::vector<http::Event> since(std::string_view last_id, const std::string& hello) const;

 private:
  std::string id_of(std::int64_t number) const;

  std::string run_;  // ids of another run of the server are unknown to this one
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::int64_t last_ = 0;  // number of the last event
  std::deque<http::Event> kept_;
};

}  // namespace tidemark::leakwatch
