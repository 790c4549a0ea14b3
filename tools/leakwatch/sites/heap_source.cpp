#include "tools/leakwatch/sites/heap_source.h"

#include <algorithm>
#include <array>

namespace tidemark::leakwatch {
namespace {

constexpr std::array<const HeapSource*, 3> kTable = {&kHeapAgentSource, &kLadderSource,
                                                     &kGperftoolsSource};

}  // namespace

std::span<const HeapSource* const> heap_sources() { return kTable; }

const HeapSource& heap_source_named(std::string_view name) {
  return **std::ranges::find(kTable, name, &HeapSource::name);
}

}  // namespace tidemark::leakwatch
