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
//   ${marker}         what a probe looks for
//   ${name}           what an earlier answer of this session gave under that name; empty: none
//
// "$${" is a "${" that is not filled in.
class Template {
 public:
  Template() = default;

  // Throws UsageError that names `what` ("mix.search.params.query") and what is wrong;
  // `captures` are the names that may stand for what earlier answers gave.
  Template(std::string_view text, std::string_view what, const std::vector<std::string>& captures);

  bool is_fixed() const;  // nothing is filled in
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

 private:
  std::string text_;
  std::vector<Piece> pieces_;
};

}  // namespace tidemark::load
