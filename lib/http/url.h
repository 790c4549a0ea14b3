#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::http {

// Where a request goes: "http://HOST[:PORT][/PATH][?QUERY]", or, over a Unix socket,
// "http://unix:SOCKET[:/PATH][?QUERY]", as nginx writes it.
struct Url {
  std::string host;  // without the brackets of an IPv6 address; empty: a Unix socket
  std::uint16_t port = 80;
  std::string socket;        // the Unix socket's path
  std::string target = "/";  // path and query, as they are sent

  // What the Host header says: "127.0.0.1:8080", "[::1]", "localhost" for a socket.
  std::string authority() const;

  friend bool operator==(const Url&, const Url&) = default;
};

// Without a fragment. Throws UsageError, which names `what`: "--metric: ...".
Url parse_url(std::string_view text, std::string_view what);

// "%41" is "A"; nothing when a percent sign is followed by anything but two hexadecimal
// digits.
std::optional<std::string> percent_decoded(std::string_view text);

// "from=1&to=2", decoded; the first of equal names counts. Nothing when it is not encoded
// rightly.
using Query = std::map<std::string, std::string, std::less<>>;
std::optional<Query> parse_query(std::string_view text);

}  // namespace tidemark::http
