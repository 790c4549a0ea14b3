#include "lib/analyze/annotate.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace tidemark {
namespace {

bool is_kernel(std::string_view module) { return module.starts_with('[') && module != "[unknown]"; }

// Where "[libc.so.6]" ends, with or without a mark behind it: "[[kernel.kallsyms]]_[k]".
std::size_t closing_bracket(std::string_view name) {
  const std::size_t mark = name.rfind("_[");
  return name.rfind(']', mark);
}

// "[libc.so.6]": a module's name instead of a function's.
bool is_nameless(std::string_view name) {
  return name.starts_with('[') && closing_bracket(name) != std::string_view::npos;
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view mark_of(const Frame& frame, const Annotations& annotations) {
  if (annotations.inlined && frame.inlined) return "_[i]";
  if (annotations.kernel && is_kernel(frame.module)) return "_[k]";
  if (annotations.jit && is_runtime_code(frame.module)) return "_[j]";
  return "";
}

}  // namespace

bool is_runtime_code(std::string_view module) {
  const std::string_view name = module.substr(module.rfind('/') + 1);
  return (name.starts_with("perf-") && name.ends_with(".map")) ||
         (name.starts_with("jit-") && name.ends_with(".dump")) ||
         (name.starts_with("jitted-") && name.ends_with(".so"));
}

void annotate(Profile& profile, const Annotations& annotations) {
  for (std::uint32_t i = 0; i < profile.frames(); ++i) {
    const Frame& frame = profile.frame(FrameId{i});
    const std::string_view mark = mark_of(frame, annotations);
    if (mark.empty() || frame.function.empty()) continue;
    Frame marked = frame;
    marked.function += mark;
    profile.describe(FrameId{i}, std::move(marked));
  }
}

void annotate_places(Profile& profile, const PlaceAnnotations& annotations) {
  for (std::uint32_t i = 0; i < profile.frames(); ++i) {
    const Frame& frame = profile.frame(FrameId{i});
    if (frame.address == 0 && frame.offset == 0) continue;
    Frame placed = frame;
    if (annotations.addrs && is_nameless(frame.function)) {
      const std::uint64_t address = frame.module.empty() ? frame.address : frame.offset;
      placed.function.insert(closing_bracket(frame.function), fmt::format(" <{:x}>", address));
    } else if (annotations.context && !frame.file.empty()) {
      placed.function += fmt::format(":{}:{}", file_name(frame.file), frame.line);
    }
    if (placed.function != frame.function) profile.describe(FrameId{i}, std::move(placed));
  }
}

}  // namespace tidemark
