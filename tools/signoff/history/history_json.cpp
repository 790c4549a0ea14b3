#include "tools/signoff/history/history_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/lines.h"
#include "lib/report/json_writer.h"
#include "tools/signoff/history/history_text.h"

namespace tidemark::signoff {
namespace {

std::int64_t whole(std::size_t number) { return static_cast<std::int64_t>(number); }

void write_key(JsonWriter& json, const LineKey& key) {
  json.key("campaign").text(key.campaign).key("phase").text(key.phase);
  json.key("metric").text(key.metric).key("stage").text(key.stage).key("unit").text(key.unit);
  json.key("host").text(key.host).key("flavour").text(key.flavour);
  json.key("scale").number(key.scale);
}

void write_point(JsonWriter& json, const LinePoint& point, double level) {
  json.open('{').key("version").text(point.version).key("commit").text(point.commit);
  json.key("started_ms").number(point.started_ms).key("value").number(point.value);
  json.key("error");
  if (point.error >= 0) {
    json.number(point.error);
  } else {
    json.null();
  }
  json.key("level").number(level).key("runs").open('[');
  for (const double run : point.runs) json.number(run);
  json.close().close();
}

void write_change(JsonWriter& json, const HistoryChange& change) {
  const bool step = change.kind == HistoryChange::Kind::kStep;
  json.open('{').key("kind").text(step ? "step" : "creep").key("worse").truth(change.worse);
  json.key("after").text(change.after).key("by").text(change.by);
  json.key("at_ms").number(change.at_ms).key("versions").number(whole(change.versions));
  json.key("from").number(change.from).key("to").number(change.to);
  json.key("low").number(change.low).key("high").number(change.high).key("share");
  if (change.share) {
    json.number(*change.share);
  } else {
    json.null();
  }
  json.key("chance").number(change.chance).key("text").text(text_of(change)).close();
}

void write_rule(JsonWriter& json, const RuleLine& line) {
  json.open('{').key("campaign").text(line.campaign).key("phase").text(line.phase);
  json.key("rule").text(line.rule).key("setting").text(line.setting).key("nights").open('[');
  for (const RuleLine::Night& night : line.nights) {
    json.open('{').key("version").text(night.version).key("started_ms").number(night.started_ms);
    json.key("state").text(night.state).close();
  }
  json.close().close();
}

// A cell that no spreadsheet takes for a formula.
std::string cell(std::string_view text) {
  std::string out = printable(text);
  if (!out.empty() && std::string_view("=+-@").find(out[0]) != std::string_view::npos) {
    out = fmt::format("'{}", out);
  }
  if (out.find_first_of("\",\n") == std::string::npos) return out;
  std::string quoted = "\"";
  for (const char c : out) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

std::string changes_at(const StudiedLine& line, std::size_t place) {
  if (std::ranges::find(line.found.outliers, place) != line.found.outliers.end()) return "alone";
  if (std::ranges::find(line.found.steps, place, &Step::first) != line.found.steps.end()) {
    return "step";
  }
  const auto& creep = line.found.creep;
  return creep && creep->first < place && place <= creep->last ? "creep" : "";
}

}  // namespace

std::string history_json(const std::vector<StudiedLine>& lines,
                         const std::vector<RuleLine>& rules) {
  JsonWriter json;
  json.open('{').key("format").text("tidemark-history").key("version").number(std::int64_t{1});
  json.key("headline").text(headline_of(lines)).key("lines").open('[');
  for (const StudiedLine& line : lines) {
    json.open('{');
    write_key(json, line.line.key);
    json.key("too_few").truth(line.found.too_few).key("noise").number(line.found.noise);
    json.key("changes").open('[');
    for (const HistoryChange& change : line.changes) write_change(json, change);
    json.close().key("points").open('[');
    for (std::size_t i = 0; i < line.line.points.size(); ++i) {
      write_point(json, line.line.points[i], line.found.fitted[i]);
    }
    json.close().key("outliers").open('[');
    for (const std::size_t place : line.found.outliers) json.number(whole(place));
    json.close().close();
  }
  json.close().key("rules").open('[');
  for (const RuleLine& rule : rules) write_rule(json, rule);
  json.close().close();
  return json.out() + "\n";
}

std::string history_csv(const std::vector<StudiedLine>& lines) {
  std::string out =
      "campaign,phase,metric,stage,unit,host,flavour,scale,version,commit,started_ms,runs,value,"
      "error,level,change\r\n";
  for (const StudiedLine& line : lines) {
    const LineKey& key = line.line.key;
    std::string head;
    for (const std::string* text :
         {&key.campaign, &key.phase, &key.metric, &key.stage, &key.unit, &key.host, &key.flavour}) {
      head += cell(*text) + ",";
    }
    for (std::size_t i = 0; i < line.line.points.size(); ++i) {
      const LinePoint& point = line.line.points[i];
      out += fmt::format("{}{},{},{},{},{},{},{},{},{}\r\n", head, key.scale, cell(point.version),
                         cell(point.commit), point.started_ms, point.runs.size(), point.value,
                         point.error >= 0 ? fmt::format("{}", point.error) : "",
                         line.found.fitted[i], changes_at(line, i));
    }
  }
  return out;
}

}  // namespace tidemark::signoff
