#include "lib/http/usual_head.h"

#include <array>

// Beast's parser takes 0.29 us for an answer of nginx, this 0.10 us: of 0.7 us that a load
// driver spends on an answer outside of the kernel.

namespace tidemark::http {
namespace {

enum Class : std::uint8_t { kNeither = 0, kText = 1, kName = 2 };

// What may be in a header's name (RFC 9110, 5.6.2) and in its value.
constexpr std::array<std::uint8_t, 256> classes() {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t c = 0x20; c < table.size(); ++c) table[c] = c == 0x7f ? kNeither : kText;
  table['\t'] = kText;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789")) {
    table[static_cast<unsigned char>(c)] |= kName;
  }
  for (std::size_t c = 'a'; c <= 'z'; ++c) table[c] |= kName;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) table[c] |= kName;
  return table;
}
constexpr std::array<std::uint8_t, 256> kClasses = classes();

const char* skip(const char* at, const char* end, Class what) {
  while (at != end && (kClasses[static_cast<unsigned char>(*at)] & what) != 0) ++at;
  return at;
}

// Whether `text` is `lower`, in any case. REQUIRES: `lower` has letters and '-' only, and
// `text` no other bytes that become them.
bool is(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != lower[i]) return false;
  }
  return true;
}

std::string_view trimmed(std::string_view value) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  return value;
}

std::optional<std::uint64_t> length_of(std::string_view digits) {
  if (digits.empty() || digits.size() > 15) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

// Reads headers into a UsualHead.
class Headers {
 public:
  // Whether a usual head may have this header.
  bool take(std::string_view name, std::string_view value, UsualHead& head) {
    switch (name.size()) {
      case 7:
        return !is(name, "upgrade");
      case 10:
        return !is(name, "connection") || take_connection(trimmed(value), head);
      case 14: {
        if (!is(name, "content-length")) return true;
        const std::optional<std::uint64_t> length = length_of(trimmed(value));
        if (!length || has_length_) return false;
        has_length_ = true;
        head.content_length = *length;
        return true;
      }
      case 16:
        return !is(name, "proxy-connection");
      case 17:
        return !is(name, "transfer-encoding");
      default:
        return true;
    }
  }

  bool has_length() const { return has_length_; }

 private:
  bool take_connection(std::string_view value, UsualHead& head) {
    if (has_connection_) return false;
    has_connection_ = true;
    head.keeps_alive = is(value, "keep-alive");
    return head.keeps_alive || is(value, "close");
  }

  bool has_length_ = false;
  bool has_connection_ = false;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The status of "HTTP/1.1 200 OK"; 0: another kind of line, or one without a body to come.
int status_of(std::string_view bytes) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  if (bytes.size() < 13 || !bytes.starts_with(kVersion)) return 0;
  if (bytes[9] < '2' || bytes[9] > '9' || !is_digit(bytes[10]) || !is_digit(bytes[11])) return 0;
  if (bytes[12] != ' ') return 0;
  const int status = (bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + (bytes[11] - '0');
  return status == 204 || status == 304 ? 0 : status;
}

bool at_line_end(const char* at, const char* end) {
  return end - at >= 2 && at[0] == '\r' && at[1] == '\n';
}

}  // namespace

std::optional<UsualHead> read_usual_head(std::string_view bytes) {
  UsualHead head{.status = status_of(bytes)};
  if (head.status == 0) return std::nullopt;
  const char* const end = bytes.data() + bytes.size();
  const char* at = skip(bytes.data() + 13, end, kText);
  Headers headers;
  while (at_line_end(at, end)) {
    at += 2;
    const char* const name = at;
    at = skip(at, end, kName);
    if (at == name) {
      if (!headers.has_length() || !at_line_end(at, end)) return std::nullopt;
      head.size = static_cast<std::size_t>(at + 2 - bytes.data());
      return head;
    }
    if (at == end || *at != ':') return std::nullopt;
    const char* const value = at + 1;
    at = skip(value, end, kText);
    const std::string_view name_text(name, static_cast<std::size_t>(value - 1 - name));
    const std::string_view value_text(value, static_cast<std::size_t>(at - value));
    if (!headers.take(name_text, value_text, head)) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace tidemark::http
