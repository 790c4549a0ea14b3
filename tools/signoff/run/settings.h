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

// The revision that was given, or that of the git repository in which `file` is; empty: none.
std::string commit_from(const cli::Args& args, const std::filesystem::path& file);

// The baseline that is looked for in the history.
inline constexpr std::string_view kLastBaseline = "last";

// An absolute path, "last", or nothing. Throws UsageError when there is no such directory.
std::string baseline_from(const cli::Args& args);

// The file of the history, absolute; empty: none. What the campaign's file says is relative to it.
std::string history_from(const cli::Args& args, const Campaign& campaign);

// "signoff-release-20261122-010203".
std::filesystem::path default_directory(const std::string& campaign);

}  // namespace tidemark::signoff
