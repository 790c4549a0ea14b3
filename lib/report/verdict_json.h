#pragma once

#include <string>

#include "lib/analyze/document.h"

namespace tidemark {

// verdict.json, version 1: what was decided, the exit code, and the numbers that
// it rests on; docs/memprof.md describes it.
std::string verdict_json(const Document& document, int exit_code);

}  // namespace tidemark
