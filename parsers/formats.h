#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "lib/model/recording.h"
#include "parsers/format.h"

namespace tidemark {

// Every format, in the order in which they are shown.
std::span<const Format* const> formats();

// The format of that name; Error with the names there are when there is none.
const Format& format_named(std::string_view name);

// The format that recognises `head`, the first bytes of a file (4 KiB, or all
// of a shorter one), already decompressed; null when none does.
const Format* recognize(std::string_view head);

// A file whose format is known.
struct Opened {
  File file;           // decompressed
  std::string damage;  // what is wrong with its compression; empty: nothing
  const Format* format = nullptr;
};

// Decompresses `file` and finds its format: a name, or "auto" to go by the
// contents. Throws Error for an empty file and one in no known format.
Opened open(const File& file, std::string_view format = "auto");

// Reads it. Throws Error when it is damaged beyond use.
Recording parse(const Opened& opened);

// Reads a file of any format, compressed or not. `format` is a name, or "auto"
// to go by the contents. Throws Error for an empty file, a file in no known
// format, and a damaged one.
Recording parse(const File& file, std::string_view format = "auto");

}  // namespace tidemark
