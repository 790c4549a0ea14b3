#include "lib/model/run.h"

#include <array>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/lines.h"

namespace tidemark {
namespace {

constexpr std::array<std::string_view, 7> kNames = {
    "running", "exited", "signalled", "stopped", "killed", "not_started", "never_ready"};

}  // namespace

std::string_view name_of(EndKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

EndKind end_kind(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<EndKind>(i);
  }
  throw Error("expected a way to end such as 'exited', found " + quoted(name));
}

}  // namespace tidemark
