#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/run/history_db.h"
#include "lib/run/sqlite.h"

namespace tidemark {

// What history.db is; docs/formats/history.md describes it.
inline constexpr std::int64_t kHistoryVersion = 1;

// "tidh", so that file(1) and a reader can tell the file from other databases.
inline constexpr std::int64_t kHistoryApplicationId = 0x74696468;

// Makes the tables in a file that has none. REQUIRES: a transaction.
void make_history_tables(Database& database);

// Entries as rows, inside the caller's transaction. Texts that come again every night are kept
// once, as names.

// The entry's id: that of the former one with the same campaign, host, directory and start,
// whose rows are removed.
std::int64_t write_entry(Database& database, const HistoryEntry& entry);

// The oldest first. Throws Error when a row names what is not there.
std::vector<HistoryEntry> read_entries(Database& database, const std::filesystem::path& path,
                                       const HistoryQuery& query);

// How many there were that started before.
std::size_t remove_entries(Database& database, std::int64_t before_ms);

}  // namespace tidemark
