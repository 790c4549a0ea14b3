#include "lib/analyze/value_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "lib/base/lines.h"

namespace tidemark {
namespace {

// What people call a kind, and how the names of its value types start.
struct Kind {
  std::string_view word;
  std::string_view stem;
};

constexpr std::array<Kind, 13> kKinds = {{{"allocated", "alloc"},
                                          {"alloc", "alloc"},
                                          {"inuse", "inuse"},
                                          {"live", "inuse"},
                                          {"used", "inuse"},
                                          {"peak", "peak"},
                                          {"leaked", "leaked"},
                                          {"leak", "leaked"},
                                          {"leaks", "leaked"},
                                          {"temporary", "temporary"},
                                          {"read", "read"},
                                          {"written", "written"},
                                          {"copied", "copied"}}};

constexpr std::array<Kind, 8> kMeasures = {{{"bytes", "space"},
                                            {"space", "space"},
                                            {"size", "space"},
                                            {"objects", "objects"},
                                            {"blocks", "objects"},
                                            {"count", "objects"},
                                            {"calls", "objects"},
                                            {"allocations", "objects"}}};

constexpr std::array<std::string_view, 5> kTimes = {"nanoseconds", "microseconds", "milliseconds",
                                                    "seconds", "ms"};

// "In-use bytes" as "inusebytes".
std::string squeezed(std::string_view name) {
  std::string kept;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '-' || c == '_' || c == ' ') continue;
    kept += static_cast<char>(std::tolower(byte));
  }
  return kept;
}

std::optional<std::size_t> index_of(const Profile& profile, std::string_view name) {
  const auto& types = profile.value_types();
  const auto found = std::ranges::find(types, name, &ValueType::name);
  if (found == types.end()) return std::nullopt;
  return static_cast<std::size_t>(found - types.begin());
}

// The stem that `word` is called by; empty when there is none.
template <std::size_t kSize>
std::string_view stem_of(const std::array<Kind, kSize>& kinds, std::string_view word) {
  const auto found = std::ranges::find(kinds, word, &Kind::word);
  return found == kinds.end() ? std::string_view() : found->stem;
}

// "inuse" of the default value type "inuse_space".
std::string default_stem(const Profile& profile) {
  if (profile.default_value >= profile.value_types().size()) return "";
  const std::string& name = profile.value_types()[profile.default_value].name;
  return name.substr(0, name.find('_'));
}

std::optional<std::size_t> of_stem(const Profile& profile, std::string_view stem,
                                   std::string_view measure) {
  if (!measure.empty()) return index_of(profile, fmt::format("{}_{}", stem, measure));
  if (const auto space = of_stem(profile, stem, "space")) return space;
  return of_stem(profile, stem, "objects");
}

std::optional<std::size_t> by_kind(const Profile& profile, std::string_view word) {
  if (const std::string_view measure = stem_of(kMeasures, word); !measure.empty()) {
    if (const auto same = of_stem(profile, default_stem(profile), measure)) return same;
    return index_of(profile, measure);
  }
  for (const Kind& kind : kKinds) {
    if (!word.starts_with(kind.word)) continue;
    const std::string_view rest = word.substr(kind.word.size());
    const std::string_view measure = stem_of(kMeasures, rest);
    if (!rest.empty() && measure.empty()) continue;
    if (const auto found = of_stem(profile, kind.stem, measure)) return found;
  }
  return std::nullopt;
}

std::optional<std::size_t> by_unit(const Profile& profile, std::string_view word) {
  const auto& types = profile.value_types();
  for (std::size_t i = 0; i < types.size(); ++i) {
    const bool time = (word == "time" || word == "cpu") &&
                      std::ranges::find(kTimes, types[i].unit) != kTimes.end();
    const bool bytes = word == "bytes" && types[i].unit == "bytes";
    if (time || bytes) return i;
  }
  return std::nullopt;
}

// "allocated-bytes" of "alloc_space"; empty when only the name itself is known.
std::string friendly(std::string_view name) {
  const std::size_t line = name.find('_');
  if (line == std::string_view::npos) return "";
  const auto kind = std::ranges::find(kKinds, name.substr(0, line), &Kind::stem);
  const auto measure = std::ranges::find(kMeasures, name.substr(line + 1), &Kind::stem);
  if (kind == kKinds.end() || measure == kMeasures.end()) return "";
  return fmt::format("{}-{}", kind->word == "inuse" ? "in-use" : kind->word, measure->word);
}

}  // namespace

std::optional<std::size_t> value_named(const Profile& profile, std::string_view name) {
  if (name.empty()) return std::nullopt;
  if (const auto own = index_of(profile, name)) return own;
  const std::string word = squeezed(name);
  const auto& types = profile.value_types();
  const auto same = std::ranges::find_if(
      types, [&](const ValueType& type) { return squeezed(type.name) == word; });
  if (same != types.end()) return static_cast<std::size_t>(same - types.begin());
  if (const auto kind = by_kind(profile, word)) return kind;
  return by_unit(profile, word);
}

std::string value_names(const Profile& profile) {
  std::string names;
  for (const ValueType& type : profile.value_types()) {
    const std::string alias = friendly(type.name);
    names += fmt::format(
        "{}{}", names.empty() ? "" : ", ",
        alias.empty() ? printable(type.name) : fmt::format("{} ({})", alias, printable(type.name)));
  }
  return names;
}

}  // namespace tidemark
