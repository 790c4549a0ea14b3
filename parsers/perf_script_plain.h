#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark::perf_script {

// An event's line of the form that perf writes unless it is told otherwise. All
// rules read it alike as long as no word of the command is a number.
//
//   my server 1234/1235 [001]  3076.915498:    5025125 cpu-clock:u: \n
//   |comm---|
//   |thread-----------|
struct PlainEvent {
  std::string_view comm;
  std::string_view thread;  // the command and its pid
  std::string_view event;   // "cpu-clock:u"
  std::string_view time;    // "3076.915498"
  std::int64_t period = 1;
};

// Reads `line` from its end. `likely`: the event of the line before, which is then
// compared, not searched. False when the line is of another form.
bool read_plain(std::string_view line, std::string_view likely, PlainEvent& event);

}  // namespace tidemark::perf_script
