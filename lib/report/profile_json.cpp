#include "lib/report/profile_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

#include "lib/report/escape.h"
#include "lib/report/json_text.h"

namespace tidemark {
namespace {

constexpr int kVersion = 1;

class Writer {
 public:
  explicit Writer(const Profile& profile) : profile_(profile) {}

  std::string write() {
    add("{{\n\"format\": \"tidemark-profile\",\n\"version\": {},\n", kVersion);
    add("\"title\": {},\n", json_text(reversible(profile_.title)));
    add("\"pid\": {},\n\"at\": {},\n\"at_unit\": {},\n\"duration_ns\": {},\n", profile_.pid,
        profile_.at, json_text(reversible(profile_.at_unit)), profile_.duration_ns);
    add_value_types();
    add_mappings();
    add_frames();
    add_stacks();
    add_values();
    add_timeline();
    out_ += "}\n";
    return std::move(out_);
  }

 private:
  template <typename... Parts>
  void add(fmt::format_string<Parts...> format, Parts&&... parts) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Parts>(parts)...);
  }

  // "key": [ item, item ], one item a line.
  template <typename AddItem>
  void list(std::string_view key, std::size_t count, bool last, AddItem&& add_item) {
    add("\"{}\": [", key);
    bool first = true;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t before = out_.size();
      out_ += first ? "\n" : ",\n";
      if (!add_item(i)) {
        out_.resize(before);
        continue;
      }
      first = false;
    }
    out_ += last ? "]\n" : "],\n";
  }

  void add_value_types() {
    list("value_types", profile_.value_types().size(), false, [&](std::size_t i) {
      const ValueType& type = profile_.value_types()[i];
      add(R"({{"name": {}, "unit": {}}})", json_text(reversible(type.name)),
          json_text(reversible(type.unit)));
      return true;
    });
    add("\"default_value\": {},\n", profile_.default_value);
  }

  void add_mappings() {
    list("mappings", profile_.mappings.size(), false, [&](std::size_t i) {
      const Mapping& mapping = profile_.mappings[i];
      add("{{\"path\": {}, \"build_id\": {}, \"start\": \"{:#x}\", \"end\": \"{:#x}\", "
          "\"offset\": \"{:#x}\"}}",
          json_text(reversible(mapping.path)), json_text(reversible(mapping.build_id)),
          mapping.start, mapping.end, mapping.offset);
      return true;
    });
  }

  void text_member(std::string_view key, const std::string& text) {
    if (!text.empty()) add(", \"{}\": {}", key, json_text(reversible(text)));
  }

  void add_frames() {
    list("frames", profile_.frames(), false, [&](std::size_t i) {
      const Frame& frame = profile_.frame(FrameId{static_cast<std::uint32_t>(i)});
      add("{{\"name\": {}", json_text(reversible(name_of(frame))));
      text_member("function", frame.function);
      text_member("file", frame.file);
      if (frame.line != 0) add(", \"line\": {}", frame.line);
      text_member("module", frame.module);
      if (frame.address != 0) add(R"(, "address": "{:#x}")", frame.address);
      if (frame.offset != 0) add(R"(, "offset": "{:#x}")", frame.offset);
      if (frame.inlined) out_ += ", \"inlined\": true";
      out_ += '}';
      return true;
    });
  }

  void add_stacks() {
    list("stacks", profile_.stacks() - 1, false, [&](std::size_t i) {
      const StackId stack{static_cast<std::uint32_t>(i + 1)};
      add("[{}, {}]", static_cast<std::uint32_t>(profile_.caller(stack)),
          static_cast<std::uint32_t>(profile_.leaf(stack)));
      return true;
    });
  }

  void add_values() {
    list("values", profile_.stacks(), false, [&](std::size_t i) {
      const auto self = profile_.self(StackId{static_cast<std::uint32_t>(i)});
      if (std::ranges::all_of(self, [](std::int64_t value) { return value == 0; })) return false;
      add("[{}", i);
      for (const std::int64_t value : self) add(", {}", value);
      out_ += ']';
      return true;
    });
  }

  void add_timeline() {
    list("timeline", profile_.timeline.size(), true, [&](std::size_t i) {
      const Moment& moment = profile_.timeline[i];
      add("[{}, {}, {}]", moment.at, static_cast<std::uint32_t>(moment.stack), moment.value);
      return true;
    });
  }

  const Profile& profile_;
  std::string out_;
};

}  // namespace

std::string to_profile_json(const Profile& profile) { return Writer(profile).write(); }

}  // namespace tidemark
