#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/file.h"

namespace tidemark {

// Where something begins in a file; both count from 1.
struct TomlPlace {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

struct TomlMember;

// A TOML file (https://toml.io/en/v1.0.0) as plain values which know where they stand. What
// a kind does not use is empty.
struct TomlNode {
  enum class Kind : std::uint8_t {
    kText,
    kNumber,    // whole
    kFraction,  // not NaN, not infinite
    kTruth,
    kDate,
    kList,
    kTable
  };

  Kind kind = Kind::kTable;
  TomlPlace place;
  std::string text;  // of a text; of a date or a time, as TOML writes it
  std::int64_t number = 0;
  double fraction = 0;
  bool truth = false;
  std::vector<TomlNode> items;
  std::vector<TomlMember> members;  // in the order of the file
};

struct TomlMember {
  std::string key;
  TomlPlace place;  // of the key
  TomlNode value;
};

// Throws UsageError, "FILE:LINE:COLUMN: ...", for what is not TOML, is larger than 1 MiB, or
// is nested deeper than people write.
TomlNode parse_toml(const Input& input);

}  // namespace tidemark
