#pragma once

#include <sstream>
#include <string>

#include "lib/load/scenario.h"

namespace tidemark::pressure {

// "pause 1s" as a scenario file would give it.
inline load::Injection injection(const std::string& text) {
  load::Injection result{.text = text};
  std::istringstream words(text);
  words >> result.kind;
  for (std::string word; words >> word;) result.arguments.push_back(word);
  return result;
}

}  // namespace tidemark::pressure
