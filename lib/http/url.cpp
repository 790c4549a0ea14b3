#include "lib/http/url.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark::http {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kUnix = "unix:";

[[noreturn]] void fail(std::string_view text, std::string_view what, std::string_view expected) {
  throw UsageError(fmt::format("{}: expected {}, found {}", what, expected, quoted(text)),
                   "http://HOST:PORT/PATH, or http://unix:SOCKET:/PATH");
}

// Blanks and control characters would end the request's line.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c != '\x7f'; });
}

// What is being read, for messages.
struct Text {
  std::string_view whole;
  std::string_view what;
};

// "/run/a.sock:/path"; gives the path and what follows.
std::string_view read_socket(Url& url, std::string_view rest, const Text& text) {
  const std::size_t end = std::min(rest.find(':'), rest.size());
  url.socket = rest.substr(0, end);
  if (!url.socket.starts_with('/')) {
    fail(text.whole, text.what, "the path of a Unix socket, from / on");
  }
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (!rest.empty() && rest[0] != '/') {
    fail(text.whole, text.what, "a path from / on after the socket's");
  }
  return rest;
}

// "HOST[:PORT]/path"; gives the path and what follows.
std::string_view read_place(Url& url, std::string_view rest, const Text& text) {
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view place = rest.substr(0, end);
  if (place.find('@') != std::string_view::npos) {
    fail(text.whole, text.what, "no user before the host");
  }
  const std::size_t colon = place.rfind(':');
  if (colon != std::string_view::npos && !place.ends_with(']')) {
    const auto port = to_number(place.substr(colon + 1));
    if (!port || *port < 1 || *port > 65'535) fail(text.whole, text.what, "a port from 1 to 65535");
    url.port = static_cast<std::uint16_t>(*port);
    place = place.substr(0, colon);
  }
  if (place.starts_with('[') && place.ends_with(']')) place = place.substr(1, place.size() - 2);
  if (place.empty()) fail(text.whole, text.what, "a host after http://");
  url.host = place;
  return rest.substr(end);
}

}  // namespace

std::string Url::authority() const {
  if (host.empty()) return "localhost";
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == 80 ? name : fmt::format("{}:{}", name, port);
}

Url parse_url(std::string_view text, std::string_view what) {
  if (text.starts_with("https://")) {
    throw UsageError(fmt::format("{}: TLS is not spoken here: {}", what, quoted(text)),
                     "ask the service's plain port, or a Unix socket");
  }
  if (!text.starts_with(kScheme)) fail(text, what, "an address that starts with http://");
  if (!is_plain(text)) fail(text, what, "an address without blanks");
  Url url;
  std::string_view rest = text.substr(kScheme.size());
  rest = rest.substr(0, rest.find('#'));
  const Text whole{.whole = text, .what = what};
  rest = rest.starts_with(kUnix) ? read_socket(url, rest.substr(kUnix.size()), whole)
                                 : read_place(url, rest, whole);
  url.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  return url;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    const auto byte = digits.size() == 2 && digits[1] != 'x' ? to_hex(digits) : std::nullopt;
    if (!byte) return std::nullopt;
    out += static_cast<char>(*byte);
    i += 2;
  }
  return out;
}

std::optional<Query> parse_query(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string value(pair.substr(std::min(equals + 1, pair.size())));
    std::ranges::replace(value, '+', ' ');
    auto name = percent_decoded(pair.substr(0, equals));
    auto decoded = percent_decoded(value);
    if (!name || !decoded) return std::nullopt;
    if (!name->empty()) query.emplace(std::move(*name), std::move(*decoded));
  }
  return query;
}

}  // namespace tidemark::http
