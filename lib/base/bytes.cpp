#include "lib/base/bytes.h"

#include <fmt/format.h>

#include "lib/base/error.h"

namespace tidemark {

std::uint64_t Bytes::number(std::size_t size, std::string_view what) {
  const std::string_view raw = take(size, what);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t at = order_ == std::endian::big ? i : size - 1 - i;
    value = value << 8 | static_cast<unsigned char>(raw[at]);
  }
  return value;
}

std::uint8_t Bytes::u8(std::string_view what) { return static_cast<std::uint8_t>(number(1, what)); }

std::uint16_t Bytes::u16(std::string_view what) {
  return static_cast<std::uint16_t>(number(2, what));
}

std::uint32_t Bytes::u32(std::string_view what) {
  return static_cast<std::uint32_t>(number(4, what));
}

std::uint64_t Bytes::u64(std::string_view what) { return number(8, what); }

std::string_view Bytes::take(std::uint64_t length, std::string_view what) {
  if (length > left()) {
    fail(fmt::format("{} ({} bytes)", what, length), fmt::format("{} bytes to the end", left()));
  }
  const std::string_view piece = bytes_.substr(offset_, length);
  offset_ += length;
  return piece;
}

void Bytes::seek(std::uint64_t offset, std::string_view what) {
  if (offset > bytes_.size()) {
    fail(fmt::format("{} at 0x{:x}", what, offset),
         fmt::format("a file of {} bytes", bytes_.size()));
  }
  offset_ = offset;
}

void Bytes::fail(std::string_view expected, std::string_view found) const {
  throw Error(fmt::format("{}+0x{:x}: expected {}, found {}", name_, offset_, expected, found));
}

std::string Bytes::at(std::string_view message) const {
  return fmt::format("{}+0x{:x}: {}", name_, offset_, message);
}

}  // namespace tidemark
