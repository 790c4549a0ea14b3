// Any bytes of a WebSocket server are the same messages, whole or in pieces, and end both
// or neither. The first byte says how long the pieces are. To replay a finding:
// frames_fuzz FILE.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tools/pressure/protocols/frames.h"

namespace {

using tidemark::pressure::Frames;

std::string seen(std::string_view bytes, std::size_t piece) {
  tidemark::load::Random random(1);
  std::string text;
  Frames* self = nullptr;
  Frames frames(random, [&](std::string_view message) {
    text.append(message).append("\n");
    self->send("ack");
  });
  self = &frames;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    frames.feed(bytes.substr(0, piece));
    frames.consume(frames.output().size());
  }
  // Zeros end every control frame: wslay finds what is wrong in one now or then.
  frames.feed(std::string(256, '\0'));
  return text + (frames.state() == Frames::State::kOpen ? "open" : "ended");
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
