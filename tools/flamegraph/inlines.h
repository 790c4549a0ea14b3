#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/model/frame.h"
#include "lib/symbolize/symbolizer.h"

namespace tidemark::flamegraph {

// The calls that the compiler inlined at the places of perf script's text: what
// addr2line says for stackcollapse-perf.pl --inline.
class Inlines {
 public:
  // PerfScriptOptions::inlined_at. `symbol` is "f+0x12", from whose start the place is
  // found; where that name says nothing, `address` counts, as in a program that was
  // linked to fixed addresses.
  std::vector<Frame> at(const std::string& module, std::uint64_t address, std::string_view symbol);

  const std::vector<std::string>& warnings() const { return symbolizer_.warnings(); }

 private:
  Symbolizer symbolizer_;
};

}  // namespace tidemark::flamegraph
