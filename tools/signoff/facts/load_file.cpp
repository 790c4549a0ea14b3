#include "tools/signoff/facts/load_file.h"

#include <algorithm>
#include <system_error>

#include "lib/run/load_file.h"

namespace tidemark::signoff {

LoadTimes LoadFile::times() const {
  LoadTimes out{.from_ms = result.start_ms, .to_ms = result.end_ms};
  for (const load::StageResult& stage : result.stages) {
    out.stages.push_back({.stage = stage.name, .from_ms = stage.start_ms, .to_ms = stage.end_ms});
  }
  return out;
}

// A limit that could not be measured makes a run "not valid" as well; then the driver was on time.
bool LoadFile::late() const {
  using State = load::LimitResult::State;
  return result.ending == load::Ending::kNotValid &&
         (std::ranges::find(result.limits, State::kNotMeasured, &load::LimitResult::state) ==
              result.limits.end() ||
          !result.why.starts_with('"'));
}

std::optional<LoadFile> read_load_file(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / kLoadFile;
  std::error_code none;
  if (!std::filesystem::exists(file, none)) return std::nullopt;
  return LoadFile{.result = read_load(file), .log = directory / kLoadLog};
}

}  // namespace tidemark::signoff
