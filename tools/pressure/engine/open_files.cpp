#include "tools/pressure/engine/open_files.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

namespace tidemark::pressure {

std::string make_room_for_files(std::size_t more) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  const rlim_t wanted = limit.rlim_cur + more;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  // What others opened so far may be little: short of it only when there is no room at all.
  if (limit.rlim_cur >= wanted || limit.rlim_cur > more + 256) return {};
  return fmt::format(
      "{} connections, but no more than {} open files are allowed: those beyond it fail "
      "(`ulimit -Hn` says the limit)",
      more, limit.rlim_cur);
}

}  // namespace tidemark::pressure
