// One object: "meta" says how to read it, "libs" lists the modules, and each of
// "threads" has tables of columns that refer to each other by index:
//
//   samples -> stackTable (prefix, frame) -> frameTable -> funcTable -> stringArray
//                                                       -> resourceTable -> libs

#include "lib/report/firefox.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/analyze/time_order.h"
#include "lib/base/hash.h"
#include "lib/base/id_table.h"
#include "lib/base/lines.h"
#include "lib/report/json_text.h"

namespace tidemark {
namespace {

// Columns of the same length, written as {"length":N,"a":[...],"b":[...]}.
class Columns {
 public:
  explicit Columns(std::size_t length) : text_(fmt::format("{{\"length\":{}", length)) {}

  template <typename Cell>
  Columns& column(std::string_view name, std::size_t length, Cell&& cell) {
    fmt::format_to(std::back_inserter(text_), ",\n\"{}\":[", name);
    for (std::size_t i = 0; i < length; ++i) {
      if (i > 0) text_ += ',';
      text_ += cell(i);
    }
    text_ += ']';
    return *this;
  }

  // A column of a table without rows.
  Columns& empty_column(std::string_view name) {
    return column(name, 0, [](std::size_t) { return ""; });
  }

  std::string text() const { return text_ + "}"; }

 private:
  std::string text_;
};

std::string number(std::int64_t value) { return std::to_string(value); }

std::string index_or_null(std::uint32_t index) {
  return index == 0 ? "null" : std::to_string(index - 1);
}

// What the samples of a value type weigh, in one of the three ways that there are.
struct Weight {
  std::string_view type;
  double in_one = 1;  // of the profile's unit; divided by, since 1e6 is exact and 1e-6 is not
};

Weight weight_of(const ValueType& type) {
  if (type.unit == "bytes") return {.type = "bytes"};
  if (type.unit == "nanoseconds") return {.type = "tracing-ms", .in_one = 1e6};
  if (type.unit == "microseconds") return {.type = "tracing-ms", .in_one = 1e3};
  if (type.unit == "milliseconds" || type.unit == "ms") return {.type = "tracing-ms"};
  if (type.unit == "seconds") return {.type = "tracing-ms", .in_one = 1e-3};
  return {.type = "samples"};
}

std::string base_name(const std::string& path) {
  return printable(path.substr(path.rfind('/') + 1));
}

// The modules of all threads.
class Libraries {
 public:
  std::size_t id_of(const std::string& path) {
    const auto [found, fresh] = ids_.try_emplace(path, paths_.size());
    if (fresh) paths_.push_back(path);
    return found->second;
  }

  std::string text() const {
    std::string text;
    for (const std::string& path : paths_) {
      const std::string name = json_text(base_name(path));
      const std::string whole = json_text(printable(path));
      text += fmt::format(
          "{}{{\"arch\":\"\",\"name\":{},\"path\":{},\"debugName\":{},\"debugPath\":{},"
          "\"breakpadId\":\"\",\"codeId\":null}}",
          text.empty() ? "" : ",\n", name, whole, name, whole);
    }
    return text;
  }

 private:
  std::map<std::string, std::size_t> ids_;
  std::vector<std::string> paths_;
};

// The tables of one thread. `profile` has the thread's stacks only.
class Tables {
 public:
  Tables(const Profile& profile, Libraries& libraries) : profile_(profile) {
    for (std::uint32_t i = 0; i < profile.frames(); ++i) {
      add_function(profile.frame(FrameId{i}), libraries);
    }
  }

  std::string text() {
    std::string tables = fmt::format("\"frameTable\":{},\n\"funcTable\":{},\n\"stackTable\":{},\n",
                                     frames(), functions(), stacks());
    tables += fmt::format("\"resourceTable\":{},\n\"nativeSymbols\":{},\n", resources(),
                          Columns(0)
                              .empty_column("address")
                              .empty_column("functionSize")
                              .empty_column("libIndex")
                              .empty_column("name")
                              .text());
    tables += "\"stringArray\":[";
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      if (i > 0) tables += ',';
      append_json(tables, texts_[i]);
    }
    return tables + "]";
  }

 private:
  struct Function {
    std::uint32_t name = 0;
    std::uint32_t file = 0;      // 1 + its text; 0: not known
    std::uint32_t resource = 0;  // 1 + its resource; 0: not known
    auto operator<=>(const Function&) const = default;
  };

  // A module that the thread was in.
  struct Resource {
    std::uint32_t name = 0;
    std::size_t library = 0;
  };

  std::uint32_t text_id(const std::string& entry) {
    const std::uint32_t index = text_ids_.find_or_add(
        hash_of(entry), [&](std::uint32_t other) { return texts_[other] == entry; });
    if (index == texts_.size()) texts_.push_back(entry);
    return index;
  }

  std::uint32_t resource_of(const Frame& frame, Libraries& libraries) {
    if (frame.module.empty()) return 0;
    const auto [found, fresh] = resource_ids_.try_emplace(frame.module, resources_.size() + 1);
    if (fresh) {
      resources_.push_back(
          {.name = text_id(base_name(frame.module)), .library = libraries.id_of(frame.module)});
    }
    return static_cast<std::uint32_t>(found->second);
  }

  void add_function(const Frame& frame, Libraries& libraries) {
    const Function function{.name = text_id(printable(name_of(frame))),
                            .file = frame.file.empty() ? 0 : 1 + text_id(printable(frame.file)),
                            .resource = resource_of(frame, libraries)};
    const auto [found, fresh] = function_ids_.try_emplace(function, functions_.size());
    if (fresh) functions_.push_back(function);
    function_of_frame_.push_back(static_cast<std::uint32_t>(found->second));
  }

  std::string frames() const {
    const std::size_t count = profile_.frames();
    const auto frame = [&](std::size_t i) -> const Frame& {
      return profile_.frame(FrameId{static_cast<std::uint32_t>(i)});
    };
    const auto none = [](std::size_t) { return "null"; };
    return Columns(count)
        .column("address", count, [](std::size_t) { return "-1"; })
        .column("inlineDepth", count, [](std::size_t) { return "0"; })
        .column("category", count, [](std::size_t) { return "0"; })
        .column("subcategory", count, [](std::size_t) { return "0"; })
        .column("func", count, [&](std::size_t i) { return number(function_of_frame_[i]); })
        .column("nativeSymbol", count, none)
        .column("innerWindowID", count, none)
        .column("implementation", count, none)
        .column("line", count,
                [&](std::size_t i) { return frame(i).line > 0 ? number(frame(i).line) : "null"; })
        .column("column", count, none)
        .column("optimizations", count, none)
        .text();
  }

  std::string functions() const {
    const std::size_t count = functions_.size();
    const auto no = [](std::size_t) { return "false"; };
    const auto none = [](std::size_t) { return "null"; };
    return Columns(count)
        .column("name", count, [&](std::size_t i) { return number(functions_[i].name); })
        .column("isJS", count, no)
        .column("relevantForJS", count, no)
        .column("resource", count,
                [&](std::size_t i) { return number(std::int64_t{functions_[i].resource} - 1); })
        .column("fileName", count, [&](std::size_t i) { return index_or_null(functions_[i].file); })
        .column("lineNumber", count, none)
        .column("columnNumber", count, none)
        .text();
  }

  // Our stacks, less the empty one.
  std::string stacks() const {
    const std::size_t count = profile_.stacks() - 1;
    const auto id = [](std::size_t i) { return StackId{static_cast<std::uint32_t>(i + 1)}; };
    return Columns(count)
        .column("prefix", count,
                [&](std::size_t i) {
                  return index_or_null(static_cast<std::uint32_t>(profile_.caller(id(i))));
                })
        .column(
            "frame", count,
            [&](std::size_t i) { return number(static_cast<std::uint32_t>(profile_.leaf(id(i)))); })
        .column("category", count, [](std::size_t) { return "0"; })
        .column("subcategory", count, [](std::size_t) { return "0"; })
        .text();
  }

  std::string resources() const {
    const std::size_t count = resources_.size();
    return Columns(count)
        .column("lib", count, [&](std::size_t i) { return std::to_string(resources_[i].library); })
        .column("name", count, [&](std::size_t i) { return number(resources_[i].name); })
        .column("host", count, [](std::size_t) { return "null"; })
        .column("type", count, [](std::size_t) { return "1"; })  // a library
        .text();
  }

  const Profile& profile_;
  IdTable text_ids_;
  std::vector<std::string> texts_;
  std::map<std::string, std::size_t> resource_ids_;
  std::vector<Resource> resources_;
  std::map<Function, std::size_t> function_ids_;
  std::vector<Function> functions_;
  std::vector<std::uint32_t> function_of_frame_;
};

// The stacks of one lane, and no others; the lane's moments then are of these.
Profile part_of(const Profile& profile, Lane& lane) {
  Profile part(std::vector<ValueType>{});
  std::unordered_map<std::uint32_t, StackId> stacks{{0, kRoot}};
  std::vector<StackId> missing;
  for (Moment& moment : lane.moments) {
    StackId known = moment.stack;
    for (; !stacks.contains(static_cast<std::uint32_t>(known)); known = profile.caller(known)) {
      missing.push_back(known);
    }
    StackId at = stacks[static_cast<std::uint32_t>(known)];
    for (; !missing.empty(); missing.pop_back()) {
      at = part.push(at, part.intern(profile.frame(profile.leaf(missing.back()))));
      stacks[static_cast<std::uint32_t>(missing.back())] = at;
    }
    moment.stack = at;
  }
  return part;
}

class Writer {
 public:
  Writer(const Profile& profile, std::size_t value)
      : profile_(profile), weight_(weight_of(profile.value_types().at(value))) {}

  void add_thread(Lane lane, std::int64_t from) {
    const Profile part = part_of(profile_, lane);
    const std::size_t count = lane.moments.size();
    const std::string samples =
        Columns(count)
            .column("stack", count,
                    [&](std::size_t i) {
                      return index_or_null(static_cast<std::uint32_t>(lane.moments[i].stack));
                    })
            .column("time", count,
                    [&](std::size_t i) {
                      return fmt::format("{}",
                                         static_cast<double>(lane.moments[i].at - from) / 1e6);
                    })
            .column("weight", count,
                    [&](std::size_t i) {
                      return fmt::format(
                          "{}", static_cast<double>(lane.moments[i].value) / weight_.in_one);
                    })
            .text();
    const std::int64_t pid = lane.pid > 0 ? lane.pid : 1;
    const std::int64_t tid = lane.tid > 0 ? lane.tid : static_cast<std::int64_t>(threads_) + 1;
    const std::string name = json_text(printable(lane.name));
    if (threads_++ > 0) threads_text_ += ",\n";
    threads_text_ += fmt::format(
        "{{\"name\":{0},\"processName\":{0},\"processType\":\"default\",\"isMainThread\":{1},\n"
        "\"pid\":\"{2}\",\"tid\":{3},\"registerTime\":0,\"unregisterTime\":null,"
        "\"processStartupTime\":0,\"processShutdownTime\":null,\"pausedRanges\":[],\n"
        "\"markers\":{4},\n\"samples\":{5},\"weightType\":\"{6}\"}},\n{7}}}",
        name, pid == tid || lane.tid == 0, pid, tid, markers(),
        samples.substr(0, samples.size() - 1), weight_.type, Tables(part, libraries_).text());
  }

  std::string document() const {
    return fmt::format(
        "{{\"meta\":{{\"version\":24,\"preprocessedProfileVersion\":46,\"product\":{},"
        "\"startTime\":0,\"interval\":1,\"processType\":0,\"stackwalk\":1,\"debug\":false,"
        "\"symbolicated\":true,\"usesOnlyOneStackType\":true,\n"
        "\"doesNotUseFrameImplementation\":true,\"sourceCodeIsNotOnSearchfox\":true,"
        "\"importedFrom\":\"tidemark\",\"markerSchema\":[],\"pausedRanges\":[],\n"
        "\"sampleUnits\":{{\"time\":\"ms\",\"eventDelay\":\"ms\",\"threadCPUDelta\":\"ns\"}},\n"
        "\"extensions\":{{\"length\":0,\"baseURL\":[],\"id\":[],\"name\":[]}},\n"
        "\"categories\":[{{\"name\":\"Other\",\"color\":\"grey\",\"subcategories\":[\"Other\"]}}"
        "]}},\n\"libs\":[{}],\n\"pages\":[],\"counters\":[],\"profilerOverhead\":[],\n"
        "\"threads\":[{}]}}\n",
        json_text(printable(profile_.title.empty() ? "profile" : profile_.title)),
        libraries_.text(), threads_text_);
  }

 private:
  static std::string markers() {
    Columns none(0);
    for (const std::string_view column :
         {"category", "data", "endTime", "name", "phase", "startTime"}) {
      none.empty_column(column);
    }
    return none.text();
  }

  const Profile& profile_;
  Weight weight_;
  Libraries libraries_;
  std::string threads_text_;
  std::size_t threads_ = 0;
};

// Every stack once, a millisecond apart.
Lane one_by_one(const Profile& profile, std::size_t value) {
  Lane lane{.name = profile.value_types()[value].name};
  constexpr std::int64_t kMillisecond = 1'000'000;
  for (std::uint32_t i = 0; i < profile.stacks(); ++i) {
    const std::int64_t self = profile.self(StackId{i})[value];
    if (self == 0) continue;
    lane.moments.push_back(
        {.at = std::ssize(lane.moments) * kMillisecond, .stack = StackId{i}, .value = self});
  }
  return lane;
}

}  // namespace

std::string to_firefox(const Profile& profile, std::size_t value) {
  if (profile.timeline.empty()) {
    Writer writer(profile, value);
    writer.add_thread(one_by_one(profile, value), 0);
    return writer.document();
  }
  // What moments are worth is of the default value type.
  Writer writer(profile, profile.default_value);
  for (Lane& lane : lanes_of(profile)) {
    writer.add_thread(std::move(lane), profile.timeline.front().at);
  }
  return writer.document();
}

}  // namespace tidemark
