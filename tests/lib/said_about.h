#pragma once

#include <string>

#include "lib/base/error.h"

namespace tidemark {

// What `action` says about a mistake of the user; its hint, if there is one, after " | ".
std::string said_about(auto&& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.hint().empty() ? error.what() : error.what() + (" | " + error.hint());
  }
  return "no error";
}

}  // namespace tidemark
