#pragma once

#include <filesystem>
#include <memory>

#include "lib/cli/tool.h"
#include "tools/signoff/run/directory_lock.h"
#include "tools/signoff/run/plan.h"

namespace tidemark::signoff {

// A campaign that is begun, or gone on with: what it is, where it writes, and its journal.
struct Started {
  std::filesystem::path directory;     // absolute
  DirectoryLock lock;                  // held as long as it lives
  std::unique_ptr<Campaign> campaign;  // stays where it is: the plan points into it
  Plan plan;
  SignoffResult result;
};

// Takes a new directory (nothing else may be in it), puts copies of the campaign and its budget
// files there, and begins the journal; or, with --resume, reads all of that back. Throws UsageError
// and Error.
Started start_campaign(const cli::Args& args);

}  // namespace tidemark::signoff
