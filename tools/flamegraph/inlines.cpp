#include "tools/flamegraph/inlines.h"

#include <optional>

#include "lib/base/numbers.h"

namespace tidemark::flamegraph {

std::vector<Frame> Inlines::at(const std::string& module, std::uint64_t address,
                               std::string_view symbol) {
  const std::size_t plus = symbol.rfind('+');
  const auto into = plus == std::string_view::npos ? std::nullopt : to_hex(symbol.substr(plus + 1));
  if (into) {
    if (const auto start = symbolizer_.address_of(module, std::string(symbol.substr(0, plus)))) {
      // A caller stands at its return address, one past the call.
      return symbolizer_.frames_at_address(module, *start + (*into > 0 ? *into - 1 : 0));
    }
  }
  return symbolizer_.frames_at_address(module, address);
}

}  // namespace tidemark::flamegraph
