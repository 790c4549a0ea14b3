#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// An address in another process.
using Address = std::uint64_t;

// One line of /proc/PID/maps.
struct MappedRange {
  Address start = 0;
  Address end = 0;
  bool readable = false;
  bool writable = false;
  bool executable = false;
  std::uint64_t offset = 0;  // in the file
  std::uint64_t inode = 0;   // 0: no file
  std::string path;          // as the process sees it; "[stack]", "... (deleted)"; may be empty

  bool holds(Address address) const { return start <= address && address < end; }
};

// The text of /proc/PID/maps; lines that are none are left out.
std::vector<MappedRange> parse_maps(std::string_view text);

// What is mapped in a process, by address.
class AddressSpace {
 public:
  explicit AddressSpace(std::vector<MappedRange> mappings) : mappings_(std::move(mappings)) {}

  // Throws Error when there is no such process, or we may not know.
  static AddressSpace of(pid_t pid);

  const std::vector<MappedRange>& mappings() const { return mappings_; }

  // Where `address` lies; nullptr: nowhere.
  const MappedRange* at(Address address) const;

  // The first mapping of the file whose name begins so ("libc.so.", "ld-linux"), up to a
  // "." or "-" or its end; nullptr: none is mapped. A file that was replaced since
  // ("... (deleted)") counts.
  const MappedRange* module(std::string_view name) const;

  // The names of all mapped files.
  std::vector<std::string> file_names() const;

 private:
  std::vector<MappedRange> mappings_;
};

// The last part of a mapping's path, without " (deleted)".
std::string_view file_name(const MappedRange& mapping);

}  // namespace tidemark
