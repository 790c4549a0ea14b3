#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "lib/cli/tool.h"
#include "tools/signoff/run/plan.h"

namespace tidemark::signoff {

// What check and run share on their command lines.
inline constexpr auto kSelectionOptions = std::to_array<cli::Option>({
    {.name = "--target",
     .value = "NAME",
     .summary = "only on these targets; a glob",
     .repeats = true},
    {.name = "--only",
     .value = "PHASE",
     .summary = "only these phases; a glob of PHASE or TARGET/PHASE",
     .repeats = true},
    {.name = "--skip", .value = "PHASE", .summary = "all but these phases", .repeats = true},
    {.name = "--scale",
     .value = "SHARE",
     .summary = "multiply all times that the campaign names: 0.01 for a rehearsal",
     .fallback = "1"},
});

Selection selection_from(const cli::Args& args);

// Above 0, at most 1. Throws UsageError.
double scale_from(const cli::Args& args);

// "signoff-release-20261122-010203".
std::filesystem::path default_directory(const std::string& campaign);

}  // namespace tidemark::signoff
