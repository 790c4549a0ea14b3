#pragma once

#include <string>
#include <string_view>

#include "lib/report/folded.h"
#include "parsers/perf_script_folder.h"

namespace tidemark {

// What `text` folds to, by the fast way or line by line; what was left out as well.
inline std::string fold_with(std::string_view text, const PerfScriptOptions& options,
                             bool by_lines) {
  constexpr std::size_t kMemory = std::size_t{1} << 20;
  perf_script::Folder folder(options, options.event_filter, kMemory);
  if (by_lines) folder.read_by_lines();
  folder.fold({.begin = text.data(), .end = text.data() + text.size()});
  std::string out;
  for (const Profile& profile : folder.tree().profiles("event").list) {
    out += to_folded(profile, 0, Zeros::kKept) + "--\n";
  }
  const perf_script::Tallies& left = folder.tallies();
  for (const perf_script::Tally& tally : {left.unrecognized, left.huge, left.merged, left.unended,
                                          left.cut, left.lost, left.filtered, left.frameless}) {
    out += std::to_string(tally.count) + "@" + std::to_string(tally.first) + "\n";
  }
  return out;
}

}  // namespace tidemark
