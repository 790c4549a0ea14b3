#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace tidemark::memprof {

// What records CPU time by stack to `raw`/perf.data, up to the target or the
// option that says which process.
std::vector<std::string> perf_record(const std::filesystem::path& perf,
                                     const std::filesystem::path& raw);

// Turns perf.data into perf.script.txt, which is what is parsed.
void perf_script(const std::filesystem::path& raw);

}  // namespace tidemark::memprof
