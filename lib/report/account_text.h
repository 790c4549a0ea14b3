#pragma once

#include <optional>
#include <string>

#include "lib/analyze/memory_account.h"

namespace tidemark {

// One process, or several together, at one moment.
struct Accounted {
  std::string target;  // "process 4711 (redis-server)"
  MemoryReading reading;
  MemoryAccount account;
};

// As tables for a terminal, at most 80 columns wide but for the target's name. With
// `before`, what changed since is beside it.
std::string account_text(const Accounted& now, const std::optional<Accounted>& before);

// The same as JSON: docs/leakwatch-sites.md.
std::string account_json(const Accounted& now, const std::optional<Accounted>& before);

}  // namespace tidemark
