#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tools/signoff/run/plan.h"

namespace tidemark::signoff {

// Why a run cannot start here, with what to do about it; empty: it can. For a tool, or a program
// that it names, which is not installed.
std::string trouble_of(const PlannedPhase& planned, const RunPlan& run, const Campaign& campaign);

// The same of a whole phase: what it requires besides, and room for it in `directory`.
std::string trouble_of(const PlannedPhase& planned, const std::filesystem::path& directory);

// What can be said before anything runs. Throws Error when nothing can run at all: `directory`
// cannot be written, or no port of this machine can be had.
struct Trouble {
  std::string phase;  // PhaseResult::id()
  std::string run;    // empty: the whole phase
  std::string why;
};
std::vector<Trouble> preflight(const Plan& plan, const Campaign& campaign,
                               const std::filesystem::path& directory);

// How many CPUs we may use.
int usable_cpus();

// A TCP port that is free on all addresses now, other than those of `taken`. Below the range that
// the kernel gives to outgoing connections, so that none of those gets it first.
std::uint16_t free_port(const std::vector<std::uint16_t>& taken);

// Bytes that can be written into the file system of `directory`; nothing: not known.
std::optional<std::int64_t> free_disk(const std::filesystem::path& directory);

}  // namespace tidemark::signoff
