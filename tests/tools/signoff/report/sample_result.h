#pragma once

#include <filesystem>

#include "tools/signoff/result.h"

namespace tidemark::signoff {

// A campaign on two targets that failed, with every state, waivers that hold and that have
// expired, a retry, and findings that are new, known and fixed.
SignoffResult sample_result();

// The same whose texts are all markup, escapes and bytes that are no UTF-8.
SignoffResult hostile_result();

// One that passed, at full scale; and a rehearsal that could not decide.
SignoffResult passed_result();
SignoffResult rehearsal_result();

// Leaves in `directory` what the sample's runs would have: a heap profile, and a page.
void write_sample_runs(const std::filesystem::path& directory);

}  // namespace tidemark::signoff
