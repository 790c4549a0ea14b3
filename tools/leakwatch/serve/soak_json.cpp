#include "tools/leakwatch/serve/soak_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "lib/report/json_writer.h"
#include "lib/verdict/explain.h"

namespace tidemark::leakwatch {
namespace {

constexpr std::size_t kMostEvents = 200;
constexpr std::size_t kMostTroubles = 20;

// Of the events those that say something of the whole soak; a build server's tree has
// thousands of processes that come and go.
constexpr std::array<std::string_view, 9> kShownEvents = {
    "life", "down", "gap", "suspend", "clock", "alarm", "evidence", "sites", "trouble"};

std::string_view key_of(verdict::Answer answer) {
  switch (answer) {
    case verdict::Answer::kLeak:
      return "leak";
    case verdict::Answer::kBounded:
      return "bounded";
    case verdict::Answer::kNoLeak:
      return "no_leak";
    case verdict::Answer::kNotEnough:
      break;
  }
  return "not_enough";
}

void add(JsonWriter& json, std::string_view key, const std::optional<verdict::Estimate>& estimate) {
  json.key(key);
  if (!estimate) {
    json.null();
    return;
  }
  json.open('{').key("value").number(estimate->value).key("low").number(estimate->low);
  json.key("high").number(estimate->high).close();
}

// Seconds since the epoch as milliseconds.
void add_time(JsonWriter& json, std::string_view key, const std::optional<double>& at_s) {
  json.key(key);
  if (at_s && std::isfinite(*at_s)) {
    json.number(static_cast<std::int64_t>(*at_s * 1000));
  } else {
    json.null();
  }
}

void add_verdict(JsonWriter& json, const soak::Soak& soak) {
  const verdict::LeakVerdict& verdict = soak.verdict;
  json.key("verdict").open('{').key("answer").text(key_of(verdict.answer));
  json.key("words").text(verdict::words(verdict.answer)).key("text").text(verdict.text);
  json.key("confidence").number(verdict.confidence).key("more_h").number(verdict.more_h);
  add(json, "growth_per_day", verdict.growth_bytes_per_day);
  add(json, "growth_per_million_requests", verdict.growth_bytes_per_million_requests);
  add(json, "hours_to_limit", verdict.hours_to_limit);
  add_time(json, "onset_ms", verdict.onset_s);
  add_time(json, "first_alarm_ms", soak.first_alarm_s);
  json.key("part").text(verdict.part).key("part_share").number(verdict.part_share);
  if (verdict.evidence) {
    json.key("stretch_h").number(verdict.evidence->stretch_h);
    json.key("size_bytes").number(verdict.evidence->size_mb * 1e6);
    json.key("scatter_bytes").number(verdict.evidence->scatter_mb * 1e6);
  }
  json.close();
}

void add_readings(JsonWriter& json, const soak::Soak& soak) {
  json.key("now").open('[');
  for (const soak::Reading& reading : soak.now) {
    json.open('{').key("name").text(reading.name).key("unit").text(reading.unit);
    json.key("at_ms").number(reading.at_ms).key("value").number(reading.value).close();
  }
  json.close().key("top").open('[');
  for (const soak::ProcessNow& process : soak.top) {
    json.open('{').key("pid").number(process.pid).key("name").text(process.name);
    json.key("rss").number(process.rss_bytes).key("anon").number(process.anon_bytes);
    json.key("grown").number(process.grown_bytes).key("cpu_ms").number(process.cpu_ms);
    json.key("threads").number(process.threads).close();
  }
  json.close();
}

void add_events(JsonWriter& json, const soak::Soak& soak) {
  std::vector<const SeriesEvent*> events;
  for (const SeriesEvent& event : soak.events) {
    if (std::ranges::find(kShownEvents, event.kind) != kShownEvents.end()) events.push_back(&event);
  }
  if (events.size() > kMostEvents) {
    events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(kMostEvents));
  }
  json.key("events").open('[');
  for (const SeriesEvent* event : events) {
    json.open('{').key("at_ms").number(event->at_ms).key("kind").text(event->kind);
    json.key("text").text(event->text).close();
  }
  json.close().key("troubles").open('[');
  for (std::size_t i = 0; i < std::min(soak.troubles.size(), kMostTroubles); ++i) {
    json.text(soak.troubles[i]);
  }
  json.close();
}

void add_soak(JsonWriter& json, const soak::Soak& soak) {
  json.key("target").text(soak.target).key("state").text(soak::words(soak.state));
  json.key("watching").truth(soak.state == soak::SoakState::kWatching);
  json.key("why").text(soak.why).key("end").text(soak.run.end.why);
  json.key("host").text(soak.run.host).key("started_ms").number(soak.started_ms);
  json.key("now_ms").number(soak.now_ms).key("rows").number(soak.rows);
  json.key("lives").number(soak.lives).key("every_ms").number(soak.settings.every_ms);
  json.key("for_ms").number(soak.settings.for_ms).key("compress").number(soak.settings.compress);
  json.key("gate_per_day").number(soak.settings.gate_bytes_per_day).key("limit_bytes");
  if (soak.settings.limit_bytes) {
    json.number(*soak.settings.limit_bytes);
  } else {
    json.null();
  }
  add_verdict(json, soak);
  add_readings(json, soak);
  add_events(json, soak);
  json.key("own").open('{').key("rss").number(soak.own.rss_bytes);
  json.key("rss_grown").number(soak.own.rss_grown_bytes);
  json.key("cpu_share").number(soak.own.cpu_share);
  json.key("target_loss").number(soak.own.target_loss);
  json.key("bytes_per_row").number(soak.own.bytes_per_row).close();
}

void add_shown(JsonWriter& json, const ShownSoak& shown) {
  json.open('{').key("id").text(shown.id).key("problem").text(shown.problem);
  json.key("sites_ms").number(shown.sites_ms);
  if (shown.soak) add_soak(json, *shown.soak);
  json.close();
}

}  // namespace

std::string soak_json(const ShownSoak& soak) {
  JsonWriter json;
  add_shown(json, soak);
  return json.out();
}

std::string soaks_json(const Soaks& soaks) {
  JsonWriter json;
  json.open('{').key("tidemark").text(TIDEMARK_VERSION);
  json.key("complete").truth(soaks.complete()).key("soaks").open('[');
  for (const ShownSoak& soak : soaks.all()) add_shown(json, soak);
  json.close().close();
  return json.out();
}

std::string rows_json(const std::string& id, const std::vector<FreshRow>& rows,
                      const History& history) {
  JsonWriter json;
  json.open('{').key("soak").text(id).key("rows").open('[');
  for (const FreshRow& row : rows) {
    json.open('{').key("t").number(row.at_ms).key("v").open('{');
    for (const History::Value& value : row.values) {
      json.key(history.series()[value.series].name).number(value.value);
    }
    json.close().close();
  }
  json.close().close();
  return json.out();
}

std::string history_json(const History& history, const ChartRange& range) {
  using Slots = std::vector<soak::Envelope::Slot>;
  JsonWriter json;
  json.open('{').key("from").number(range.from_ms).key("to").number(range.to_ms);
  json.key("first").number(history.first_ms()).key("last").number(history.last_ms());
  json.key("series").open('[');
  for (const History::Charted& series : history.series()) {
    const Slots slots = series.envelope.between(range.from_ms, range.to_ms, range.columns);
    json.open('{').key("name").text(series.name).key("unit").text(series.unit);
    const auto steps = [&](std::string_view key, auto value) {
      json.key(key).open('[');
      std::int64_t before = 0;
      for (const soak::Envelope::Slot& slot : slots) {
        const std::int64_t now = value(slot);
        // Unsigned: values from a damaged file may be anything.
        json.number(static_cast<std::int64_t>(static_cast<std::uint64_t>(now) -
                                              static_cast<std::uint64_t>(before)));
        before = now;
      }
      json.close();
    };
    steps("t", [](const auto& slot) { return slot.at_ms; });
    steps("low", [](const auto& slot) { return slot.low; });
    steps("high", [](const auto& slot) { return slot.high; });
    json.close();
  }
  json.close().close();
  return json.out();
}

}  // namespace tidemark::leakwatch
