#pragma once

#include <filesystem>

#include "lib/base/file.h"

namespace tidemark::signoff {

// Holds a campaign's directory, so that no other signoff writes there: a locked file in it, which
// says who. The kernel drops the lock when we end, however that happens.
class DirectoryLock {
 public:
  // Makes the directory. Throws Error when another process that lives holds it; one that is
  // dying (its tools are being ended) is waited for.
  explicit DirectoryLock(const std::filesystem::path& directory);

 private:
  Descriptor fd_;
};

}  // namespace tidemark::signoff
