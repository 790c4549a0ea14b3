#include "agent/recognition.h"

#include <sys/mman.h>

#include <cstring>

namespace tidemark::agent {

void forget_addresses() {
  // Whole pages of zeros from the kernel; it refuses those that the program has locked.
  if (madvise(static_cast<void*>(&recognised), sizeof recognised, MADV_DONTNEED) != 0)
    memset(static_cast<void*>(&recognised), 0, sizeof recognised);
}

}  // namespace tidemark::agent
