#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace tidemark::bench {

// A sampled heap profile as gperftools writes it, of at least `size` bytes: stacks of
// up to 28 frames from a call tree that grows at random, so that inner frames are rare
// and outer ones common. The same arguments give the same bytes.
struct HeapInput {
  std::size_t size = 0;
  // Whose code the addresses are in, so that they have symbols; empty: a file that is
  // not there.
  std::filesystem::path program;
};

std::string heap_profile(const HeapInput& input);

}  // namespace tidemark::bench
