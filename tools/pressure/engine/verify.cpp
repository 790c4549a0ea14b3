#include "tools/pressure/engine/verify.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "tools/pressure/engine/json.h"

namespace tidemark::pressure {
namespace {

using load::Failure;

bool is_json_rpc(const load::Request& request) {
  const auto* http = std::get_if<load::HttpRequest>(&request.action);
  return http != nullptr && http->json_rpc;
}

bool captures_json(const load::Request& request) {
  return std::ranges::any_of(request.captures,
                             [](const load::Capture& capture) { return capture.header.empty(); });
}

bool needs_json(const load::Request& request) {
  return is_json_rpc(request) || !request.expect.pointer.empty() ||
         request.expect.equals.has_value() || captures_json(request);
}

bool status_holds(const load::Request& request, int status) {
  if (request.expect.status) return status == *request.expect.status;
  return status < 400;
}

// Whether what is expected of the body is there.
bool body_holds(const load::Request& request, std::string_view body,
                const std::optional<Json>& json) {
  const load::Expectation& expect = request.expect;
  if (!expect.contains.empty() && body.find(expect.contains) == std::string_view::npos) {
    return false;
  }
  if (is_json_rpc(request) && (!json || (json->has("/error") && expect.pointer.empty()))) {
    return false;
  }
  if (expect.pointer.empty() && !expect.equals) return true;
  if (!json) return false;
  const std::optional<std::string> text = json->text_at(expect.pointer);
  return text && (!expect.equals || *text == *expect.equals);
}

bool capture_all(const load::Request& request, const HttpAnswer& answer,
                 const std::optional<Json>& json, load::Values& values) {
  for (const load::Capture& capture : request.captures) {
    if (!capture.header.empty()) {
      const std::string_view value = answer.header ? answer.header(capture.header) : "";
      if (value.empty()) return false;
      values.captured.insert_or_assign(capture.name, std::string(value));
      continue;
    }
    std::optional<std::string> text = json ? json->text_at(capture.pointer) : std::nullopt;
    if (!text) return false;
    values.captured.insert_or_assign(capture.name, std::move(*text));
  }
  return true;
}

}  // namespace

bool needs_body(const load::Request& request) {
  return needs_json(request) || !request.expect.contains.empty();
}

bool needs_headers(const load::Request& request) {
  return std::ranges::any_of(request.captures,
                             [](const load::Capture& capture) { return !capture.header.empty(); });
}

Failure verify(const load::Request& request, const HttpAnswer& answer, load::Values* values) {
  if (!status_holds(request, answer.status)) return Failure::kStatus;
  if (!needs_body(request) && request.captures.empty()) return Failure::kNone;
  const std::optional<Json> json =
      needs_json(request) ? Json::parse(answer.body) : std::optional<Json>();
  if (!body_holds(request, answer.body, json)) return Failure::kExpectation;
  if (request.captures.empty() || values == nullptr) return Failure::kNone;
  return capture_all(request, answer, json, *values) ? Failure::kNone : Failure::kExpectation;
}

}  // namespace tidemark::pressure
