// The ordinary work of the service, over a working set of a usual size. Built as it is nothing is
// wrong with it. Two faults of the kind that a release check is there for can be planted, so that
// builds differ in nothing else:
//
//   PLANTED_GROWTH_BYTES=134   each document is so much larger: 3 % of what the process takes
//   PLANTED_LEAK_BYTES=100     each read forgets a block of so many bytes: a definite leak
//
// A document is changed where it stands. One that is allocated again by whichever thread reads it
// would move from malloc arena to malloc arena, and the process grow for as long as that takes.
#include "examples/leaky-service/documents.h"

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <vector>

#ifndef PLANTED_GROWTH_BYTES
#define PLANTED_GROWTH_BYTES 0
#endif
#ifndef PLANTED_LEAK_BYTES
#define PLANTED_LEAK_BYTES 0
#endif

namespace leaky {
namespace {

constexpr std::size_t kGrowthBytes = PLANTED_GROWTH_BYTES;
constexpr std::size_t kLeakBytes = PLANTED_LEAK_BYTES;

constexpr std::size_t kDocuments = 16384;
constexpr std::size_t kSmallest = 2048;
constexpr std::size_t kSpread = 4096;  // 2 to 6 KiB, 4 on average
constexpr std::size_t kStride = 6151;  // has no factor in common with either
constexpr std::size_t kReaders = 20;   // digits at the start of a document: who read it last

class Store {
 public:
  Store() {
    for (std::size_t i = 0; i < kDocuments; ++i) {
      const std::size_t bytes = kSmallest + i * kStride % kSpread;
      documents_.emplace_back(bytes + kGrowthBytes, static_cast<char>('a' + i % 26));
    }
  }

  std::string read(std::uint64_t number) {
    const std::size_t which = number * kStride % kDocuments;
    const std::lock_guard lock(locks_[which % locks_.size()]);
    std::string& document = documents_[which];
    std::array<char, kReaders + 1> reader{};
    std::snprintf(reader.data(), reader.size(), "%020llu", static_cast<unsigned long long>(number));
    document.replace(0, kReaders, reader.data());
    return document;
  }

 private:
  std::array<std::mutex, 64> locks_;
  std::vector<std::string> documents_;
};

// The planted leak. What it makes is copied to nowhere, and nothing points to it afterwards.
[[gnu::noinline]] char leak_read_note(std::uint64_t number) {
  char* const note = static_cast<char*>(std::malloc(kLeakBytes));
  std::snprintf(note, kLeakBytes, "read %llu", static_cast<unsigned long long>(number));
  return note[0];
}

}  // namespace

[[gnu::noinline]] std::string read_document(std::uint64_t number) {
  static Store store;
  std::string document = store.read(number);
  if constexpr (kLeakBytes > 0) document.back() = leak_read_note(number);
  return document;
}

}  // namespace leaky
