#include "tools/pressure/protocols/reply.h"

#include <utility>

namespace tidemark::pressure {

using load::Expectation;
using load::Failure;

bool looks_inside(const load::Request& request) {
  const Expectation& expect = request.expect;
  return expect.status || !expect.contains.empty() || !expect.pointer.empty() || expect.equals ||
         !request.captures.empty();
}

Failure check_reply(const load::Request& request, const Reply& reply, load::Values& values) {
  const Expectation& expect = request.expect;
  if (expect.status && expect.status != reply.number) return Failure::kExpectation;
  if (reply.text.find(expect.contains) == std::string_view::npos) return Failure::kExpectation;
  if (expect.equals && expect.pointer.empty() && reply.text != *expect.equals) {
    return Failure::kExpectation;
  }
  if (!expect.pointer.empty()) {
    const std::optional<std::string> found = reply.at(expect.pointer);
    if (!found || (expect.equals && found != expect.equals)) return Failure::kExpectation;
  }
  for (const load::Capture& capture : request.captures) {
    std::optional<std::string> found = reply.at(capture.pointer);
    if (!found) return Failure::kExpectation;
    values.captured.insert_or_assign(capture.name, std::move(*found));
  }
  return Failure::kNone;
}

std::vector<std::string> parts_of(std::string_view pointer) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    const char letter = pointer[i];
    if (letter == '/') {
      parts.emplace_back();
    } else if (parts.empty()) {
      parts.emplace_back(1, letter);
    } else if (letter == '~' && i + 1 < pointer.size()) {
      parts.back() += pointer[++i] == '1' ? '/' : '~';
    } else {
      parts.back() += letter;
    }
  }
  return parts;
}

}  // namespace tidemark::pressure
