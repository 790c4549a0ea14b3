#include "lib/analyze/annotate.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace tidemark {
namespace {

bool is_kernel(std::string_view module) { return module.starts_with('[') && module != "[unknown]"; }

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
    Frame marked = frame;
    // "[libc.so.6]", also with a mark behind it.
    const std::size_t close = frame.function.starts_with('[') ? frame.function.rfind(']') : 0;
    const std::size_t mark = frame.function.rfind("_[");
    const std::size_t end = mark == std::string::npos ? close : mark - 1;
    if (annotations.addrs && close > 0 && close != std::string::npos) {
      const std::uint64_t address = frame.module.empty() ? frame.address : frame.offset;
      marked.function.insert(end, fmt::format(" <{:x}>", address));
    } else if (annotations.context && !frame.file.empty()) {
      marked.function += fmt::format(":{}:{}", file_name(frame.file), frame.line);
    } else {
      continue;
    }
    profile.describe(FrameId{i}, std::move(marked));
  }
}

}  // namespace tidemark
