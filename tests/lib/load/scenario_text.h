#pragma once

#include <string>
#include <string_view>

#include "lib/load/scenario.h"
#include "tests/lib/said_about.h"

namespace tidemark::load {

inline Scenario parsed(std::string_view text) {
  return parse_scenario({.name = "soak.toml", .bytes = text});
}

inline std::string error_in(std::string_view text) {
  return said_about([&] { parsed(text); });
}

// A whole file with `more` after the first 5 lines, which are right.
inline std::string with(std::string_view more) {
  return "target = 'http://127.0.0.1:8000/api/'\n"
         "[load]\n"
         "stages = [{ name = 'normal', rate = 50, hold = '10m' }]\n"
         "[mix]\n"
         "home = { get = '/' }\n" +
         std::string(more);
}

}  // namespace tidemark::load
