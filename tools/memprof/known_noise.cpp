#include "tools/memprof/known_noise.h"

#include <string_view>

namespace tidemark::memprof {
namespace {

// Checked with valgrind 3.19 and glibc 2.36.
constexpr std::string_view kRules = R"(
[[suppress]]
id = "glibc-thread-reuse"
kind = "race"
function = ["get_cached_stack", "allocate_stack", "allocate_dtv", "_dl_allocate_tls*"]
module = "libc.so*"
owner = "tidemark"
reason = "glibc clears the stack and TLS of an ended thread for a new one; helgrind does not see that the old one has ended"

[[suppress]]
id = "glibc-thread-reuse-loader"
kind = "race"
function = ["allocate_dtv", "_dl_allocate_tls*"]
module = "ld-linux*"
owner = "tidemark"
reason = "glibc clears the stack and TLS of an ended thread for a new one; helgrind does not see that the old one has ended"
)";

}  // namespace

std::vector<SuppressionRule> known_noise() {
  return parse_suppressions({.name = "the known noise of profilers", .bytes = kRules});
}

}  // namespace tidemark::memprof
