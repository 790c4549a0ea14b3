#include "lib/report/chrome_trace.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <vector>

#include "lib/analyze/flame.h"
#include "lib/analyze/time_order.h"
#include "lib/base/lines.h"
#include "lib/report/json_text.h"

namespace tidemark {
namespace {

class Writer {
 public:
  explicit Writer(const Profile& profile) : profile_(profile) {}

  std::string in_time() {
    start();
    std::int64_t number = 0;
    for (const Lane& lane : lanes_of(profile_)) {
      ++number;
      // Without ids a thread's number will do: rows only have to be apart.
      const std::int64_t pid = lane.pid > 0 ? lane.pid : 1;
      const std::int64_t tid = lane.tid > 0 ? lane.tid : number;
      add_row_name(lane.name, pid, tid);
      for (const Span& span : spans_of(profile_, lane)) {
        const Frame& frame = profile_.frame(span.frame);
        event(json_text(printable(name_of(frame))), pid, tid);
        times(microseconds(span.start - profile_.timeline.front().at),
              microseconds(span.end - span.start));
        add_place(frame);
      }
    }
    return end();
  }

  std::string side_by_side(std::size_t value) {
    start();
    add_row_name(profile_.value_types().at(value).name, 1, 1);
    const FlameGraph graph = flame_graph(profile_, {.value = value});
    std::vector<std::string> names;
    for (const std::string& name : graph.names) names.push_back(json_text(printable(name)));
    for (const FlameGraph::Box& box : graph.boxes) {
      event(names[box.name], 1, 1);
      times(std::to_string(box.start), std::to_string(box.total));
      fmt::format_to(std::back_inserter(out_), R"(,"args":{{"self":{},"total":{}}}}})", box.self,
                     box.total);
    }
    return end();
  }

 private:
  void start() { out_ = "{\"displayTimeUnit\":\"ms\",\n\"traceEvents\":["; }

  std::string end() {
    out_ += "\n],\n\"otherData\":{\"exporter\":\"tidemark\",\"title\":";
    append_json(out_, printable(profile_.title));
    out_ += "}}\n";
    return std::move(out_);
  }

  void event(const std::string& name, std::int64_t pid, std::int64_t tid) {
    fmt::format_to(std::back_inserter(out_),
                   "{}\n{{\"name\":{},\"pid\":{},\"tid\":{},\"ph\":", events_++ == 0 ? "" : ",",
                   name, pid, tid);
  }

  void times(const std::string& at, const std::string& length) {
    fmt::format_to(std::back_inserter(out_), R"("X","ts":{},"dur":{})", at, length);
  }

  void add_row_name(const std::string& name, std::int64_t pid, std::int64_t tid) {
    event("\"thread_name\"", pid, tid);
    fmt::format_to(std::back_inserter(out_), R"("M","args":{{"name":{}}}}})",
                   json_text(printable(name)));
  }

  void add_place(const Frame& frame) {
    if (!frame.file.empty()) {
      fmt::format_to(std::back_inserter(out_), R"(,"args":{{"file":{},"line":{}}})",
                     json_text(printable(frame.file)), frame.line);
    } else if (!frame.module.empty()) {
      fmt::format_to(std::back_inserter(out_), R"(,"args":{{"module":{}}})",
                     json_text(printable(frame.module)));
    }
    out_ += '}';
  }

  // Exact, where a double would round.
  static std::string microseconds(std::int64_t nanoseconds) {
    if (nanoseconds < 0) return "-" + microseconds(-nanoseconds);
    return fmt::format("{}.{:03}", nanoseconds / 1000, nanoseconds % 1000);
  }

  const Profile& profile_;
  std::string out_;
  std::size_t events_ = 0;
};

}  // namespace

std::string to_chrome_trace(const Profile& profile, std::size_t value) {
  return profile.timeline.empty() ? Writer(profile).side_by_side(value) : Writer(profile).in_time();
}

}  // namespace tidemark
