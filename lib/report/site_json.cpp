#include "lib/report/site_json.h"

#include <fmt/format.h>

#include <cstdint>

#include "lib/report/json_values.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

using Json = nlohmann::ordered_json;

std::string hex(std::uint64_t value) { return fmt::format("0x{:x}", value); }

Json json_of(const Frame& frame) {
  Json object = Json::object();
  put(object, "function", frame.function);
  put(object, "file", frame.file);
  put(object, "line", frame.line);
  put(object, "module", frame.module);
  if (frame.address != 0) object["address"] = hex(frame.address);
  if (frame.offset != 0) object["offset"] = hex(frame.offset);
  if (frame.inlined) object["inlined"] = true;
  return object;
}

Json json_of(const LabelledStack& stack) {
  Json object = Json::object();
  put(object, "label", stack.label);
  object["frames"] = Json::array();
  for (const Frame& frame : stack.frames) object["frames"].push_back(json_of(frame));
  return object;
}

Json json_of(const Finding& finding) {
  Json object = {{"kind", code_of(finding.kind)}};
  put(object, "code", finding.code);
  put(object, "message", finding.message);
  put(object, "bytes", finding.bytes);
  put(object, "blocks", finding.blocks);
  put(object, "indirect_bytes", finding.indirect_bytes);
  put(object, "indirect_blocks", finding.indirect_blocks);
  put(object, "bytes_error", finding.bytes_error);
  object["count"] = finding.count;
  put(object, "pid", finding.pid);
  put(object, "thread", finding.thread);
  put(object, "suppression", finding.suppression);
  put(object, "fingerprint", finding.fingerprint);
  object["stacks"] =
      json_list(finding.stacks, [](const LabelledStack& stack) { return json_of(stack); });
  return object;
}

Json points(const std::vector<Point>& values) {
  return json_list(values, [](const Point& point) { return Json::array({point.at, point.value}); });
}

Frame read_frame(const JsonPlace& at) {
  return {.function = at["function"].text(),
          .file = at["file"].text(),
          .line = at["line"].number(),
          .module = at["module"].text(),
          .address = at["address"].address(),
          .offset = at["offset"].address(),
          .inlined = at["inlined"].flag()};
}

LabelledStack read_stack(const JsonPlace& at) {
  return {.label = at["label"].text(), .frames = at["frames"].list(read_frame)};
}

Point read_point(const JsonPlace& at) {
  const std::vector<std::int64_t> pair = at.list([](const JsonPlace& n) { return n.number(); });
  if (pair.size() != 2) at.fail("two numbers");
  return {.at = pair[0], .value = pair[1]};
}

FindingKind read_kind(const JsonPlace& at) {
  return at.word(FindingKind::kOther, "a kind such as \"definite_leak\"");
}

Finding read_finding(const JsonPlace& at) {
  return {.kind = read_kind(at["kind"]),
          .code = at["code"].text(),
          .message = at["message"].text(),
          .bytes = at["bytes"].number(),
          .blocks = at["blocks"].number(),
          .indirect_bytes = at["indirect_bytes"].number(),
          .indirect_blocks = at["indirect_blocks"].number(),
          .bytes_error = at["bytes_error"].real(),
          .count = at["count"].number(),
          .pid = at["pid"].number(),
          .thread = at["thread"].text(),
          .stacks = at["stacks"].list(read_stack),
          .suppression = at["suppression"].text(),
          .fingerprint = at["fingerprint"].text()};
}

Site read_site(const JsonPlace& at, int depth) {
  if (depth > kMostHeldDepth) at.fail(fmt::format("at most {} levels of holds", kMostHeldDepth));
  return {
      .kind = read_kind(at["kind"]),
      .fingerprint = at["fingerprint"].text(),
      .title = at["title"].text(),
      .place = read_frame(at["place"]),
      .bytes = at["bytes"].number(),
      .blocks = at["blocks"].number(),
      .indirect_bytes = at["indirect_bytes"].number(),
      .count = at["count"].number(),
      .bytes_error = at["bytes_error"].real(),
      .pids = at["pids"].list([](const JsonPlace& pid) { return pid.number(); }),
      .example = read_finding(at["example"]),
      .holds = at["holds"].list([&](const JsonPlace& held) { return read_site(held, depth + 1); }),
      .status = at["status"].word(SiteStatus::kFixed, "a status such as \"new\""),
      .suppressed_by = at["suppressed_by"].text(),
      .history = at["history"].list(read_point)};
}

}  // namespace

Json json_of(const Site& site) {
  Json object = {{"kind", code_of(site.kind)},
                 {"fingerprint", json_text_value(site.fingerprint)},
                 {"status", code_of(site.status)},
                 {"title", json_text_value(site.title)},
                 {"place", json_of(site.place)},
                 {"bytes", site.bytes},
                 {"blocks", site.blocks},
                 {"indirect_bytes", site.indirect_bytes},
                 {"count", site.count}};
  put(object, "bytes_error", site.bytes_error);
  put(object, "suppressed_by", site.suppressed_by);
  object["pids"] = site.pids;
  object["example"] = json_of(site.example);
  if (!site.history.empty()) object["history"] = points(site.history);
  if (!site.holds.empty()) {
    object["holds"] = json_list(site.holds, [](const Site& held) { return json_of(held); });
  }
  return object;
}

Json json_of(const Series& series) {
  return {{"name", json_text_value(series.name)},
          {"unit", json_text_value(series.unit)},
          {"at_unit", json_text_value(series.at_unit)},
          {"pid", series.pid},
          {"points", points(series.points)}};
}

Series series_of(const JsonPlace& at) {
  return {.name = at["name"].text(),
          .unit = at["unit"].text(),
          .at_unit = at["at_unit"].text(),
          .pid = at["pid"].number(),
          .points = at["points"].list(read_point)};
}

Site site_of(const JsonPlace& at) { return read_site(at, 0); }

}  // namespace tidemark
