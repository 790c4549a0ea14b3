#pragma once

#include <cstdint>
#include <string>

namespace leaky {

// Reads a document of a store of 64 MiB that the first call makes, and counts the reader in the
// document itself. `number` says which one: as many numbers in a row as there are documents read
// them all once, all over the store. It takes the same memory from the first call on, but in the
// builds with a planted fault (CMakeLists.txt).
std::string read_document(std::uint64_t number);

}  // namespace leaky
