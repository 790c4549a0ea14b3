// Any bytes are the same events, whole or in pieces. The first byte says how long the
// pieces are. To replay a finding: event_stream_fuzz FILE.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tools/pressure/beside/event_stream.h"

namespace {

// What a reader of two connections sees.
std::string seen(std::string_view bytes, std::size_t piece) {
  tidemark::pressure::EventStream stream;
  std::string text;
  for (int connection = 0; connection < 2; ++connection) {
    bool fine = true;
    for (std::string_view rest = bytes; !rest.empty();
         rest.remove_prefix(std::min(piece, rest.size()))) {
      fine = stream.feed(rest.substr(0, piece), [&](const tidemark::pressure::StreamEvent& event) {
        text.append(event.id).append("\n").append(event.name).append("\n").append(event.data);
        text.append("\n\n");
      });
    }
    text += fine ? "end\n" : "too long\n";
    stream.restart();
  }
  return text + stream.last_id() + std::to_string(stream.retry().value_or(-1));
}

}  // namespace

extern "C" {

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = seen(bytes, bytes.size() + 1);
  const std::string pieces = seen(bytes, data[0] % 16 + std::size_t{1});
  if (whole == pieces) return 0;
  std::fprintf(stderr, "whole:\n%s\nin pieces:\n%s\n", whole.c_str(), pieces.c_str());
  std::abort();
}
}
