#include <string>

#include "tools/memprof/backends/all_backends.h"

namespace tidemark::memprof {
namespace {

// A path is quoted for the sanitizers' option parser, which splits at ':'.
Command wrap(const Command& target, const Wrap& wrap) {
  Command command = target;
  const std::string path = "log_path='" + (wrap.raw / "lsan-log").string() + "'";
  command.environment["LSAN_OPTIONS"] = path + ":max_leaks=0";
  command.environment["ASAN_OPTIONS"] = path + ":detect_leaks=1";
  return command;
}

}  // namespace

constinit const Backend kLsanLogBackend = {
    .name = "lsan-log",
    .summary = "leaks and invalid memory use, of a target built with -fsanitize=address or leak",
    .symbol = "__lsan_init|__asan_init",
    .slow_down = 2,
    .wrap = wrap,
};

}  // namespace tidemark::memprof
