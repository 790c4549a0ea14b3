#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tidemark::http {

// The head of an answer as nearly all are:
//
//   HTTP/1.1 200 OK
//   Content-Length: 600
//   Connection: keep-alive
//   Any-Other: value
struct UsualHead {
  int status = 0;
  bool keeps_alive = true;
  std::uint64_t content_length = 0;
  std::size_t size = 0;  // of the head, the empty line included
};

// Nothing: `bytes` do not begin with a whole head of that kind. What they are is for a
// full parser to say, which finds the same in every head that is read here.
std::optional<UsualHead> read_usual_head(std::string_view bytes);

}  // namespace tidemark::http
