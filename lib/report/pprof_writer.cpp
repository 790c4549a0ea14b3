// pprof's profile.proto; see parsers/pprof.cpp for what it consists of and
// https://github.com/google/pprof/blob/main/proto/profile.proto for the rest.
//
// A Location stands for one address: frames that are inlined into the next, at
// the same address of the same module, go into one. A frame's module and offset
// become a Mapping: the profile's own where it says the same, else one made up
// so that address - start gives the offset.

#include "lib/report/pprof_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <protozero/pbf_writer.hpp>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/decompress.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/id_table.h"

namespace tidemark {
namespace {

class Writer {
 public:
  explicit Writer(const Profile& profile) : profile_(profile), out_(proto_) { text(""); }

  std::string write() {
    for (const ValueType& type : profile_.value_types()) {
      protozero::pbf_writer message(out_, 1);
      message.add_int64(1, text(type.name));
      message.add_int64(2, text(type.unit));
    }
    list_own_mappings();
    for (std::uint32_t i = 0; i < profile_.stacks(); ++i) add_sample(StackId{i});
    add_mappings();
    proto_ += locations_proto_;
    proto_ += functions_proto_;
    if (profile_.duration_ns != 0) out_.add_int64(10, profile_.duration_ns);
    if (!profile_.title.empty()) out_.add_int64(13, text(profile_.title));
    if (profile_.pid != 0) out_.add_int64(13, text(fmt::format("pid {}", profile_.pid)));
    if (profile_.default_value < profile_.value_types().size()) {
      out_.add_int64(14, text(profile_.value_types()[profile_.default_value].name));
    }
    for (const std::string& entry : texts_) out_.add_string(6, entry);
    check_size();
    return gzip(proto_);
  }

 private:
  // Where a frame lies: a mapping's id, 0 when not known, and the address there.
  struct Place {
    std::uint64_t mapping = 0;
    std::uint64_t address = 0;
  };

  struct Mapped {
    Mapping mapping;
    bool functions = false;
    bool files = false;
    bool lines = false;
    bool inlines = false;
  };

  void check_size() const {
    constexpr std::size_t kMost = 0x7FFFFFFF;
    if (proto_.size() > kMost || locations_proto_.size() > kMost) {
      throw Error("the profile is too large for pprof: it would take more than 2 GiB");
    }
  }

  // The index of `entry` in the table of texts.
  std::int64_t text(std::string_view entry) {
    const std::uint32_t index = text_ids_.find_or_add(
        hash_of(entry), [&](std::uint32_t other) { return texts_[other] == entry; });
    if (index == texts_.size()) texts_.emplace_back(entry);
    return index;
  }

  void list_own_mappings() {
    for (const Mapping& mapping : profile_.mappings) {
      by_start_.emplace_back(mapping.start, mappings_.size());
      mappings_.push_back({.mapping = mapping});
    }
    std::ranges::sort(by_start_);
  }

  void add_sample(StackId stack) {
    const std::span<const std::int64_t> values = profile_.self(stack);
    if (std::ranges::all_of(values, [](std::int64_t value) { return value == 0; })) return;
    locations_.clear();
    StackId at = stack;
    while (at != kRoot) {
      group_.clear();
      do {
        group_.push_back(profile_.leaf(at));
        at = profile_.caller(at);
      } while (at != kRoot && continues(group_.back(), profile_.leaf(at)));
      locations_.push_back(location_of_group());
    }
    protozero::pbf_writer message(out_, 2);
    message.add_packed_uint64(1, locations_.begin(), locations_.end());
    message.add_packed_int64(2, values.begin(), values.end());
    message.commit();
    check_size();
  }

  // Whether `inner` is inlined into `outer` at the same address.
  bool continues(FrameId inner, FrameId outer) const {
    const Frame& a = profile_.frame(inner);
    const Frame& b = profile_.frame(outer);
    return a.inlined && a.address == b.address && a.offset == b.offset && a.module == b.module;
  }

  // The id of the location that holds the frames of group_, innermost first.
  std::uint64_t location_of_group() {
    const std::string_view bytes(reinterpret_cast<const char*>(group_.data()),
                                 group_.size() * sizeof(FrameId));
    const std::uint32_t index = location_ids_.find_or_add(
        hash_of(bytes), [&](std::uint32_t other) { return groups_[other] == group_; });
    if (index == groups_.size()) {
      groups_.push_back(group_);
      add_location(index + 1);
    }
    return index + 1;
  }

  void add_location(std::uint64_t id) {
    const Place place = place_of(profile_.frame(group_[0]));
    protozero::pbf_writer out(locations_proto_);
    protozero::pbf_writer location(out, 4);
    location.add_uint64(1, id);
    if (place.mapping != 0) location.add_uint64(2, place.mapping);
    if (place.address != 0) location.add_uint64(3, place.address);
    for (const FrameId id_of_frame : group_) {
      const Frame& frame = profile_.frame(id_of_frame);
      const bool named = !frame.function.empty() || !frame.file.empty();
      if (group_.size() == 1 && !named && frame.line == 0) continue;
      protozero::pbf_writer line(location, 4);
      if (named) line.add_uint64(1, function_of(frame));
      line.add_int64(2, frame.line);
      if (place.mapping != 0) describe(mappings_[place.mapping - 1], frame);
    }
  }

  void describe(Mapped& mapped, const Frame& frame) const {
    mapped.functions = mapped.functions || !frame.function.empty();
    mapped.files = mapped.files || !frame.file.empty();
    mapped.lines = mapped.lines || frame.line != 0;
    mapped.inlines = mapped.inlines || group_.size() > 1;
  }

  std::uint64_t function_of(const Frame& frame) {
    const std::pair<std::int64_t, std::int64_t> key(text(frame.function), text(frame.file));
    const auto [found, added] = functions_.try_emplace(key, functions_.size() + 1);
    if (added) {
      protozero::pbf_writer out(functions_proto_);
      protozero::pbf_writer function(out, 5);
      function.add_uint64(1, found->second);
      function.add_int64(2, key.first);
      function.add_int64(3, key.first);
      function.add_int64(4, key.second);
    }
    return found->second;
  }

  Place place_of(const Frame& frame) {
    if (frame.module.empty()) return {.mapping = 0, .address = frame.address};
    const auto module = static_cast<std::uint64_t>(text(frame.module));
    if (const std::uint64_t own = own_mapping_of(frame); own != 0) {
      return {.mapping = own, .address = frame.address};
    }
    const bool placed = frame.offset != 0 && (frame.address == 0 || frame.address >= frame.offset);
    if (!placed) {
      const std::uint64_t id = made_up({module, kNoBase}, {.path = frame.module});
      return {.mapping = id, .address = frame.address};
    }
    const std::uint64_t address = frame.address == 0 ? frame.offset : frame.address;
    const std::uint64_t base = address - frame.offset;
    const std::uint64_t id = made_up({module, base}, {.path = frame.module, .start = base});
    std::uint64_t& end = mappings_[id - 1].mapping.end;
    end = std::max(end, address == ~std::uint64_t{0} ? address : address + 1);
    return {.mapping = id, .address = address};
  }

  // The id of the profile's own mapping that says of the frame's address what
  // the frame says; 0 when there is none.
  std::uint64_t own_mapping_of(const Frame& frame) const {
    const auto after = std::ranges::upper_bound(by_start_, frame.address, {},
                                                [](const auto& entry) { return entry.first; });
    if (after == by_start_.begin()) return 0;
    const std::size_t index = std::prev(after)->second;
    const Mapping& mapping = profile_.mappings[index];
    const bool same = mapping.path == frame.module && frame.address < mapping.end &&
                      frame.address - mapping.start + mapping.offset == frame.offset;
    return same ? index + 1 : 0;
  }

  // The id of the mapping that was made up for a text and a base.
  std::uint64_t made_up(std::pair<std::uint64_t, std::uint64_t> key, Mapping mapping) {
    const auto [found, added] = made_up_.try_emplace(key, mappings_.size() + 1);
    if (added) mappings_.push_back({.mapping = std::move(mapping)});
    return found->second;
  }

  // Whether it is a program's or a library's, not the kernel's or "[heap]".
  static bool is_of_file(const Mapped& mapped) {
    const std::string& path = mapped.mapping.path;
    return !path.empty() && !path.starts_with('[');
  }

  // By convention the main program comes first: it is what pprof calls "File".
  std::vector<std::size_t> order_of_mappings() const {
    std::vector<std::size_t> order(mappings_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto main = std::ranges::find_if(
        order, [&](std::size_t index) { return is_of_file(mappings_[index]); });
    if (main != order.end()) std::rotate(order.begin(), main, std::next(main));
    return order;
  }

  void add_mappings() {
    for (const std::size_t i : order_of_mappings()) {
      const Mapped& mapped = mappings_[i];
      protozero::pbf_writer message(out_, 3);
      message.add_uint64(1, i + 1);
      message.add_uint64(2, mapped.mapping.start);
      message.add_uint64(3, mapped.mapping.end);
      message.add_uint64(4, mapped.mapping.offset);
      message.add_int64(5, text(mapped.mapping.path));
      message.add_int64(6, text(mapped.mapping.build_id));
      message.add_bool(7, mapped.functions);
      message.add_bool(8, mapped.files);
      message.add_bool(9, mapped.lines);
      message.add_bool(10, mapped.inlines);
    }
  }

  static constexpr std::uint64_t kNoBase = ~std::uint64_t{0};

  const Profile& profile_;
  std::string proto_;
  protozero::pbf_writer out_;
  std::string locations_proto_;
  std::string functions_proto_;

  IdTable text_ids_;
  std::vector<std::string> texts_;
  std::vector<Mapped> mappings_;                                 // the profile's own first
  std::vector<std::pair<std::uint64_t, std::size_t>> by_start_;  // those, by address
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> made_up_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::uint64_t> functions_;

  IdTable location_ids_;
  std::vector<std::vector<FrameId>> groups_;  // of each location
  std::vector<FrameId> group_;
  std::vector<std::uint64_t> locations_;
};

}  // namespace

std::string to_pprof(const Profile& profile) { return Writer(profile).write(); }

}  // namespace tidemark
