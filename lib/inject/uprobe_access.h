#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "lib/inject/preflight.h"

namespace tidemark {

// The kernel's source of events by probes in programs, as perf_event_attr::type; nothing when
// it has none.
std::optional<std::uint32_t> uprobe_event_type();

// What keeps us from probes in the process; nothing: they can be set. None is set to find out.
std::optional<Obstacle> uprobe_obstacle(pid_t pid);

}  // namespace tidemark
