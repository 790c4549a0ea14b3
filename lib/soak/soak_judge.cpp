#include "lib/soak/soak_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark::soak {
namespace {

constexpr double kShortestBlockSeconds = 30;

// What the judged memory is made of.
struct Part {
  Column column;
  const char* name;
};
constexpr std::array<Part, verdict::kMostParts> kParts = {{
    {Column::kHeap, "the heap"},
    {Column::kMaps, "anonymous mappings (arenas, large blocks)"},
    {Column::kStacks, "the main threads' stacks"},
    {Column::kSwap, "swap"},
}};

verdict::Settings judge_settings(const SoakSettings& settings) {
  verdict::Settings out{.gate_bytes_per_day = settings.gate_bytes_per_day,
                        .shortest_block_s = std::max(
                            kShortestBlockSeconds,
                            5 * settings.compress * static_cast<double>(settings.every_ms) / 1e3)};
  if (settings.limit_bytes) out.limit_bytes = static_cast<double>(*settings.limit_bytes);
  for (const Part& part : kParts) out.parts.emplace_back(part.name);
  return out;
}

double number(const Values& values, Column column) {
  const std::optional<std::int64_t> value = values.get(column);
  return value ? static_cast<double>(*value) : verdict::kUnknown;
}

}  // namespace

Texts texts_of(const SoakSettings& settings) {
  return {{"gate_bytes_per_day", fmt::format("{}", settings.gate_bytes_per_day)},
          {"limit_bytes", fmt::format("{}", settings.limit_bytes.value_or(0))},
          {"every_ms", fmt::format("{}", settings.every_ms)},
          {"for_ms", fmt::format("{}", settings.for_ms)},
          {"compress", fmt::format("{}", settings.compress)}};
}

SoakSettings settings_from(const Texts& texts, const std::string& name) {
  SoakSettings out;
  const auto read = [&](const char* key, double fallback) {
    const auto text = texts.find(key);
    if (text == texts.end()) return fallback;
    const std::optional<double> number = to_double(text->second);
    if (!number || !(*number >= 0) || *number > 1e18) {
      throw Error(fmt::format("{}: expected a number as {}, found {}", name, key,
                              tidemark::quoted(text->second)));
    }
    return *number;
  };
  out.gate_bytes_per_day = read("gate_bytes_per_day", out.gate_bytes_per_day);
  const double limit = read("limit_bytes", 0);
  if (limit > 0) out.limit_bytes = static_cast<std::int64_t>(limit);
  out.every_ms = static_cast<std::int64_t>(read("every_ms", 1000));
  out.for_ms = static_cast<std::int64_t>(read("for_ms", 0));
  out.compress = std::max(read("compress", 1), 1e-3);
  return out;
}

SoakJudge::SoakJudge(const SoakSettings& settings)
    : settings_(settings), judge_(judge_settings(settings)) {}

void SoakJudge::take(std::int64_t at_ms, const Values& row) {
  for (const ColumnName& name : kColumnNames) {
    if (const auto value = row.get(name.column)) latest_.set(name.column, *value);
  }
  // Without a size there is nothing to judge: another writer's row, or a moment
  // between two lives.
  if (!row.knows(Column::kAnon) && !row.knows(Column::kRss)) return;
  const double at_s = static_cast<double>(at_ms) / 1000;
  if (!start_s_) start_s_ = at_s;
  verdict::Sample sample{.at_s = *start_s_ + (at_s - *start_s_) * settings_.compress};
  if (row.knows(Column::kAnon)) {
    sample.bytes = number(row, Column::kAnon);
    if (row.knows(Column::kSwap)) sample.bytes += number(row, Column::kSwap);
  } else {
    sample.bytes = number(row, Column::kRss);
  }
  sample.requests = number(row, Column::kRequests);
  sample.life = latest_.get(Column::kLife).value_or(1);
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    sample.parts[i] = number(latest_, kParts[i].column);
  }
  judge_.add(sample);
}

double SoakJudge::real_s(double judged_s) const {
  return *start_s_ + (judged_s - *start_s_) / settings_.compress;
}

std::optional<double> SoakJudge::first_alarm_s() const {
  if (!judge_.first_alarm_s()) return std::nullopt;
  return real_s(*judge_.first_alarm_s());
}

verdict::LeakVerdict SoakJudge::verdict() const {
  verdict::LeakVerdict out = judge_.verdict();
  if (out.onset_s) out.onset_s = real_s(*out.onset_s);
  if (out.first_alarm_s) out.first_alarm_s = real_s(*out.first_alarm_s);
  if (settings_.compress != 1) {
    out.text += fmt::format(" (time counts {:g}-fold)", settings_.compress);
  }
  return out;
}

}  // namespace tidemark::soak
