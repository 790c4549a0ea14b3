#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"
#include "lib/base/numbers.h"
#include "lib/load/scenario.h"

namespace tidemark::load {
namespace {

using Kind = Target::Kind;

struct Scheme {
  std::string_view name;
  Kind kind;
  bool tls;
  std::uint16_t port;  // 0: there is none that is usual
};
constexpr std::array kSchemes = {
    Scheme{"http", Kind::kHttp, false, 80},
    Scheme{"https", Kind::kHttp, true, 443},
    Scheme{"h2c", Kind::kHttp2, false, 80},
    Scheme{"h2", Kind::kHttp2, true, 443},
    Scheme{"redis", Kind::kRedis, false, 6379},
    Scheme{"postgres", Kind::kPostgres, false, 5432},
    Scheme{"postgresql", Kind::kPostgres, false, 5432},
    Scheme{"tcp", Kind::kTcp, false, 0},
    Scheme{"udp", Kind::kUdp, false, 0},
};

class TargetReader {
 public:
  TargetReader(std::string_view text, std::string_view what) : text_(text), what_(what) {}

  Target read() {
    target_.text = text_;
    const auto is_unfit = [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
    };
    if (std::ranges::any_of(text_, is_unfit)) fail("expected no control characters");
    const std::size_t colon = text_.find("://");
    if (colon == std::string_view::npos) {
      read_without_scheme();
    } else {
      read_scheme(text_.substr(0, colon));
      read_place(text_.substr(colon + 3));
    }
    return std::move(target_);
  }

 private:
  [[noreturn]] void fail(const std::string& problem, std::string hint = "") const {
    throw UsageError(fmt::format("{}: {} in {}", what_, problem, tidemark::quoted(text_)),
                     std::move(hint));
  }

  void read_scheme(std::string_view name) {
    const auto* const scheme = std::ranges::find(kSchemes, name, &Scheme::name);
    if (scheme == kSchemes.end()) {
      std::array<std::string_view, kSchemes.size()> known;
      std::ranges::transform(kSchemes, known.begin(), &Scheme::name);
      const std::string_view meant = nearest(name, known);
      fail(fmt::format("unknown protocol {}", tidemark::quoted(name)),
           meant.empty() ? fmt::format("there are {}, and unix:SOCKET", fmt::join(known, ", "))
                         : fmt::format("did you mean {}://?", meant));
    }
    target_.kind = scheme->kind;
    target_.tls = scheme->tls;
    target_.port = scheme->port;
  }

  // "unix:SOCKET", or the words of a libpq connection.
  void read_without_scheme() {
    if (text_.starts_with("unix:")) {
      target_.kind = Kind::kTcp;
      read_socket(text_.substr(5), "");
    } else if (text_.find('=') != std::string_view::npos) {
      target_.kind = Kind::kPostgres;
      target_.port = 5432;
      target_.prefix = text_;
      read_connection_words();
    } else {
      fail("expected a protocol", text_.empty()
                                      ? "targets look like http://127.0.0.1:8000"
                                      : fmt::format("did you mean http://{}?", printable(text_)));
    }
  }

  void read_socket(std::string_view path, std::string_view prefix) {
    if (path.empty()) fail("expected a socket's path after 'unix:'");
    target_.socket = path;
    target_.prefix = prefix;
    target_.port = 0;
  }

  bool is_http() const { return target_.kind == Kind::kHttp || target_.kind == Kind::kHttp2; }

  void read_place(std::string_view rest) {
    if (target_.kind == Kind::kPostgres) {
      target_.prefix = text_;
      read_connection_url(rest);
      return;
    }
    if (rest.find_first_of(" ?#") != std::string_view::npos) {
      fail("expected no space, '?' or '#'", "a request says its own query: get = \"/find?q=1\"");
    }
    if (target_.kind == Kind::kRedis) take_password(rest);
    if (rest.starts_with("unix:") && (is_http() || target_.kind == Kind::kRedis)) {
      rest.remove_prefix(5);
      const std::size_t colon = is_http() ? rest.find(':') : std::string_view::npos;
      read_socket(rest.substr(0, colon), "");
      if (colon != std::string_view::npos) read_prefix(rest.substr(colon + 1));
      return;
    }
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    read_authority(rest.substr(0, slash));
    read_prefix(rest.substr(slash));
  }

  // "USER:PASSWORD@" or ":PASSWORD@", taken off.
  void take_password(std::string_view& rest) {
    const std::size_t at = rest.substr(0, rest.find('/')).rfind('@');
    if (at == std::string_view::npos) return;
    const std::string_view both = rest.substr(0, at);
    const std::size_t colon = both.find(':');
    if (colon == std::string_view::npos || colon + 1 == both.size()) {
      fail("expected a password before '@', as in redis://:secret@127.0.0.1");
    }
    target_.user = both.substr(0, colon);
    target_.password = both.substr(colon + 1);
    rest.remove_prefix(at + 1);
  }

  void read_prefix(std::string_view prefix) {
    if (target_.kind == Kind::kRedis) {
      if (!prefix.empty() && prefix != "/" && !to_unsigned(prefix.substr(1))) {
        fail("expected the number of a data base after '/'");
      }
    } else if (!is_http() && !prefix.empty()) {
      fail(fmt::format("expected nothing after the port, found {}", tidemark::quoted(prefix)));
    } else if (!prefix.empty() && prefix.front() != '/') {
      fail(fmt::format("expected a path that begins with '/', found {}", tidemark::quoted(prefix)));
    }
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    target_.prefix = prefix;
  }

  void read_authority(std::string_view authority) {
    if (authority.find('@') != std::string_view::npos) {
      fail("expected no name and password before the host",
           is_http() ? "give them as a header: load.headers = { authorization = \"...\" }" : "");
    }
    const std::string_view after = take_host(authority);
    if (target_.host.empty()) fail("expected a host");
    if (!after.empty()) target_.port = port_of(after.substr(1));
    if (target_.port == 0) fail("expected a port after the host");
  }

  // What follows the host: nothing, or a colon and a port.
  std::string_view take_host(std::string_view authority) {
    if (!authority.starts_with('[')) {
      const std::size_t colon = std::min(authority.find(':'), authority.size());
      target_.host = authority.substr(0, colon);
      return authority.substr(colon);
    }
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) fail("expected a ']' for '['");
    target_.host = authority.substr(1, close - 1);
    const std::string_view after = authority.substr(close + 1);
    if (!after.empty() && after.front() != ':') fail("expected ':' and a port after ']'");
    return after;
  }

  std::uint16_t port_of(std::string_view text) const {
    const auto number = to_number(text);
    if (!number || *number < 1 || *number > 65535) {
      fail(fmt::format("expected a port from 1 to 65535, found {}", tidemark::quoted(text)));
    }
    return static_cast<std::uint16_t>(*number);
  }

  // libpq reads its words itself; the host is read here as well, since load on a host
  // that is not ours is refused.
  void read_connection_words() {
    const auto value_of = [&](std::string_view key) -> std::string_view {
      for (std::size_t at = text_.find(key); at != std::string_view::npos;
           at = text_.find(key, at + 1)) {
        if (at > 0 && text_[at - 1] != ' ') continue;
        std::string_view rest = text_.substr(at + key.size());
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        if (!rest.starts_with('=')) continue;
        rest.remove_prefix(1);
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        if (rest.starts_with('\'')) return rest.substr(1, rest.find('\'', 1) - 1);
        return rest.substr(0, rest.find(' '));
      }
      return {};
    };
    const std::string_view address = value_of("hostaddr");
    set_postgres_host(address.empty() ? value_of("host") : address);
    if (const std::string_view port = value_of("port"); !port.empty()) target_.port = port_of(port);
  }

  void read_connection_url(std::string_view rest) {
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    std::string_view authority = rest.substr(0, end);
    authority.remove_prefix(authority.rfind('@') + 1);  // npos + 1 is 0
    std::string_view host = authority.substr(0, authority.rfind(':'));
    if (authority.starts_with('[')) host = authority.substr(1, authority.find(']') - 1);
    set_postgres_host(host);
    const std::size_t colon = authority.rfind(':');
    if (colon != std::string_view::npos && !authority.ends_with(']')) {
      target_.port = port_of(authority.substr(colon + 1));
    }
    // "?host=..." overrides what stands before it.
    for (const std::string_view key : {"?host=", "&host=", "?hostaddr=", "&hostaddr="}) {
      const std::size_t at = rest.find(key);
      if (at == std::string_view::npos) continue;
      const std::string_view value = rest.substr(at + key.size());
      set_postgres_host(value.substr(0, value.find('&')));
    }
  }

  void set_postgres_host(std::string_view host) {
    const bool socket = host.empty() || host.front() == '/' || host.front() == '@' ||
                        host.starts_with("%2F") || host.starts_with("%2f");
    target_.host = socket ? "" : host;
    target_.socket = socket ? host : "";
  }

  std::string_view text_;
  std::string_view what_;
  Target target_;
};

}  // namespace

Target parse_target(std::string_view text, std::string_view what) {
  return TargetReader(text, what).read();
}

}  // namespace tidemark::load
