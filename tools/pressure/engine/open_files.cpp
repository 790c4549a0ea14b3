#include "tools/pressure/engine/open_files.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

namespace tidemark::pressure {

OpenFiles allow_open_files(std::uint64_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  OpenFiles files{.before = limit.rlim_cur, .now = limit.rlim_cur};
  if (limit.rlim_cur >= wanted) return files;  // RLIM_INFINITY is the largest number
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) files.now = limit.rlim_cur;
  return files;
}

std::string make_room_for_files(std::size_t more) {
  const std::uint64_t before = allow_open_files(0).now;
  if (before == RLIM_INFINITY) return {};
  const std::uint64_t wanted = before + more;
  const std::uint64_t now = allow_open_files(wanted).now;
  // What others opened so far may be little: short of it only when there is no room at all.
  if (now >= wanted || now > more + 256) return {};
  return fmt::format(
      "{} connections, but no more than {} open files are allowed: those beyond it fail "
      "(`ulimit -Hn` says the limit)",
      more, now);
}

}  // namespace tidemark::pressure
