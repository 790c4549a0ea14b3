#include "lib/report/speedscope.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "lib/analyze/time_order.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/report/json_text.h"

namespace tidemark {
namespace {

// One sample as the format has it: a stack and how much.
using Weighted = std::pair<StackId, std::int64_t>;

// Tells those who read it back that what it holds is in the profile of a value as well.
constexpr std::string_view kLane = ",\"tidemarkLane\":true";

std::string unit_of(const ValueType& type) {
  for (const std::string_view known :
       {"nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"}) {
    if (type.unit == known) return type.unit;
  }
  if (type.unit == "ms") return "milliseconds";
  return "none";
}

class Writer {
 public:
  explicit Writer(const Profile& profile) : profile_(profile) {}

  std::string write() {
    out_ =
        "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"
        "\"exporter\":\"tidemark\",\n\"name\":";
    append_json(out_, printable(profile_.title.empty() ? "profile" : profile_.title));
    out_ += ",\n\"activeProfileIndex\":";
    const std::size_t place = out_.size();
    out_ += ",\n\"shared\":{\"frames\":[";
    add_frames();
    out_ += "]},\n\"profiles\":[";
    for (const Lane& lane : lanes_of(profile_)) add_lane(lane);
    const std::size_t active = profiles_ > 0 ? largest_ : profile_.default_value;
    for (std::size_t v = 0; v < profile_.value_types().size(); ++v) add_values(v);
    out_ += "]}\n";
    out_.insert(place, std::to_string(active));
    return std::move(out_);
  }

 private:
  // Frames that differ in their line or address only are one: speedscope would draw
  // them side by side.
  void add_frames() {
    std::map<std::pair<std::string, std::string>, std::uint32_t> known;
    for (std::uint32_t i = 0; i < profile_.frames(); ++i) {
      const Frame& frame = profile_.frame(FrameId{i});
      std::string name = name_of(frame);
      const auto [found, fresh] = known.try_emplace({std::move(name), frame.file},
                                                    static_cast<std::uint32_t>(known.size()));
      index_of_frame_.push_back(found->second);
      if (fresh) add_frame(found->first.first, frame);
    }
  }

  void add_frame(const std::string& name, const Frame& frame) {
    out_ += index_of_frame_.back() == 0 ? "\n{\"name\":" : ",\n{\"name\":";
    append_json(out_, printable(name));
    if (!frame.file.empty()) {
      out_ += ",\"file\":";
      append_json(out_, printable(frame.file));
    }
    if (frame.line > 0) fmt::format_to(std::back_inserter(out_), ",\"line\":{}", frame.line);
    out_ += '}';
  }

  void add_lane(const Lane& lane) {
    std::vector<Weighted> samples;
    for (const Moment& moment : lane.moments) {
      if (moment.value <= 0) continue;
      // What does not change from one sample to the next is one, only longer.
      if (!samples.empty() && samples.back().first == moment.stack) {
        samples.back().second = checked_add(samples.back().second, moment.value);
      } else {
        samples.emplace_back(moment.stack, moment.value);
      }
    }
    add_profile(lane.name, profile_.value_types().at(profile_.default_value), samples, kLane);
  }

  void add_values(std::size_t value) {
    std::vector<Weighted> samples;
    for (std::uint32_t i = 0; i < profile_.stacks(); ++i) {
      const std::int64_t self = profile_.self(StackId{i})[value];
      if (self > 0) samples.emplace_back(StackId{i}, self);
    }
    const ValueType& type = profile_.value_types()[value];
    add_profile(type.name, type, samples);
  }

  void add_profile(const std::string& name, const ValueType& type,
                   const std::vector<Weighted>& samples, std::string_view mark = "") {
    std::int64_t total = 0;
    for (const Weighted& sample : samples) total = checked_add(total, sample.second);
    if (total > largest_total_) {
      largest_total_ = total;
      largest_ = profiles_;
    }
    out_ += profiles_++ == 0 ? "\n" : ",\n";
    out_ += R"({"type":"sampled","name":)";
    append_json(out_, printable(name));
    out_ += mark;
    fmt::format_to(std::back_inserter(out_),
                   ",\"unit\":\"{}\",\"startValue\":0,\"endValue\":{},\n\"samples\":[",
                   unit_of(type), total);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      out_ += i == 0 ? "[" : ",[";
      add_stack(samples[i].first);
      out_ += ']';
    }
    out_ += "],\n\"weights\":[";
    for (std::size_t i = 0; i < samples.size(); ++i) {
      fmt::format_to(std::back_inserter(out_), "{}{}", i == 0 ? "" : ",", samples[i].second);
    }
    out_ += "]}";
  }

  // The frames of a stack, the outermost first.
  void add_stack(StackId stack) {
    frames_.clear();
    for (; stack != kRoot; stack = profile_.caller(stack)) {
      frames_.push_back(index_of_frame_[static_cast<std::size_t>(profile_.leaf(stack))]);
    }
    for (std::size_t i = frames_.size(); i > 0; --i) {
      fmt::format_to(std::back_inserter(out_), "{}{}", i == frames_.size() ? "" : ",",
                     frames_[i - 1]);
    }
  }

  const Profile& profile_;
  std::string out_;
  std::size_t profiles_ = 0;
  std::size_t largest_ = 0;  // of these, by what it adds up to
  std::int64_t largest_total_ = 0;
  std::vector<std::uint32_t> index_of_frame_;
  std::vector<std::uint32_t> frames_;
};

}  // namespace

std::string to_speedscope(const Profile& profile) { return Writer(profile).write(); }

}  // namespace tidemark
