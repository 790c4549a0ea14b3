#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "agent/heap_file.h"
#include "lib/base/file.h"

namespace tidemark {

// The entries of a heap file (docs/formats/agent.md), each read by one checked copy: the file
// may be hostile, and may change while it is read. A section of a file that was cut has the
// entries that are whole.
//
// `input` must outlive it.
class HeapFileView {
 public:
  // Throws Error when it is no heap file, of a newer version, not ready yet, or when its
  // header says what cannot be.
  explicit HeapFileView(const Input& input);

  // As it was when the view was made.
  const heap_file::Header& header() const { return header_; }

  std::size_t modules() const { return modules_.count; }
  std::size_t nodes() const { return nodes_.count; }
  std::size_t sites() const { return sites_.count; }
  std::size_t blocks() const { return blocks_; }

  // REQUIRES: the number is below that of the section.
  heap_file::Module module(std::size_t i) const { return entry<heap_file::Module>(modules_, i); }
  heap_file::Node node(std::size_t i) const { return entry<heap_file::Node>(nodes_, i); }
  heap_file::Site site(std::size_t i) const { return entry<heap_file::Site>(sites_, i); }
  // Empty when there is no such name.
  std::string thread_name(std::uint64_t i) const;

  // The sampled block in slot `i`, when there is one that was written as a whole.
  std::optional<heap_file::Live> block(std::size_t i) const;

  // "name+0xoffset: message" of an entry, for warnings.
  std::string at_site(std::size_t i, std::string_view message) const;
  std::string at_node(std::size_t i, std::string_view message) const;
  std::string at_block(std::size_t i, std::string_view message) const;
  std::string at_header(std::string_view message) const;

  // What was cut off, with its position; empty: nothing.
  const std::string& damage() const { return damage_; }

 private:
  struct Entries {
    std::size_t offset = 0;
    std::size_t count = 0;
    std::size_t size = 0;
  };

  template <class Entry>
  Entry entry(const Entries& entries, std::size_t i) const {
    Entry copy{};  // what an older writer does not have is 0
    std::memcpy(&copy, input_.bytes.data() + entries.offset + i * entries.size,
                std::min(entries.size, sizeof copy));
    return copy;
  }
  Entries checked(const heap_file::Section& section, std::size_t least, std::string_view name);
  std::string at(const Entries& entries, std::size_t i, std::string_view message) const;

  Input input_;
  heap_file::Header header_{};
  std::string damage_;
  Entries modules_;
  Entries nodes_;
  Entries sites_;
  Entries keys_;
  Entries lives_;
  Entries names_;
  std::size_t blocks_ = 0;
};

// The text in a field of fixed size, up to its NUL.
template <std::size_t kSize>
std::string text_in(const char (&field)[kSize]) {
  return {static_cast<const char*>(field), ::strnlen(static_cast<const char*>(field), kSize)};
}

}  // namespace tidemark
