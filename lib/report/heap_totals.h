#pragma once

#include <string>
#include <vector>

#include "lib/analyze/document.h"

namespace tidemark {

// What a sampled heap profile says in sum of one kind of memory, with its standard errors.
struct HeapTotal {
  std::string kind;     // "in use", "allocated", "temporary", "at the peak"
  std::string bytes;    // "50.1 ±5.0 MiB"; empty: not known
  std::string objects;  // "52,479 ±5,248"; empty: not known
};

// One for each kind that the document's totals have, in their order; empty when there are none.
std::vector<HeapTotal> heap_totals(const Document& document);

// "52,479 ±5,248"; without an error "52,479".
std::string count_text(std::int64_t count, double error);

}  // namespace tidemark
