#include "lib/report/account_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "lib/base/lines.h"
#include "lib/report/amounts.h"

namespace tidemark {
namespace {

std::string change_text(std::int64_t bytes) {
  if (bytes == 0) return "-";
  return (bytes > 0 ? "+" : "") + bytes_text(bytes);
}

std::string percent(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return "-";
  return fmt::format("{:.1f}%", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

std::int64_t before_of(const Accounted& before, Share share) {
  const auto& entries = before.account.entries;
  const auto at = std::ranges::find(entries, share, &AccountEntry::share);
  return at == entries.end() ? 0 : at->bytes;
}

void add_entries(std::string& out, const Accounted& now, const std::optional<Accounted>& before) {
  std::vector<AccountEntry> entries = now.account.entries;
  std::ranges::stable_sort(entries, std::ranges::greater{}, &AccountEntry::bytes);
  out += fmt::format("\n  {:>10} {:>7}{}  what is resident\n", "now", "share",
                     before ? fmt::format(" {:>11}", "change") : "");
  for (const AccountEntry& entry : entries) {
    const std::int64_t change = before ? entry.bytes - before_of(*before, entry.share) : 0;
    if (entry.bytes == 0 && change == 0) continue;
    out += fmt::format(
        "  {:>10} {:>7}{}  {}\n", bytes_text(entry.bytes), percent(entry.bytes, now.account.rss),
        before ? fmt::format(" {:>11}", change_text(change)) : "", name_of(entry.share));
  }
}

void add_kinds(std::string& out, const Accounted& now) {
  out += fmt::format("\n  {:>10} {:>10} {:>9} {:>9} {:>6}  mappings\n", "resident", "own share",
                     "in huge", "swapped", "count");
  for (std::size_t i = 0; i < kMemoryKinds; ++i) {
    const MemorySize& size = now.reading.map.kinds[i];
    if (size.rss == 0 && size.swap == 0) continue;
    out +=
        fmt::format("  {:>10} {:>10} {:>9} {:>9} {:>6}  {}\n", bytes_text(size.rss),
                    bytes_text(size.pss), bytes_text(size.huge), bytes_text(size.swap),
                    size.maps == 0 ? "-" : grouped(size.maps), name_of(static_cast<MemoryKind>(i)));
  }
  out += fmt::format("  Besides: {} of page tables.\n", bytes_text(now.reading.page_tables));
}

void add_figures(std::string& out, const AllocatorFigures& figures) {
  out += fmt::format("\n{} says: {} live", printable(figures.allocator), bytes_text(figures.live));
  const auto add = [&](std::int64_t bytes, std::string_view what) {
    if (bytes >= 0) out += fmt::format(", {} {}", bytes_text(bytes), what);
  };
  add(figures.kept, "free and kept");
  add(figures.gaps, "of gaps");
  add(figures.own, "of its own");
  add(figures.returned, "returned");
  out += ".\n";
}

nlohmann::ordered_json entries_json(const Accounted& accounted) {
  auto entries = nlohmann::ordered_json::array();
  for (const AccountEntry& entry : accounted.account.entries) {
    entries.push_back({{"what", name_of(entry.share)}, {"bytes", entry.bytes}});
  }
  return entries;
}

}  // namespace

std::string account_text(const Accounted& now, const std::optional<Accounted>& before) {
  MemorySize all;
  for (const MemorySize& size : now.reading.map.kinds) all += size;
  std::string out = fmt::format(
      "{}: {} resident{}\n{}.\n", printable(now.target), bytes_text(now.reading.rss),
      now.reading.divided
          ? fmt::format(", {} when shared pages count once;\nbelow they do", bytes_text(all.pss))
          : "",
      printable(sentence_of(now.account)));
  if (before) out += printable(growth_sentence(before->account, now.account)) + ".\n";
  add_entries(out, now, before);
  add_kinds(out, now);
  if (now.reading.allocator) {
    add_figures(out, *now.reading.allocator);
  } else {
    out +=
        "\nLive and free heap are not told apart: --allocator FILE takes what the target's\n"
        "allocator says of itself.\n";
  }
  return out;
}

std::string account_json(const Accounted& now, const std::optional<Accounted>& before) {
  nlohmann::ordered_json out{{"schema", "tidemark.account/1"},
                             {"target", printable(now.target)},
                             {"rss", now.account.rss},
                             {"page_tables", now.reading.page_tables},
                             {"allocator", printable(now.account.allocator)},
                             {"sentence", printable(sentence_of(now.account))}};
  out["entries"] = entries_json(now);
  if (before) {
    out["before"] = {{"rss", before->account.rss}, {"entries", entries_json(*before)}};
    out["growth"] = printable(growth_sentence(before->account, now.account));
  }
  out["mappings"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < kMemoryKinds; ++i) {
    const MemorySize& size = now.reading.map.kinds[i];
    out["mappings"].push_back({{"kind", name_of(static_cast<MemoryKind>(i))},
                               {"rss", size.rss},
                               {"pss", size.pss},
                               {"swap", size.swap},
                               {"huge", size.huge},
                               {"count", size.maps}});
  }
  return out.dump(1, ' ', true) + "\n";
}

}  // namespace tidemark
