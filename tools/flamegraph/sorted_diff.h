#pragma once

#include <optional>
#include <string>

#include "lib/analyze/compare.h"
#include "lib/base/file.h"
#include "lib/cli/tool.h"
#include "lib/report/folded.h"

namespace tidemark::flamegraph {

// Two files of folded text that are sorted and plain, and no option that asks for more
// than their lines: compared without a profile of either, several times as fast. What
// comes out is what comes out of compare() and write_folded_diff().
class SortedDiff {
 public:
  // Nothing when they are anything else, which is no error.
  static std::optional<SortedDiff> of(const std::string& before, const std::string& after,
                                      const cli::Args& args);

  void write(const TextSink& sink) const;
  Compared compared() const;

 private:
  SortedDiff(File before, File after);

  File before_;
  File after_;
};

}  // namespace tidemark::flamegraph
