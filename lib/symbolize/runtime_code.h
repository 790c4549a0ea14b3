#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>

#include "lib/symbolize/symbol_table.h"

namespace tidemark {

// The functions that a runtime (node, Java, .NET) made while it ran, as it told
// perf in one of two files:
//
//   /tmp/perf-PID.map   lines of "START SIZE NAME", numbers hexadecimal
//   jit-PID.dump        a jitdump: records with the code itself, in which a
//                       function may move
//
// Code may replace other code at its address. Neither perf nor we know when, for
// a map: the last line wins. In a jitdump the later record wins as well.
class RuntimeCode {
 public:
  // Empty when the file cannot be read, or holds nothing; `why` then says so.
  static RuntimeCode read(const std::filesystem::path& path, std::string& why);

  void parse_map(std::string_view text);
  // What a cut or damaged dump tells before the damage counts.
  void parse_jitdump(std::string_view bytes);

  bool empty() const { return table_.size() == 0; }
  std::string_view function_at(std::uint64_t address) const;

 private:
  std::deque<std::string> names_;
  SymbolTable table_;
};

}  // namespace tidemark
