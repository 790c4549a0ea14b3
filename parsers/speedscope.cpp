// speedscope's own files (https://www.speedscope.app/file-format-schema.json), as
// speedscope, rbspy, py-spy -f speedscope and .NET's dotnet-trace write them:
//
//   {"$schema":"https://www.speedscope.app/file-format-schema.json",
//    "exporter":"speedscope@1.20.0","name":"server","activeProfileIndex":0,
//    "shared":{"frames":[{"name":"main","file":"a.c","line":3},{"name":"f"}]},
//    "profiles":[
//      {"type":"sampled","name":"thread 1","unit":"milliseconds","startValue":0,"endValue":5,
//       "samples":[[0],[0,1]],"weights":[2,3]},
//      {"type":"evented","name":"thread 2","unit":"nanoseconds","startValue":0,"endValue":9,
//       "events":[{"type":"O","frame":0,"at":0},{"type":"C","frame":0,"at":9}]}]}
//
// Ours ("exporter":"tidemark", lib/report/speedscope.cpp) has the threads first, each with
// "tidemarkLane":true, then a profile for each value, which the threads' are part of.
//
// Stacks are outermost first. Each profile becomes one; times become nanoseconds,
// rounded. The frames may come behind the profiles.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/json_walk.h"

namespace tidemark {
namespace {

using Kind = JsonEvent::Kind;

bool recognizes(std::string_view head) {
  if (json_has_key(head, "$schema") &&
      head.find("speedscope.app/file-format") != std::string::npos) {
    return true;
  }
  return json_has_key(head, "exporter") && head.find("\"speedscope") != std::string::npos;
}

struct Event {
  bool opens = false;
  std::int64_t frame = -1;
  double at = 0;
};

struct Part {
  std::string name;
  std::string unit;
  bool lane = false;                 // of one thread, counted in another part as well
  std::vector<std::int64_t> frames;  // of all samples
  std::vector<std::size_t> ends;     // by sample: where in frames it ends
  std::vector<double> weights;
  std::vector<Event> events;
};

struct Document {
  std::vector<Frame> frames;
  std::vector<Part> parts;
  std::string name;
  bool ours = false;  // the parts are different values, not threads
};

class Reader {
 public:
  Reader(const JsonWalk& walk, Document& document) : walk_(walk), document_(document) {}

  void operator()(const JsonEvent& event) {
    const std::string_view path = event.path;
    if (event.kind == Kind::kOpen) open(path);
    if (event.kind == Kind::kClose) close(path);
    if (event.kind == Kind::kText) text(path, event.text);
    if (event.kind == Kind::kTruth && path == "profiles[].tidemarkLane") {
      part().lane = event.whole != 0;
    }
    if (event.kind == Kind::kWhole) number(path, static_cast<double>(event.whole), event.whole);
    if (event.kind == Kind::kFraction) {
      number(path, to_double(event.text).value_or(0), -1);
    }
  }

 private:
  void open(std::string_view path) {
    if (path == "profiles[]") document_.parts.emplace_back();
    if (path == "shared.frames[]") frame_ = {};
    if (path == "profiles[].events[]") event_ = {};
  }

  void close(std::string_view path) {
    if (path == "shared.frames[]") document_.frames.push_back(std::move(frame_));
    if (path == "profiles[].samples[]") part().ends.push_back(part().frames.size());
    if (path == "profiles[].events[]") part().events.push_back(event_);
  }

  void text(std::string_view path, std::string_view value) {
    if (path == "name") document_.name = value;
    if (path == "exporter") document_.ours = value == "tidemark";
    if (path == "shared.frames[].name") frame_.function = value;
    if (path == "shared.frames[].file") frame_.file = value;
    if (path == "profiles[].name") part().name = value;
    if (path == "profiles[].unit") part().unit = value;
    if (path == "profiles[].events[].type") event_.opens = value == "O";
  }

  void number(std::string_view path, double value, std::int64_t whole) {
    if (path == "shared.frames[].line") frame_.line = std::max<std::int64_t>(whole, 0);
    if (path == "profiles[].weights[]") part().weights.push_back(value);
    if (path == "profiles[].samples[][]") part().frames.push_back(whole);
    if (path == "profiles[].events[].frame") event_.frame = whole;
    if (path == "profiles[].events[].at") event_.at = value;
  }

  Part& part() {
    if (document_.parts.empty()) {
      throw Error(walk_.here("expected \"profiles\" to be a list of objects"));
    }
    return document_.parts.back();
  }

  const JsonWalk& walk_;
  Document& document_;
  Frame frame_;
  Event event_;
};

// What a unit is called in a ValueType, and by how much its values are multiplied.
struct Unit {
  std::string_view file;
  std::string_view name;
  std::string_view unit;
  double factor;
};

constexpr std::array<Unit, 6> kUnits = {{{"none", "samples", "count", 1},
                                         {"bytes", "space", "bytes", 1},
                                         {"nanoseconds", "time", "nanoseconds", 1},
                                         {"microseconds", "time", "nanoseconds", 1e3},
                                         {"milliseconds", "time", "nanoseconds", 1e6},
                                         {"seconds", "time", "nanoseconds", 1e9}}};

class Builder {
 public:
  Builder(const Document& document, const Part& part, std::string_view name)
      : document_(document),
        part_(part),
        name_(name),
        unit_(unit_of(part.unit)),
        profile_(std::vector<ValueType>{
            {.name = document.ours && !part.lane ? part.name : std::string(unit_.name),
             .unit = std::string(unit_.unit)}}) {}

  Profile build() {
    try {
      add_samples();
      add_events();
    } catch (const Error& error) {
      throw Error(
          fmt::format("{}: profile {}: {}", name_, tidemark::quoted(part_.name), error.what()));
    }
    profile_.title = part_.name.empty() ? document_.name : part_.name;
    return std::move(profile_);
  }

  // How many frames' names are not in the file.
  std::int64_t missing() const { return missing_; }

 private:
  static Unit unit_of(std::string_view name) {
    const auto found = std::ranges::find(kUnits, name, &Unit::file);
    return found == kUnits.end() ? kUnits[0] : *found;
  }

  void add(StackId stack, double value) {
    constexpr double kLimit = 9.2e18;  // just below 2^63
    value *= unit_.factor;
    if (!(std::abs(value) < kLimit)) throw Error("a weight does not fit 64 bits");
    profile_.add(stack, std::array{static_cast<std::int64_t>(std::llround(value))});
  }

  StackId push(StackId caller, std::int64_t frame) {
    if (frame >= 0 && static_cast<std::size_t>(frame) < document_.frames.size()) {
      return profile_.push(caller,
                           profile_.intern(document_.frames[static_cast<std::size_t>(frame)]));
    }
    ++missing_;
    return profile_.push(caller, profile_.intern({.function = fmt::format("[frame {}]", frame)}));
  }

  void add_samples() {
    std::size_t at = 0;
    for (std::size_t i = 0; i < part_.ends.size(); ++i) {
      StackId stack = kRoot;
      for (; at < part_.ends[i]; ++at) stack = push(stack, part_.frames[at]);
      if (part_.weights.empty()) add(stack, 1);
      if (i < part_.weights.size()) add(stack, part_.weights[i]);
    }
  }

  // Between two events, the stack that is open is what ran.
  void add_events() {
    std::vector<StackId> open = {kRoot};
    std::vector<std::int64_t> frames;
    double last = part_.events.empty() ? 0 : part_.events.front().at;
    for (const Event& event : part_.events) {
      if (event.at < last) throw Error("an event is before the one above it");
      if (open.size() > 1 && event.at > last) add(open.back(), event.at - last);
      last = event.at;
      if (event.opens) {
        open.push_back(push(open.back(), event.frame));
        frames.push_back(event.frame);
      } else {
        if (frames.empty() || frames.back() != event.frame) {
          throw Error(
              fmt::format("frame {} is closed, which is not the innermost one", event.frame));
        }
        open.pop_back();
        frames.pop_back();
      }
    }
  }

  const Document& document_;
  const Part& part_;
  std::string_view name_;
  Unit unit_;
  Profile profile_;
  std::int64_t missing_ = 0;
};

bool is_empty(const Part& part) { return part.ends.empty() && part.events.empty(); }

// Threads of ours are not needed where the values are there.
bool has_values(const Document& document) {
  return std::ranges::any_of(document.parts,
                             [](const Part& part) { return !part.lane && !is_empty(part); });
}

Recording parse(const Input& input) {
  Document document;
  JsonWalk walk(input);
  Reader reader(walk, document);
  const bool whole = walk.read([&](const JsonEvent& event) { reader(event); });
  Recording recording{.producer = "speedscope"};
  std::int64_t missing = 0;
  const bool values = has_values(document);
  for (const Part& part : document.parts) {
    if (is_empty(part) || (values && part.lane)) continue;
    Builder builder(document, part, input.name);
    recording.profiles.push_back(builder.build());
    missing += builder.missing();
  }
  if (recording.profiles.empty()) {
    throw Error(walk.here(whole ? "expected a profile with samples or events, found the end of the "
                                  "file"
                                : "the file ends before the first sample is whole"));
  }
  if (!whole) recording.lacks(walk.here("the file ends early: samples may be missing"));
  if (missing > 0) {
    recording.lacks(
        walk.here(fmt::format("{} times a frame is named that the file does not have", missing)));
  }
  return recording;
}

}  // namespace

constinit const Format kSpeedscopeFormat = {
    .name = "speedscope",
    .summary = "speedscope's JSON: sampled and evented profiles",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
