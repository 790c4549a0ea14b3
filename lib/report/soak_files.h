#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark {

// What reports read of the small files of a soak's run directory. Both throw Error when
// the text is damaged or of a later version; `name` is for messages.

// verdict.json: why the target could not be judged, as its watcher saw it at its end;
// empty: it could, or the watcher has not come to its end.
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
