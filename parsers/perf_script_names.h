#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/perf_script_lines.h"

namespace tidemark::perf_script {

// Appends the names that `frame` folds to, outermost first: one as a rule; none
// where the rules skip the frame; several where perf's symbol names the calls
// inlined there ("a->b"), or where options.inlined_at does. `java`: the sample is
// of a command that starts so.
void fold_names(const FrameLine& frame, const PerfScriptOptions& options, bool java,
                std::vector<std::string>& names);

// A symbol without "+0x1f" at its end.
std::string_view without_offset(std::string_view symbol, Rules rules);

// The root frame of an event: "comm", "comm-PID", "comm-PID/TID".
std::string root_name(const EventLine& event, const PerfScriptOptions& options);

// A source line of -F +srcline without what stackcollapse-perf.pl takes off.
std::string tidy_source(std::string_view line);

// `name` with the escapes of Rust's older mangling undone and without its hash;
// other names stay as they are.
//   "_$LT$T$u20$as$u20$core..fmt..Debug$GT$::fmt::h0123456789abcdef"
//   "<T as core::fmt::Debug>::fmt"
std::string rust_name(std::string_view name);

// `text` with U+FFFD for each piece that is not UTF-8, as Rust's from_utf8_lossy.
std::string with_replacements(std::string_view text);

}  // namespace tidemark::perf_script
