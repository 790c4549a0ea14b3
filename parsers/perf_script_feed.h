#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "parsers/perf_script.h"
#include "parsers/perf_script_folder.h"

namespace tidemark::perf_script {

// Hands out texts in pieces that end behind an empty line. Any thread may ask.
class Feed {
 public:
  Feed(std::span<const Input> inputs, const PerfScriptOptions& options);

  enum class Size : std::uint8_t { kSmall, kLarge };
  // Nothing at the end.
  std::optional<Piece> next(Size size);
  // Says that a piece will not be read again.
  void forget(const Piece& piece) const;
  // The next piece is none.
  void stop();

  // How many pieces there are at most, 1 at least.
  std::size_t most_pieces() const;

 private:
  std::size_t piece_end(std::string_view text, std::size_t from, Size size) const;

  std::span<const Input> inputs_;
  bool whole_;  // an empty line may belong to a frame: texts are not cut
  std::mutex mutex_;
  std::size_t input_ = 0;
  std::size_t offset_ = 0;      // in it
  std::uint64_t position_ = 0;  // of its start, over all
  bool stopped_ = false;
};

// Where a position over all inputs is.
class Positions {
 public:
  explicit Positions(std::span<const Input> inputs) : inputs_(inputs) {}

  // "FILE:LINE: message". Counts lines: for few messages.
  std::string at(std::uint64_t position, std::string_view message) const;
  // The line there, to be shown.
  std::string_view line(std::uint64_t position) const;

 private:
  std::span<const Input> inputs_;
};

}  // namespace tidemark::perf_script
