#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/analyze/document.h"
#include "lib/report/report.h"

namespace tidemark {

// "clean", "found", "failed", "undecided", as in files and in headlines.
std::string_view code_of(Verdict verdict);

// "unjudged", "new", "known", "fixed".
std::string_view code_of(SiteStatus status);

// Where a frame is, as short as people name it: "service.cpp:41", "service.cpp",
// "libc.so.6", "" when nothing is known. And the same with the whole path.
std::string short_place(const Frame& frame);
std::string full_place(const Frame& frame);

// How the target ended: "exited with 0", "died of signal 11 (SIGSEGV)",
// "stopped when asked", ...; with the reason when there is one.
std::string end_text(const End& end);

// A command as one line, each argument quoted where a shell would need it.
std::string command_text(const std::vector<std::string>& command);

// What a site costs: "3.1 KiB in 32 blocks" for leaks, "7 times" for errors.
std::string cost_text(const Site& site);

// One line of a stack as people read it: one frame, or a run of frames of
// allocators and runtimes that is folded away.
struct StackLine {
  std::size_t first = 0;
  std::size_t count = 1;
  bool folded = false;
};
std::vector<StackLine> stack_lines(const CallStack& stack, bool all_frames);

// The profile that a reader sees first: that of all processes where there is
// one, else the last. Null when there is none.
const Profile* main_profile(const Document& document);

// A value of it, or of another profile, that a report shows: its default.
std::size_t shown_value(const Profile& profile);

// Source around one line, `first` being the number of the first of `lines`.
// Empty when the place is not known or cannot be read.
struct Snippet {
  std::int64_t first = 0;
  std::int64_t marked = 0;
  std::vector<std::string> lines;  // tabs expanded
};
Snippet snippet_of(const Frame& place, const ReportOptions& options);

}  // namespace tidemark
