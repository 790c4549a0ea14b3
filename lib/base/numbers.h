#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tidemark {

// The sum and the product, or Error when they do not fit 64 bits. For sums of
// numbers read from files.
std::int64_t checked_add(std::int64_t a, std::int64_t b);
std::int64_t checked_multiply(std::int64_t a, std::int64_t b);

// The whole of `text` as a number, or nothing when it is not one, has anything
// around it, or does not fit. No sign but a leading '-', no white space.
std::optional<std::int64_t> to_number(std::string_view text);
std::optional<std::uint64_t> to_unsigned(std::string_view text);

// The same for hexadecimal digits, with or without a leading "0x".
std::optional<std::uint64_t> to_hex(std::string_view text);

// The same for a decimal fraction such as "0.25" or "1e3".
std::optional<double> to_double(std::string_view text);

}  // namespace tidemark
