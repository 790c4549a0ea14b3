#include "parsers/proc_maps.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Cuts the next word off `text`; empty at the end.
std::string_view take_word(std::string_view& text) {
  text = trimmed(text);
  const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
  text.remove_prefix(word.size());
  return word;
}

bool is_permissions(std::string_view word) {
  return word.size() >= 3 && word.find_first_not_of("-rwxps") == std::string_view::npos;
}

// "55659585e000-55659585f000", with or without a colon behind it.
std::optional<Mapping> range(std::string_view word) {
  if (word.ends_with(':')) word.remove_suffix(1);
  const std::size_t dash = word.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto start = to_hex(word.substr(0, dash));
  const auto end = to_hex(word.substr(dash + 1));
  if (!start || !end || *start >= *end) return std::nullopt;
  return Mapping{.start = *start, .end = *end};
}

std::string path_of(std::string_view text) {
  constexpr std::string_view kDeleted = " (deleted)";
  text = trimmed(text);
  if (text.ends_with(kDeleted)) text.remove_suffix(kDeleted.size());
  return std::string(text);
}

// "/tmp/prog (@1000) 5a8f3c0e", the last two where known.
bool describe_briefly(std::string_view text, Mapping& mapping) {
  mapping.path = take_word(text);
  std::string_view word = take_word(text);
  if (word.starts_with("(@") && word.ends_with(')')) {
    const auto offset = to_hex(word.substr(2, word.size() - 3));
    if (!offset) return false;
    mapping.offset = *offset;
    word = take_word(text);
  }
  mapping.build_id = word;
  return word.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// Nothing when `line` is in neither form; an empty path when it is of no use.
std::optional<Mapping> mapping_in(std::string_view line) {
  std::optional<Mapping> mapping = range(take_word(line));
  if (!mapping) return std::nullopt;
  std::string_view rest = line;
  const std::string_view permissions = take_word(rest);
  if (!is_permissions(permissions)) {
    if (!describe_briefly(line, *mapping)) return std::nullopt;
    return mapping;
  }
  line = rest;
  const auto offset = to_hex(take_word(rest));
  const bool full = offset && take_word(rest).find(':') != std::string_view::npos;
  if (full) {
    if (!to_unsigned(take_word(rest))) return std::nullopt;
    mapping->offset = *offset;
    mapping->path = path_of(rest);
  } else if (!describe_briefly(line, *mapping)) {
    return std::nullopt;
  }
  if (permissions.find('x') == std::string_view::npos) mapping->path.clear();
  return mapping;
}

}  // namespace

ProcMaps::ProcMaps(Lines& lines) {
  while (lines.next()) add(lines);
  if (bad_ > 1) damage_ += fmt::format(" ({} such lines)", bad_);
  std::ranges::stable_sort(mappings_, {}, &Mapping::start);
}

void ProcMaps::add(const Lines& lines) {
  if (trimmed(lines.line()).empty()) return;
  ++lines_;
  std::optional<Mapping> mapping = mapping_in(lines.line());
  if (!mapping || !lines.whole()) {
    if (++bad_ == 1) {
      damage_ =
          lines.at(fmt::format("expected '<start>-<end> r-xp <offset> <device> <inode> "
                               "<path>', found {}; left out",
                               quoted(lines.line())));
    }
    return;
  }
  if (!mapping->path.empty()) mappings_.push_back(std::move(*mapping));
}

void ProcMaps::report(Recording& recording, std::string missing) const {
  if (empty()) {
    recording.lacks(std::move(missing));
  } else if (!damage_.empty()) {
    recording.lacks(damage_);
  }
}

Frame ProcMaps::frame_at(std::uint64_t address) const {
  Frame frame{.address = address};
  auto after = std::ranges::upper_bound(mappings_, address, {}, &Mapping::start);
  if (after == mappings_.begin()) return frame;
  const Mapping& mapping = *--after;
  if (address >= mapping.end) return frame;
  frame.module = mapping.path;
  frame.offset = address - mapping.start + mapping.offset;
  return frame;
}

}  // namespace tidemark
