#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "lib/model/profile.h"

namespace tidemark {

// The name of a frame as folded text can hold it: `;` comes out as `:`, a line
// break as a space; all other bytes are kept.
std::string folded_name(const Frame& frame);

// Takes a text piece by piece; each piece ends with a whole line.
using TextSink = std::function<void(std::string_view)>;

// What comes to 0 is left out, or kept where another of the stack's values is not 0.
enum class Zeros : std::uint8_t { kLeftOut, kKept };

struct FoldedOptions {
  std::size_t value = 0;  // index of the value type
  Zeros zeros = Zeros::kLeftOut;
};

// The stacks of `profile` with their values of one type as folded text,
// "main;serve;f 3200" a line: the outermost frame first, equal stacks summed up,
// sorted bytewise by the stack. It is never whole in memory.
void write_folded(const Profile& profile, const FoldedOptions& options, const TextSink& sink);

// The same as one text.
std::string to_folded(const Profile& profile, std::size_t value, Zeros zeros = Zeros::kLeftOut);

// Lines of folded text on their way to a sink.
class FoldedBuffer {
 public:
  explicit FoldedBuffer(const TextSink& sink) : sink_(sink) {}

  void add(std::string_view stack, std::span<const std::int64_t> numbers);

  // Gives the sink what is left.
  void flush();

 private:
  const TextSink& sink_;
  std::string text_;
};

}  // namespace tidemark
