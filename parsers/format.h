#pragma once

#include <string_view>

#include "lib/base/file.h"
#include "lib/model/recording.h"

namespace tidemark {

// One profiler output format. To add one, define a Format in its own file in
// this directory and list it in formats.cpp.
struct Format {
  std::string_view name;     // for --format and for messages
  std::string_view summary;  // one line for --help

  // Whether `head`, the first 4 KiB of a file, is in this format. Must not
  // throw. At most one format may answer yes to the same file.
  bool (*recognizes)(std::string_view head);

  // Throws Error when the input is in this format but damaged beyond use. What
  // was whole before a cut is returned, with Recording::partial and a warning.
  // A file that holds nothing at all is an Error, never an empty Recording.
  Recording (*parse)(const Input& input);
};

}  // namespace tidemark
