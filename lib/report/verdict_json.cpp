#include "lib/report/verdict_json.h"

#include <map>
#include <nlohmann/json.hpp>

#include "lib/analyze/verdict.h"
#include "lib/report/escape.h"
#include "lib/report/words.h"

namespace tidemark {

std::string verdict_json(const Document& document, int exit_code) {
  using Json = nlohmann::ordered_json;
  std::map<std::string, Json> kinds;
  std::int64_t counted = 0;
  for (const Site& site : document.sites) {
    Json& kind = kinds
                     .try_emplace(std::string(code_of(site.kind)),
                                  Json{{"sites", 0}, {"bytes", 0}, {"count", 0}})
                     .first->second;
    kind["sites"] = kind["sites"].get<std::int64_t>() + 1;
    kind["bytes"] = kind["bytes"].get<std::int64_t>() + site.bytes;
    kind["count"] = kind["count"].get<std::int64_t>() + site.count;
    if (counts(site)) ++counted;
  }
  Json by_kind = Json::object();
  for (const auto& [kind, numbers] : kinds) by_kind[kind] = numbers;
  const Json verdict = {{"schema", "tidemark.verdict/1"},
                        {"verdict", code_of(document.verdict)},
                        {"text", reversible(document.verdict_text)},
                        {"exit_code", exit_code},
                        {"target_end", reversible(end_text(document.run.end))},
                        {"sites_that_count", counted},
                        {"sites", by_kind},
                        {"suppressed_sites", document.suppressed.size()},
                        {"fixed_sites", document.fixed.size()},
                        {"processes", document.processes.size()},
                        {"partial", document.partial},
                        {"warnings", document.warnings.size()}};
  return verdict.dump(2) + "\n";
}

}  // namespace tidemark
