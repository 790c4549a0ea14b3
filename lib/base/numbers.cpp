#include "lib/base/numbers.h"

#include <charconv>

#include "lib/base/error.h"

namespace tidemark {
namespace {

template <typename Number, typename... Base>
std::optional<Number> whole(std::string_view text, Base... base) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value, base...);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::int64_t checked_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) throw Error("a sum does not fit 64 bits");
  return sum;
}

std::int64_t checked_multiply(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) throw Error("a product does not fit 64 bits");
  return product;
}

std::optional<std::int64_t> to_number(std::string_view text) {
  return whole<std::int64_t>(text, 10);
}

std::optional<std::uint64_t> to_unsigned(std::string_view text) {
  return whole<std::uint64_t>(text, 10);
}

std::optional<std::uint64_t> to_hex(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  return whole<std::uint64_t>(text, 16);
}

std::optional<double> to_double(std::string_view text) { return whole<double>(text); }

}  // namespace tidemark
