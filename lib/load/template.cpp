#include "lib/load/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <iterator>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"
#include "lib/base/numbers.h"
#include "lib/base/quantities.h"
#include "lib/load/words.h"

namespace tidemark::load {
namespace {

using Kind = Template::Kind;
using Piece = Template::Piece;
using Escape = Template::Escape;

constexpr std::int64_t kLongest = std::int64_t{64} << 20;  // what one place may be filled with

struct Place {
  std::string_view name;
  Kind kind;
  std::string_view argument;  // what stands after the colon, by example; empty: nothing
};
constexpr std::array kPlaces = {
    Place{"word", Kind::kWord, ""},      Place{"text", Kind::kText, "1KiB"},
    Place{"seq", Kind::kSequence, ""},   Place{"uuid", Kind::kUuid, ""},
    Place{"int", Kind::kInt, "1..1000"}, Place{"hex", Kind::kHex, "16"},
    Place{"now", Kind::kNow, ""},        Place{"marker", Kind::kCaptured, ""},
};

// What is wrong with a template: in what, in which text, and what.
struct Blame {
  std::string_view what;
  std::string_view text;

  [[noreturn]] void fail(const std::string& problem, std::string hint = "") const {
    throw UsageError(fmt::format("{}: {} in {}", what, problem, tidemark::quoted(text)),
                     std::move(hint));
  }
};

void read_argument(Piece& piece, const Place& place, std::string_view argument,
                   const Blame& blame) {
  const auto expected = [&](std::string_view wanted) {
    blame.fail(fmt::format("expected {} as in ${{{}:{}}}, found {}", wanted, place.name,
                           place.argument, tidemark::quoted(argument)));
  };
  if (piece.kind == Kind::kInt) {
    const std::size_t dots = argument.find("..");
    const auto low = to_number(argument.substr(0, dots));
    const auto high = dots == std::string_view::npos ? low : to_number(argument.substr(dots + 2));
    if (!low || !high || *low > *high) expected("whole numbers");
    piece.low = *low;
    piece.high = *high;
    return;
  }
  const auto size = piece.kind == Kind::kText ? to_bytes(argument) : to_number(argument);
  if (!size || *size < 0) expected(piece.kind == Kind::kText ? "a size" : "a whole number");
  // More is refused below, for all places together; their sum must fit.
  piece.high = std::min(*size, kLongest + 1);
}

Piece read_place(std::string_view inside, const std::vector<std::string>& captures,
                 const Blame& blame) {
  const std::size_t colon = inside.find(':');
  const std::string_view name = inside.substr(0, colon);
  const auto* const place = std::ranges::find(kPlaces, name, &Place::name);
  if (place == kPlaces.end()) {
    if (std::ranges::find(captures, inside) != captures.end()) {
      return {.kind = Kind::kCaptured, .text = std::string(inside)};
    }
    std::vector<std::string_view> known(captures.begin(), captures.end());
    std::ranges::transform(kPlaces, std::back_inserter(known), &Place::name);
    const std::string_view meant = nearest(name, known);
    blame.fail(fmt::format("nothing is called {}", tidemark::quoted(name)),
               meant.empty()
                   ? fmt::format("there are {}; and what a `capture` names", fmt::join(known, ", "))
                   : fmt::format("did you mean ${{{}}}?", meant));
  }
  Piece piece{.kind = place->kind};
  if (place->kind == Kind::kCaptured) piece.text = name;
  if (place->argument.empty()) {
    if (colon != std::string_view::npos) {
      blame.fail(fmt::format("${{{}}} takes nothing after a colon", name));
    }
  } else {
    read_argument(piece, *place, colon == std::string_view::npos ? "" : inside.substr(colon + 1),
                  blame);
  }
  return piece;
}

// How many bytes a place may be filled with; what answers gave is bounded elsewhere.
std::int64_t longest_of(const Piece& piece) {
  return piece.kind == Kind::kText || piece.kind == Kind::kHex ? piece.high : 0;
}

// Words until there are `size` bytes; eight words for each random number.
void append_text(std::string& out, std::size_t size, Random& random) {
  const std::size_t start = out.size();
  out.resize(start + size);
  char* to = out.data() + start;
  char* const end = to + size;
  std::uint64_t bits = 0;
  for (int left = 0; to < end; --left) {
    if (left == 0) {
      bits = random.next();
      left = 8;
    }
    const std::string_view word = kWords[bits & 0xffU];
    bits >>= 8U;
    const std::size_t length = std::min(word.size(), static_cast<std::size_t>(end - to));
    std::memcpy(to, word.data(), length);
    to += length;
    if (to < end) *to++ = ' ';
  }
}

constexpr std::string_view kDigits = "0123456789abcdef";

void append_hex(std::string& out, std::size_t digits, Random& random) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (i % 16 == 0) bits = random.next();
    out += kDigits[bits & 0xfU];
    bits >>= 4U;
  }
}

// RFC 9562: 122 random bits, the version and the variant.
void append_uuid(std::string& out, Random& random) {
  const std::size_t start = out.size();
  append_hex(out, 36, random);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) out[start + dash] = '-';
  out[start + 14] = '4';
  out[start + 19] = kDigits[8 + random.below(4)];
}

template <typename Number>
void append_number(std::string& out, Number number) {
  const fmt::format_int text(number);
  out.append(text.data(), text.size());
}

void append_escaped(std::string& out, char c, Escape escape) {
  const auto byte = static_cast<unsigned char>(c);
  const bool control = byte < 0x20 || byte == 0x7f;
  switch (escape) {
    case Escape::kNone:
      out += c;
      break;
    case Escape::kLine:
      if (!control) out += c;
      break;
    case Escape::kJson:
      if (control) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
      } else {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
      }
      break;
    case Escape::kPath:
      if (control || byte >= 0x80 || std::strchr(" \"<>\\^`{|}#", c) != nullptr) {
        fmt::format_to(std::back_inserter(out), "%{:02X}", byte);
      } else {
        out += c;
      }
      break;
  }
}

std::int64_t now_ms() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

// From low to high, which may be all numbers there are.
std::int64_t number_between(const Piece& piece, Random& random) {
  const auto low = static_cast<std::uint64_t>(piece.low);
  const std::uint64_t values = static_cast<std::uint64_t>(piece.high) - low + 1;
  return static_cast<std::int64_t>(low + (values == 0 ? random.next() : random.below(values)));
}

}  // namespace

Template::Template(std::string_view text, std::string_view what,
                   const std::vector<std::string>& captures, Escape escape)
    : text_(text), escape_(escape) {
  const Blame blame{.what = what, .text = text};
  std::string fixed;
  const auto end_fixed = [&] {
    if (fixed.empty()) return;
    pieces_.push_back({.text = std::move(fixed)});
    fixed.clear();
  };
  while (!text.empty()) {
    if (text.starts_with("$${")) {
      fixed += "${";
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) blame.fail("there is no '}' for a '${'");
      end_fixed();
      pieces_.push_back(read_place(text.substr(2, end - 2), captures, blame));
      text.remove_prefix(end + 1);
    } else {
      const std::size_t next = std::min(text.find('$', 1), text.size());
      fixed += text.substr(0, next);
      text.remove_prefix(next);
    }
  }
  end_fixed();
  std::int64_t filled = 0;
  for (const Piece& piece : pieces_) {
    filled += longest_of(piece);
    if (filled > kLongest) {
      blame.fail(fmt::format("more than {} to be filled in", exact_bytes_text(kLongest)));
    }
  }
}

bool Template::is_fixed() const {
  return std::ranges::all_of(pieces_,
                             [](const Piece& piece) { return piece.kind == Kind::kFixed; });
}

bool Template::has_sequence() const {
  return std::ranges::any_of(pieces_,
                             [](const Piece& piece) { return piece.kind == Kind::kSequence; });
}

std::vector<std::string_view> Template::captured() const {
  std::vector<std::string_view> names;
  for (const Piece& piece : pieces_) {
    if (piece.kind == Kind::kCaptured) names.push_back(piece.text);
  }
  return names;
}

bool Template::is_place(std::string_view name) {
  return std::ranges::find(kPlaces, name, &Place::name) != kPlaces.end();
}

void Template::render(std::string& out, Values& values) const {
  for (const Piece& piece : pieces_) {
    switch (piece.kind) {
      case Kind::kFixed:
        out += piece.text;
        break;
      case Kind::kWord:
        out += kWords[values.random->next() & 0xffU];
        break;
      case Kind::kText:
        append_text(out, static_cast<std::size_t>(piece.high), *values.random);
        break;
      case Kind::kSequence:
        append_number(out, ++*values.sequence);
        break;
      case Kind::kUuid:
        append_uuid(out, *values.random);
        break;
      case Kind::kInt:
        append_number(out, number_between(piece, *values.random));
        break;
      case Kind::kHex:
        append_hex(out, static_cast<std::size_t>(piece.high), *values.random);
        break;
      case Kind::kNow:
        append_number(out, now_ms());
        break;
      case Kind::kCaptured:
        if (const auto value = values.captured.find(piece.text); value != values.captured.end()) {
          for (const char c : value->second) append_escaped(out, c, escape_);
        }
        break;
    }
  }
}

}  // namespace tidemark::load
