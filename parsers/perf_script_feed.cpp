#include "parsers/perf_script_feed.h"

#include <fmt/format.h>

#include <algorithm>

#include "parsers/perf_script_scan.h"

namespace tidemark::perf_script {
namespace {

// Large enough that threads seldom meet, small enough to stay near in the caches.
constexpr std::size_t kLarge = std::size_t{4} << 20;
constexpr std::size_t kSmall = std::size_t{16} << 10;

}  // namespace

Feed::Feed(std::span<const Input> inputs, const PerfScriptOptions& options)
    : inputs_(inputs), whole_(options.srcline && options.rules == Rules::kFlameGraph) {}

std::size_t Feed::piece_end(std::string_view text, std::size_t from, Size size) const {
  const std::size_t length = size == Size::kLarge ? kLarge : kSmall;
  if (whole_ || text.size() - from <= length) return text.size();
  const char* const limit = text.data() + text.size();
  const char* at = text.data() + from + length;
  while (true) {
    const Scanned scanned = scanner().frames(at, limit);
    if (scanned.end == nullptr) return text.size();
    at = scanned.end + 1;
    if (scanned.end[-1] == '\n') return static_cast<std::size_t>(at - text.data());
  }
}

std::optional<Piece> Feed::next(Size size) {
  const std::scoped_lock lock(mutex_);
  while (!stopped_ && input_ < inputs_.size() && offset_ == inputs_[input_].bytes.size()) {
    position_ += offset_;
    offset_ = 0;
    ++input_;
  }
  if (stopped_ || input_ == inputs_.size()) return std::nullopt;
  const std::string_view text = inputs_[input_].bytes;
  const std::size_t end = piece_end(text, offset_, size);
  const Piece piece = {
      .begin = text.data() + offset_, .end = text.data() + end, .position = position_ + offset_};
  offset_ = end;
  return piece;
}

void Feed::forget(const Piece& piece) const {
  for (const Input& input : inputs_) {
    if (piece.begin < input.bytes.data() || piece.end > input.bytes.data() + input.bytes.size()) {
      continue;
    }
    tidemark::forget(input, static_cast<std::size_t>(piece.begin - input.bytes.data()),
                     static_cast<std::size_t>(piece.end - piece.begin));
    return;
  }
}

void Feed::stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
}

std::size_t Feed::most_pieces() const {
  std::size_t pieces = 0;
  for (const Input& input : inputs_) pieces += whole_ ? 1 : input.bytes.size() / kLarge + 1;
  return std::max<std::size_t>(pieces, 1);
}

namespace {

// How many lines end before `position`. Pages that it read are forgotten again.
std::int64_t lines_before(const Input& input, std::uint64_t position) {
  constexpr std::size_t kPiece = std::size_t{4} << 20;
  std::int64_t lines = 0;
  for (std::size_t from = 0; from < position; from += kPiece) {
    const std::string_view piece = input.bytes.substr(from, std::min(kPiece, position - from));
    lines += std::ranges::count(piece, '\n');
    forget(input, from, piece.size());
  }
  return lines;
}

}  // namespace

std::string Positions::at(std::uint64_t position, std::string_view message) const {
  for (const Input& input : inputs_) {
    if (position >= input.bytes.size()) {
      position -= input.bytes.size();
      continue;
    }
    return fmt::format("{}:{}: {}", input.name, lines_before(input, position) + 1, message);
  }
  return std::string(message);
}

std::string_view Positions::line(std::uint64_t position) const {
  for (const Input& input : inputs_) {
    if (position < input.bytes.size()) {
      const std::string_view rest = input.bytes.substr(position);
      return without_spaces_behind(rest.substr(0, rest.find('\n')));
    }
    position -= input.bytes.size();
  }
  return {};
}

}  // namespace tidemark::perf_script
