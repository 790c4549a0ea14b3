#pragma once

#include <stdexcept>
#include <string>

namespace tidemark {

// A problem the user can act on: a bad option, an unreadable file, a missing
// profiler. It is thrown where it is noticed and caught in one place,
// cli::run_tool(). A broken promise inside our own code is an assert instead.
class Error : public std::runtime_error {
 public:
  // `hint` is the next thing to try; it is printed on a line of its own.
  explicit Error(const std::string& message, std::string hint = "");

  const std::string& hint() const { return hint_; }

 private:
  std::string hint_;
};

// A mistake in what the user wrote: the command line, or a file written by
// hand. The same as Error, but a tool exits with 2 instead of 3.
class UsageError : public Error {
 public:
  using Error::Error;
};

// An Error about a failed system call: "`what`: No such file or directory".
// Reads errno when called without `error_number`.
Error errno_error(const std::string& what);
Error errno_error(const std::string& what, int error_number);

}  // namespace tidemark
