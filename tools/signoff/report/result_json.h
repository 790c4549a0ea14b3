#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tools/signoff/result.h"

namespace tidemark::signoff {

// signoff.json (docs/formats/signoff.md): the journal of a campaign while it runs, and its result.
inline constexpr std::string_view kResultFile = "signoff.json";

// All of it, so that it comes back equal; but of charts and of the histories of sites so many
// points as a chart shows, and the worst 5,000 findings, with a warning that says so.
std::string to_json(const SignoffResult& result);

// Throws Error with `name` and the place in it when the text is something else, damaged, or
// of a newer version.
SignoffResult result_from_json(std::string_view name, std::string_view text);

// Writes `directory`/signoff.json; a reader sees the old or the new one, whole, and after a crash
// of the machine too. Throws Error.
void write_result(const std::filesystem::path& directory, const SignoffResult& result);

// signoff.json of a campaign's directory, or a file in its format. Throws Error.
SignoffResult read_result(const std::filesystem::path& path);

}  // namespace tidemark::signoff
