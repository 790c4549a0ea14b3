#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/heap_file.h"

namespace tidemark::agent {

struct LiveBlock {
  std::uint64_t address;
  heap_file::Live block;
};

// What a heap file says, and whether it agrees with itself. Just enough for the agent's tests:
// the tools' reader is in parsers/.
class HeapReader {
 public:
  // Throws std::runtime_error when it is no heap file.
  explicit HeapReader(const std::filesystem::path& path);

  const heap_file::Header& header() const { return header_; }
  const std::vector<heap_file::Site>& sites() const { return sites_; }
  const std::vector<LiveBlock>& live() const { return live_; }

  // Paths of the modules of a site's frames, innermost first, "?" for none.
  std::vector<std::string> modules_of(const heap_file::Site& site) const;

  // What does not fit together; empty: all does. Up to `in_flight` samples and frees may be
  // half written: one for each thread.
  std::string contradiction(std::uint64_t in_flight) const;

  double allocated_bytes() const;
  double allocated_variance() const;
  double live_bytes() const;
  double live_variance() const;

 private:
  template <class T>
  std::vector<T> section(const heap_file::Section& section) const;

  std::string bytes_;
  heap_file::Header header_;
  std::vector<heap_file::Module> modules_;
  std::vector<heap_file::Node> nodes_;
  std::vector<heap_file::Site> sites_;
  std::vector<LiveBlock> live_;
  std::uint64_t torn_ = 0;  // live blocks that are being written
};

}  // namespace tidemark::agent
