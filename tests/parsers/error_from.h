#pragma once

#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "parsers/format.h"

namespace tidemark {

// The message of the Error that parsing `text` throws; "no error" without one.
inline std::string error_from(const Format& format, std::string_view text) {
  try {
    format.parse({.name = "input", .bytes = text});
    return "no error";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace tidemark
