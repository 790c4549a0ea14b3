#include "lib/inject/uprobe_access.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/base/numbers.h"
#include "lib/process/proc.h"

namespace tidemark {

std::optional<std::uint32_t> uprobe_event_type() {
  const auto text = read_kernel_file("/sys/bus/event_source/devices/uprobe/type");
  if (!text || text->empty()) return std::nullopt;
  const auto number = to_number(std::string_view(*text).substr(0, text->find('\n')));
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::optional<Obstacle> uprobe_obstacle(pid_t pid) {
  const std::optional<std::uint32_t> type = uprobe_event_type();
  if (!type) {
    return Obstacle{.what = "the kernel has no probes in programs, or /sys is not there",
                    .remedy = "a kernel with CONFIG_UPROBE_EVENTS=y"};
  }
  // A file that cannot be: whoever may set probes is told that, all others that they may not.
  constexpr const char* kNoFile = "/dev/null/tidemark";
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = *type;
  attr.config1 = reinterpret_cast<std::uintptr_t>(kNoFile);
  attr.disabled = 1;
  const long fd = ::syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd >= 0) ::close(static_cast<int>(fd));
  if (fd >= 0 || errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  if (errno == EACCES || errno == EPERM) {
    return Obstacle{
        .what =
            "the kernel lets only those with CAP_PERFMON set probes, whatever "
            "kernel.perf_event_paranoid says",
        .remedy = "root, or: setcap cap_perfmon,cap_sys_ptrace+ep \"$(command -v memprof)\""};
  }
  return Obstacle{.what = std::string("the kernel refuses probes: ") + std::strerror(errno),
                  .remedy = "in a container: its seccomp filter must allow perf_event_open"};
}

}  // namespace tidemark
