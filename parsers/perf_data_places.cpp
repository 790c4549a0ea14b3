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

PerfRange PerfPlaces::range_at(std::uint32_t space, std::uint64_t address) const {
  const bool kernel = space == kKernelSpace;
  const auto mapping = processes_.mappings().at(
      kernel ? processes_.mapped_in_kernel() : processes_.mapped_in(space), address);
  if (!mapping) {
    return {.space = space,
            .object = kernel ? PerfPlace::kKernelItself : PerfPlace::kNoObject,
            .start = address,
            .size = 1};
  }
  const bool in_kernel = processes_.objects()[mapping->object].kind == PerfObject::Kind::kKernel;
  return {.space = space,
          .object = mapping->object,
          .start = mapping->start,
          .size = mapping->end - mapping->start,
          .base = in_kernel ? 0 : mapping->start - mapping->offset};
}

std::uint32_t PerfPlaces::find(const PerfPlace& place) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::uint32_t id = ids_.find_or_add(mixed(place.offset, place.object),
                                            [&](std::uint32_t i) { return places_[i] == place; });
  if (id < places_.size()) return numbers_[id];
  places_.push_back(place);
  numbers_.push_back(0);
  return numbers_.back() = intern(make_frames(place));
}

std::vector<Frame> PerfPlaces::make_frames(const PerfPlace& place) {
  Frame frame{.address = place.offset};
  Mapping module;
  if (place.object == PerfPlace::kKernelItself) {
    module = module_of_kernel();
    frame.module = module.path;
    frame.offset = place.offset;
    if (const PerfMapping& kernel = processes_.kernel(); kernel.end != 0) {
      module = module_of(kernel.object);
    }
  } else if (place.object != PerfPlace::kNoObject) {
    const PerfObject& object = processes_.objects()[place.object];
    modules_[place.object] = module = module_of(place.object);
    frame.module = object.path;
    frame.offset = place.offset;
    frame.function = object.function;
    if (object.kind == PerfObject::Kind::kFile) frame.address = 0;
  }
  if (name_place_ && frame.function.empty()) {
    std::vector<Frame> named = name_place_(module, frame);
    if (!named.empty()) return named;
  }
  return {std::move(frame)};
}

// For what lies outside the kernel's text, as code that runs only once does.
Mapping PerfPlaces::module_of_kernel() const {
  const PerfObjects& objects = processes_.objects();
  for (std::uint32_t i = 0; i < objects.size(); ++i) {
    if (objects[i].path == kPerfKernel) return module_of(i);
  }
  return {.path = std::string(kPerfKernel)};
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
  if (!name_place_) {  // each place is a frame of its own
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
