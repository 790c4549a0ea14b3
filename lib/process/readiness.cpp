// parse_readiness(): what --ready takes, as text.

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/process/line_pattern.h"
#include "lib/process/ready.h"
#include "lib/process/words.h"

namespace tidemark {
namespace {

[[noreturn]] void fail(std::string_view text, std::string_view expected) {
  throw UsageError(
      fmt::format("expected {} as a condition of readiness, found {}", expected, quoted(text)),
      "tcp:PORT, tcp:HOST:PORT, http://HOST:PORT/PATH, output:REGEX, command:PROGRAM ARGUMENTS, "
      "auto or none");
}

// "localhost" stays: both of its addresses are tried.
bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return host == "localhost" || ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

// "PORT", "HOST:PORT" or "[HOST]:PORT".
void read_place(Readiness& into, std::string_view place, std::optional<std::uint16_t> standard) {
  std::string_view port = place;
  into.host = "localhost";
  const std::size_t colon = place.rfind(':');
  const bool only_host = standard && (colon == std::string_view::npos || place.ends_with(']'));
  if (only_host || colon != std::string_view::npos) {
    std::string_view host = only_host ? place : place.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    into.host = host;
    port = only_host ? "" : place.substr(colon + 1);
  }
  if (!is_address(into.host)) fail(into.text, "an address in digits or localhost");
  const std::optional<std::int64_t> number = only_host ? *standard : to_number(port);
  if (!number || *number < 1 || *number > 65'535) fail(into.text, "a port from 1 to 65535");
  into.port = static_cast<std::uint16_t>(*number);
}

void read_url(Readiness& into, std::string_view rest) {
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  read_place(into, rest.substr(0, slash), 80);
  into.path = slash < rest.size() ? rest.substr(slash) : "/";
  for (const char c : into.path) {
    if (c <= ' ' || c == '\x7f') fail(into.text, "a path without blanks");
  }
}

bool skip(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

Readiness parse_readiness(std::string_view text) {
  Readiness result{.text = std::string(text)};
  std::string_view rest = text;
  if (text == "none") {
    result.kind = Readiness::Kind::kNone;
  } else if (text == "auto") {
    result.kind = Readiness::Kind::kAuto;
  } else if (skip(rest, "tcp:")) {
    result.kind = Readiness::Kind::kTcp;
    read_place(result, rest, std::nullopt);
  } else if (skip(rest, "http://")) {
    result.kind = Readiness::Kind::kHttp;
    read_url(result, rest);
  } else if (skip(rest, "output:")) {
    result.kind = Readiness::Kind::kOutput;
    result.pattern = rest;
    const LinePattern checked(result.pattern);
  } else if (skip(rest, "command:")) {
    result.kind = Readiness::Kind::kCommand;
    result.command = split_command(rest, "a condition of readiness, 'command:'");
  } else if (text.starts_with("https://")) {
    throw UsageError("cannot ask over TLS whether the target is ready",
                     "use command:curl -skf " + result.text);
  } else {
    fail(text, "one of the known kinds");
  }
  return result;
}

}  // namespace tidemark
