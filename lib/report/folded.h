#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/model/profile.h"

namespace tidemark {

// The name of a frame as folded text can hold it: `;` comes out as `:`, a line
// break as a space; all other bytes are kept.
std::string folded_name(const Frame& frame);

// Appends a line of folded text: the stack, then each number with a space before it.
void append_folded(std::string& text, std::string_view stack,
                   std::span<const std::int64_t> numbers);

// The stacks of `profile` with their values of one type as folded text,
// "main;serve;f 3200" a line: the outermost frame first, equal stacks summed up,
// sorted bytewise by the stack. Those that come to 0 are left out, or kept where
// another of their values is not 0.
enum class Zeros : std::uint8_t { kLeftOut, kKept };
std::string to_folded(const Profile& profile, std::size_t value, Zeros zeros = Zeros::kLeftOut);

}  // namespace tidemark
