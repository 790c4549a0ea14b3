#include "bench/heap_input.h"

#include <elf.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <iterator>
#include <random>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace tidemark::bench {
namespace {

// What of a file is mapped as code.
struct Code {
  std::string path = "/tmp/server";
  std::uint64_t size = 0x2000000;
  std::uint64_t offset = 0x1000;
  std::uint64_t places = 60'000;  // where calls return to
};

Code code_of(const std::filesystem::path& program) {
  constexpr std::uint64_t kPlaces = 20'000;
  const File file = read_file(program);
  Elf64_Ehdr header{};
  if (file.bytes().size() < sizeof header) throw Error(program.string() + ": no ELF file");
  std::memcpy(&header, file.bytes().data(), sizeof header);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    const std::size_t at = header.e_phoff + i * sizeof segment;
    if (at + sizeof segment > file.bytes().size()) break;
    std::memcpy(&segment, file.bytes().data() + at, sizeof segment);
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    return {.path = program.string(),
            .size = segment.p_filesz,
            .offset = segment.p_offset,
            .places = kPlaces};
  }
  throw Error(program.string() + ": no code in it");
}

// A node of a call tree: an address and who called it.
struct Call {
  std::uint64_t address = 0;
  std::size_t caller = 0;
  int depth = 0;
};

}  // namespace

std::string heap_profile(const HeapInput& input) {
  constexpr std::uint64_t kStart = 0x55d0c0000000;
  constexpr int kDeepest = 28;
  const Code code = input.program.empty() ? Code{} : code_of(input.program);
  std::mt19937_64 random(1);
  std::vector<Call> calls{{.address = kStart}};
  std::string out = "heap profile:      1:        1 [     1:        1] @ heap_v2/524288\n";
  auto to = std::back_inserter(out);
  while (out.size() < input.size) {
    std::size_t at = random() % calls.size();
    const std::uint64_t deeper = 1 + random() % 8;
    for (std::uint64_t i = 0; i < deeper && calls[at].depth < kDeepest; ++i) {
      const std::uint64_t place = random() % code.places;
      calls.push_back({.address = kStart + code.size * place / code.places,
                       .caller = at,
                       .depth = calls[at].depth + 1});
      at = calls.size() - 1;
    }
    const std::uint64_t objects = 1 + random() % 50;
    const std::uint64_t bytes = objects * (16U << random() % 9);
    fmt::format_to(to, "{:6}: {:8} [{:6}: {:8}] @", objects, bytes, objects * 2, bytes * 2);
    for (; at != 0; at = calls[at].caller) fmt::format_to(to, " 0x{:x}", calls[at].address);
    fmt::format_to(to, " 0x{:x}\n", kStart);
  }
  fmt::format_to(to, "\nMAPPED_LIBRARIES:\n{:x}-{:x} r-xp {:08x} 00:00 7    {}\n", kStart,
                 kStart + (code.size + 0xFFF) / 0x1000 * 0x1000, code.offset, code.path);
  return out;
}

}  // namespace tidemark::bench
