#include "parsers/perf_data_places.h"

#include <algorithm>
#include <utility>

#include "lib/base/hash.h"

namespace tidemark {
namespace {

std::uint64_t mixed(std::uint64_t a, std::uint32_t b) {
  std::uint64_t hash = a ^ std::uint64_t{b} * 0x9E3779B97F4A7C15U;
  hash = (hash ^ (hash >> 31)) * 0xBF58476D1CE4E5B9U;
  hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBU;
  return hash ^ (hash >> 31);
}

std::uint64_t hash_of_frames(const std::vector<Frame>& frames) {
  std::uint64_t hash = frames.size();
  for (const Frame& frame : frames) {
    hash = hash_of(frame.function, hash ^ frame.address ^ static_cast<std::uint64_t>(frame.line));
    hash = hash_of(frame.module, hash ^ frame.offset);
  }
  return hash;
}

}  // namespace

PerfPlaces::PerfPlaces(const PerfProcesses& processes, const NamePlace& name_place)
    : processes_(processes), name_place_(name_place), modules_(processes.objects().size()) {}

std::uint32_t PerfPlaces::find(const PerfPlace& place) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::uint32_t id = ids_.find_or_add(mixed(place.address, place.space),
                                            [&](std::uint32_t i) { return places_[i] == place; });
  if (id < places_.size()) return numbers_[id];
  places_.push_back(place);
  numbers_.push_back(0);
  return numbers_.back() = find_new(place);
}

std::uint32_t PerfPlaces::find_new(const PerfPlace& place) {
  const bool kernel = place.space == PerfPlace::kKernel;
  const auto mapping = processes_.mappings().at(
      kernel ? processes_.mapped_in_kernel() : processes_.mapped_in(place.space), place.address);
  ObjectPlace where{.object = kernel ? kKernelItself : kNoObject, .offset = place.address};
  if (mapping) {
    where.object = mapping->object;
    if (processes_.objects()[where.object].kind != PerfObject::Kind::kKernel) {
      where.offset = place.address - mapping->start + mapping->offset;
    }
  }
  return find_in_object(where, place.address);
}

std::uint32_t PerfPlaces::find_in_object(const ObjectPlace& where, std::uint64_t address) {
  const std::uint32_t id =
      object_ids_.find_or_add(mixed(where.offset, where.object),
                              [&](std::uint32_t i) { return object_places_[i] == where; });
  if (id < object_places_.size()) {
    const std::uint32_t number = object_numbers_[id];
    // Which thread comes first must not show.
    if (!name_place_) frames_[number][0].address = std::min(frames_[number][0].address, address);
    return number;
  }
  object_places_.push_back(where);
  object_numbers_.push_back(0);
  return object_numbers_.back() = intern(make_frames(where, address));
}

std::vector<Frame> PerfPlaces::make_frames(const ObjectPlace& where, std::uint64_t address) {
  Frame frame{.address = address};
  Mapping module;
  if (where.object == kKernelItself) {
    frame.module = module.path = kPerfKernel;
    frame.offset = where.offset;
  } else if (where.object != kNoObject) {
    const PerfObject& object = processes_.objects()[where.object];
    modules_[where.object] = module = module_of(where.object);
    frame.module = object.path;
    frame.offset = where.offset;
    frame.function = object.function;
    if (name_place_ && object.kind == PerfObject::Kind::kFile) frame.address = 0;
  }
  if (name_place_ && frame.function.empty()) {
    std::vector<Frame> named = name_place_(module, frame);
    if (!named.empty()) return named;
  }
  return {std::move(frame)};
}

Mapping PerfPlaces::module_of(std::uint32_t object) const {
  const PerfObject& one = processes_.objects()[object];
  Mapping module{.path = one.path, .build_id = one.build_id};
  if (one.path == kPerfKernel) {
    module.start = processes_.kernel().start;
    module.end = processes_.kernel().end;
    module.offset = processes_.kernel().offset;
  }
  return module;
}

std::uint32_t PerfPlaces::intern(std::vector<Frame> frames) {
  if (!name_place_) {  // each place is one frame; its address may still change
    frames_.push_back(std::move(frames));
    return static_cast<std::uint32_t>(frames_.size() - 1);
  }
  const std::uint32_t number = frame_ids_.find_or_add(
      hash_of_frames(frames), [&](std::uint32_t i) { return frames_[i] == frames; });
  if (number == frames_.size()) frames_.push_back(std::move(frames));
  return number;
}

std::span<const Frame> PerfPlaces::frames(std::uint32_t number) const { return frames_[number]; }

std::vector<Mapping> PerfPlaces::modules() const {
  std::vector<Mapping> used;
  std::ranges::copy_if(modules_, std::back_inserter(used),
                       [](const Mapping& module) { return !module.path.empty(); });
  return used;
}

}  // namespace tidemark
