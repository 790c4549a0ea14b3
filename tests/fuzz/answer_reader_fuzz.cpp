// Any bytes, in any pieces, are an answer, need more, or are named as what is wrong with
// them; and the parser of the usual head finds what the full parser finds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/http/answer_reader.h"

namespace {

using tidemark::http::AnswerReader;

constexpr AnswerReader::Limits kLimits = {.head = 2048, .body = 100'000, .kept_body = 50'000};

// What is read of all answers, in pieces of `piece` bytes.
std::string read(std::string_view text, AnswerReader::Wanted wanted, std::size_t piece) {
  AnswerReader reader(kLimits);
  std::string said;
  while (!text.empty()) {
    reader.expect(wanted);
    while (!text.empty() && reader.state() == AnswerReader::State::kMore) {
      const std::size_t taken = reader.put(text.substr(0, piece));
      if (reader.state() == AnswerReader::State::kDone) {
        said += std::to_string(reader.status()) + (reader.keeps_alive() ? "+" : "-");
        said += reader.body();
      }
      text.remove_prefix(taken);
    }
    if (reader.state() != AnswerReader::State::kDone) break;
  }
  reader.end();
  // Whether an answer is too long or wrong may depend on which is seen first.
  return said + (reader.state() == AnswerReader::State::kDone ? "" : "?");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = 1 + data[0] % 64;
  const std::string whole = read(text, {.body = true}, std::string_view::npos);
  read(text, {.to_head = true}, piece);
  // With headers, the full parser reads all of them.
  if (read(text, {.headers = true, .body = true}, std::string_view::npos) != whole) std::abort();
  read(text, {.body = true}, piece);
  return 0;
}
