#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "lib/model/finding.h"

namespace tidemark {

// One rule: what is not to be reported, who says so, why, and for how long.
//
// A finding is suppressed when its kind is listed, and one of its stacks has
// all of the places that the rule names. Functions match with and without their
// parameters, modules by path and by file name.
struct SuppressionRule {
  std::string id;
  std::string owner;
  std::string reason;
  std::string expires;                 // the last day on which it holds, "2027-01-31"; empty: never
  std::string tool;                    // only findings of this profiler; empty: of any
  std::vector<FindingKind> kinds;      // empty: any
  std::vector<std::string> functions;  // some frame's function matches one of these globs
  std::string module;                  // and the same frame's module matches this one
  std::vector<std::string> stack;      // globs of the innermost frames; "..." for any number
};

// Reads a suppressions file:
//
//   [[suppress]]
//   id = "tls-init"
//   kind = "reachable"                    # or a list; "leak" for all leaks; may be left out
//   function = "OPENSSL_init_*"           # or a list of which one must match
//   module = "libcrypto.so*"
//   stack = ["malloc", "...", "main"]     # instead of, or as well as, function and module
//   tool = "memcheck"
//   owner = "net team"
//   reason = "freed by the kernel at exit; openssl#1234"
//   expires = 2027-01-31
//
// id, owner, reason and one of function, module and stack are required. Throws
// UsageError with file, line and column for anything else: an unknown key is a
// rule that would not do what its author meant.
std::vector<SuppressionRule> parse_suppressions(const Input& input);

// Today's date here, "2026-11-21", to hold `expires` against.
std::string today();

}  // namespace tidemark
