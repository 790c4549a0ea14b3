#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark {

// Reads numbers and pieces of a binary text from front to back. Every read is
// checked; one past the end throws "`name`+0x`offset`: expected ..., found the
// end of the file". `bytes` must outlive the Bytes and what it returned.
class Bytes {
 public:
  Bytes(std::string_view name, std::string_view bytes, std::endian order = std::endian::little)
      : name_(name), bytes_(bytes), order_(order) {}

  bool at_end() const { return offset_ == bytes_.size(); }
  std::size_t offset() const { return offset_; }
  std::size_t left() const { return bytes_.size() - offset_; }
  void order(std::endian order) { order_ = order; }

  // The next number of 1, 2, 4 or 8 bytes. `what` names it in messages.
  std::uint8_t u8(std::string_view what);
  std::uint16_t u16(std::string_view what);
  std::uint32_t u32(std::string_view what);
  std::uint64_t u64(std::string_view what);

  // The next `length` bytes. A length that came from a file is safe here.
  std::string_view take(std::uint64_t length, std::string_view what);

  // Goes to `offset` from the start; the end itself is allowed.
  void seek(std::uint64_t offset, std::string_view what);

  // Throws "name+0xoffset: expected `expected`, found `found`".
  [[noreturn]] void fail(std::string_view expected, std::string_view found) const;

  // "name+0xoffset: `message`", for a warning about this place.
  std::string at(std::string_view message) const;

 private:
  std::uint64_t number(std::size_t size, std::string_view what);

  std::string_view name_;
  std::string_view bytes_;
  std::endian order_;
  std::size_t offset_ = 0;
};

}  // namespace tidemark
