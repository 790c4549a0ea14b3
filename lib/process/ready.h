#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/process/tree.h"

namespace tidemark {

// When a target counts as ready for load.
struct Readiness {
  enum class Kind : std::uint8_t {
    kNone,     // at once
    kAuto,     // one of its processes listens: on a TCP port or a Unix socket
    kTcp,      // `host`:`port` accepts a connection
    kHttp,     // GET `path` there is answered with a status of 200 to 399
    kOutput,   // a line of its output matches `pattern`
    kCommand,  // `command` ends with 0
  };
  Kind kind = Kind::kAuto;
  std::string text;  // as it was given
  std::string host;  // an address in digits
  std::uint16_t port = 0;
  std::string path;
  std::string pattern;  // POSIX extended
  std::vector<std::string> command;
};

// Reads "tcp:PORT", "tcp:HOST:PORT", "http://HOST[:PORT][/PATH]", "output:REGEX",
// "command:PROGRAM ARGUMENT...", "none" or "auto". HOST is an address or
// localhost: no name is looked up. Arguments are split at blanks; quotes and
// backslashes work as in a shell, nothing else does. Throws UsageError.
Readiness parse_readiness(std::string_view text);

// Tries one condition again and again, without ever waiting for the target:
//
//   ReadyProbe probe(readiness, options);
//   while (!probe.is_ready(tree)) { look after other things; wait a little }
//
// An attempt that takes its time (a slow answer, a command) goes on from call to
// call, so a target 50 times slower than usual is asked once, not 50 times.
class ReadyProbe {
 public:
  // `options` are those that the tree was started with: where its output goes.
  ReadyProbe(Readiness readiness, const TreeOptions& options);
  ReadyProbe(ReadyProbe&&) noexcept;
  ReadyProbe& operator=(ReadyProbe&&) noexcept;
  ~ReadyProbe();

  // Whether the condition holds now, or held before.
  bool is_ready(const Tree& tree);

  // What the last attempt saw, for the error when it never was: "127.0.0.1:6379:
  // Connection refused", "the port is held by process 77 (redis-server), which
  // is not the target's".
  const std::string& seen() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemark
