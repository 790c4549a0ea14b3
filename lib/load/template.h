#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::load {

// A small, fast, seeded source of random numbers (xoshiro256++): the same seed gives the
// same load.
class Random {
 public:
  explicit Random(std::uint64_t seed);
  std::uint64_t next();
  double unit();                             // in [0, 1)
  std::uint64_t below(std::uint64_t bound);  // in [0, bound); REQUIRES: bound > 0
  double exponential(double mean);

 private:
  std::uint64_t state_[4];
};

// What a template is filled from: one for each session (a virtual user).
struct Values {
  Random* random = nullptr;
  std::uint64_t* sequence = nullptr;                              // ${seq} counts this up
  std::map<std::string, std::string, std::less<>> captured = {};  // ${name}
};

// Text with places that are filled in at each use:
//
//   ${word}           a word of a built-in list
//   ${text:1KiB}      so many bytes of words
//   ${seq}            1, 2, 3, ... over the whole run
//   ${uuid}           a random UUID, version 4
//   ${int:1..1000}    a whole number
//   ${hex:16}         so many random hexadecimal digits
//   ${now}            milliseconds since the epoch
//   ${marker}         what a probe looks for: the value captured as "marker"
//   ${name}           what an earlier answer of this session gave under that name; empty: none
//
// "$${" is a "${" that is not filled in.
class Template {
 public:
  Template() = default;

  // What answers gave is untrusted; how it is made fit for its place.
  enum class Escape : std::uint8_t {
    kNone,
    kJson,  // inside a JSON string
    kPath,  // what cannot stand in a request line is percent-encoded
    kLine,  // control characters are left out: a header's value
  };

  // Throws UsageError that names `what` ("mix.search.params.query") and what is wrong;
  // `captures` are the names that may stand for what earlier answers gave.
  Template(std::string_view text, std::string_view what, const std::vector<std::string>& captures,
           Escape escape = Escape::kNone);

  bool is_fixed() const;  // nothing is filled in
  bool has_sequence() const;
  // The names of captures that it uses, as often as it does.
  std::vector<std::string_view> captured() const;
  bool empty() const { return pieces_.empty(); }
  const std::string& text() const { return text_; }  // as it was written

  // Appends to `out`.
  void render(std::string& out, Values& values) const;

  enum class Kind : std::uint8_t {
    kFixed,
    kWord,
    kText,
    kSequence,
    kUuid,
    kInt,
    kHex,
    kNow,
    kCaptured
  };
  struct Piece {
    Kind kind = Kind::kFixed;
    std::string text;  // of a fixed one; the name of a captured one
    std::int64_t low = 0;
    std::int64_t high = 0;
  };

  // Everything that a place may be, except a capture: "word", "text", ...
  static bool is_place(std::string_view name);

 private:
  std::string text_;
  std::vector<Piece> pieces_;
  Escape escape_ = Escape::kNone;
};

}  // namespace tidemark::load
