#pragma once

#include <string>
#include <string_view>

#include "lib/load/scenario.h"
#include "lib/load/template.h"
#include "tools/pressure/engine/loop.h"
#include "tools/pressure/engine/tally.h"

namespace tidemark::pressure {

// What each kind of file work (coding.h, refactor.h, git.h) is done with and counted by.
// A kind is a class whose step() does one small piece, a few milliseconds at most, and
// says when the next is due.
struct FileWork {
  Tally* tally = nullptr;
  std::string name;          // of the clients: labels are NAME.write, NAME.commit, ...
  load::Span every;          // between edits, or between rounds of refactoring and git
  std::string trouble = {};  // what went wrong first, for people

  // Counts what began at `from` and ends now, under NAME.`what`; `problem` is an errno or 0.
  void count(std::string_view what, Time from, int problem);
  void note(std::string_view text);

  // A moment of the span from now on.
  Time pause(load::Random& random) const;
};

// Nanoseconds of CLOCK_MONOTONIC: the loop's now() does not move within a step.
Time clock_now();

// Lines of words, such as a text file or a source file has; at least `bytes` of them.
std::string some_text(std::size_t bytes, load::Random& random);

}  // namespace tidemark::pressure
