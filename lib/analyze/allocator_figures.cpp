#include "lib/analyze/allocator_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

// The number that starts at `at`, after blanks.
std::optional<std::int64_t> number_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return std::nullopt;
  text.remove_prefix(at);
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const auto number = to_number(text.substr(0, text.find_first_not_of("0123456789")));
  return number && *number >= 0 ? number : std::nullopt;
}

// The number behind the last `key` in the text.
std::optional<std::int64_t> number_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.rfind(key);
  return at == std::string_view::npos ? std::nullopt : number_at(text, at + key.size());
}

// The number in front of the last `words`, on the same line: "MALLOC:   12 ( 0.0 MiB) words".
std::optional<std::int64_t> number_before(std::string_view text, std::string_view words) {
  const std::size_t at = text.rfind(words);
  if (at == std::string_view::npos) return std::nullopt;
  const std::size_t line = text.rfind('\n', at) + 1;  // 0 when there is none
  const std::size_t digit = text.substr(line, at - line).find_first_of("0123456789");
  return digit == std::string_view::npos ? std::nullopt : number_at(text, line + digit);
}

std::int64_t less(std::int64_t a, std::int64_t b) { return std::max<std::int64_t>(a - b, 0); }

std::optional<AllocatorFigures> glibc(std::string_view text) {
  const std::size_t start = text.rfind("<malloc version=");
  if (start == std::string_view::npos) return std::nullopt;
  text.remove_prefix(start);
  // The totals stand behind the single arenas.
  const auto size_of = [&](std::string_view tag) -> std::optional<std::int64_t> {
    const std::size_t at = text.rfind(tag);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(at, text.find('>', at) - at);
    return number_after(rest, "size=\"");
  };
  const auto system = size_of("<system type=\"current\"");
  const auto mapped = size_of("<total type=\"mmap\"");
  const auto fast = size_of("<total type=\"fast\"");
  const auto rest = size_of("<total type=\"rest\"");
  if (!system || !fast || !rest) return std::nullopt;
  const std::int64_t free = checked_add(*fast, *rest);
  return AllocatorFigures{.allocator = "glibc malloc",
                          .live = checked_add(less(*system, free), mapped.value_or(0)),
                          .kept = free};
}

std::optional<AllocatorFigures> jemalloc(std::string_view text) {
  const auto allocated = number_after(text, "Allocated:");
  const auto active = number_after(text, ", active:");
  const auto metadata = number_after(text, ", metadata:");
  const auto resident = number_after(text, ", resident:");
  if (!allocated || !active || !resident) return std::nullopt;
  return AllocatorFigures{.allocator = "jemalloc",
                          .live = *allocated,
                          .kept = less(less(*resident, *active), metadata.value_or(0)),
                          .gaps = less(*active, *allocated),
                          .own = metadata.value_or(-1),
                          .returned = number_after(text, ", retained:").value_or(-1)};
}

std::optional<AllocatorFigures> redis(std::string_view text) {
  const auto allocated = number_after(text, "\nallocator_allocated:");
  const auto active = number_after(text, "\nallocator_active:");
  const auto resident = number_after(text, "\nallocator_resident:");
  if (!allocated || !active || !resident) return std::nullopt;
  constexpr std::string_view kName = "\nmem_allocator:";
  const std::size_t at = text.rfind(kName);
  std::string name = "jemalloc";
  if (at != std::string_view::npos) {
    const std::string_view rest = text.substr(at + kName.size());
    name = rest.substr(0, rest.find_first_of("\r\n"));
  }
  return AllocatorFigures{.allocator = name,
                          .live = *allocated,
                          .kept = less(*resident, *active),
                          .gaps = less(*active, *allocated)};
}

std::optional<AllocatorFigures> tcmalloc(std::string_view text) {
  const auto live = number_before(text, "Bytes in use by application");
  const auto pages = number_before(text, "Bytes in page heap freelist");
  if (!live || !pages) return std::nullopt;
  std::int64_t kept = *pages;
  for (const std::string_view words :
       {"Bytes in central cache freelist", "Bytes in transfer cache freelist",
        "Bytes in thread cache freelists"}) {
    kept = checked_add(kept, number_before(text, words).value_or(0));
  }
  return AllocatorFigures{.allocator = "tcmalloc",
                          .live = *live,
                          .kept = kept,
                          .own = number_before(text, "Bytes in malloc metadata").value_or(-1),
                          .returned = number_before(text, "Bytes released to OS").value_or(-1)};
}

std::optional<AllocatorFigures> heap_profile(std::string_view text) {
  constexpr std::string_view kStart = "heap profile:";
  if (!text.starts_with(kStart)) return std::nullopt;
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::size_t colon = line.find(':', kStart.size());
  const auto live = colon == std::string_view::npos ? std::nullopt : number_at(line, colon + 1);
  if (!live || line.find("@ heapprofile") == std::string_view::npos) return std::nullopt;
  return AllocatorFigures{.allocator = "tcmalloc", .live = *live};
}

}  // namespace

AllocatorFigures read_allocator_figures(const Input& input) {
  for (const auto read : {glibc, jemalloc, redis, tcmalloc, heap_profile}) {
    if (const auto figures = read(input.bytes)) return *figures;
  }
  throw Error(fmt::format("{}: no allocator's figures in it", input.name),
              "malloc_info(), jemalloc's malloc_stats_print(), tcmalloc's MALLOCSTATS, redis' "
              "INFO memory and gperftools' heap profiles are known");
}

}  // namespace tidemark
