#include "agent/early.h"

#include <cstdint>

#include "agent/atomics.h"
#include "agent/recognition.h"

namespace tidemark::agent {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kPages = 64;
alignas(kPage) char pages[kPages * kPage];
std::size_t used_pages = 0;
std::size_t sizes[kPages];  // of the block that begins there, + 1

}  // namespace

void* early_block(std::size_t size) {
  const std::size_t wanted = size / kPage + 1;
  if (wanted > kPages) return nullptr;
  const std::size_t first = add(used_pages, wanted);
  if (first + wanted > kPages) return nullptr;
  sizes[first] = size + 1;
  recognised.insert(address_of(pages + first * kPage));
  return pages + first * kPage;
}

void recognise_early_blocks() {
  for (std::size_t page = 0; page < kPages; ++page)
    if (sizes[page] != 0) recognised.insert(address_of(pages + page * kPage));
}

bool is_early_block(const void* block) {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const auto start = reinterpret_cast<std::uintptr_t>(&pages[0]);
  return start <= address && address < start + sizeof pages;
}

std::size_t early_block_size(const void* block) {
  return sizes[static_cast<std::size_t>(static_cast<const char*>(block) - pages) / kPage] - 1;
}

}  // namespace tidemark::agent
