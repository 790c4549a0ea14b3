#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark {

// What reports read of the small files of a soak's run directory. Both throw Error when
// the text is damaged or of a later version; `name` is for messages.

// A number with the bounds between which it lies with 95 % probability.
struct Bounded {
  double value = 0;
  double low = 0;
  double high = 0;
};

// verdict.json: what a soak came to.
struct SoakVerdict {
  bool final = false;          // the watcher came to its end
  std::string verdict;         // "leak", "no leak", "not enough data"
  std::int64_t exit_code = 0;  // of the watcher
  std::string text;            // the sentence for people
  std::string failure;         // why the target could not be judged: it crashed; empty: it could
  std::optional<Bounded> growth_bytes_per_day;
  std::optional<Bounded> growth_bytes_per_million_requests;
  std::int64_t watched_ms = 0;
  std::int64_t rows = 0;
  std::int64_t lives = 0;  // 1: the target was never started again
  double compress = 1;     // so many seconds were counted for one
};
SoakVerdict soak_verdict_from_json(std::string_view name, std::string_view text);

// Why the target could not be judged, as its watcher saw it at its end; empty: it could, or the
// watcher has not come to its end.
std::string failure_from_json(std::string_view name, std::string_view text);

// account.json, as `leakwatch account --to json` writes it.
struct AccountSummary {
  std::string target;
  std::string sentence;
  std::string growth;  // the sentence about what grew; empty: it was looked at once
  std::vector<std::pair<std::string, std::int64_t>> entries;  // what it is, bytes
};
AccountSummary account_from_json(std::string_view name, std::string_view text);

}  // namespace tidemark
