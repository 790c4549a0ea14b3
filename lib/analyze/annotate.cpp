#include "lib/analyze/annotate.h"

#include <string_view>
#include <utility>

namespace tidemark {
namespace {

bool is_kernel(std::string_view module) {
  return module.starts_with('[') && module != "[unknown]" && module != "[vdso]" &&
         module != "[vsyscall]";
}

// "/tmp/perf-12.map", ".../jit-12.dump", "jitted-12-3.so".
bool is_jit(std::string_view module) {
  const std::string_view name = module.substr(module.rfind('/') + 1);
  return (name.starts_with("perf-") && name.ends_with(".map")) ||
         (name.starts_with("jit-") && name.ends_with(".dump")) ||
         (name.starts_with("jitted-") && name.ends_with(".so"));
}

std::string_view mark_of(const Frame& frame, const Annotations& annotations) {
  if (annotations.inlined && frame.inlined) return "_[i]";
  if (annotations.kernel && is_kernel(frame.module)) return "_[k]";
  if (annotations.jit && is_jit(frame.module)) return "_[j]";
  return "";
}

}  // namespace

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

}  // namespace tidemark
