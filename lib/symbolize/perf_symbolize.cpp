#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>

#include "lib/symbolize/perf_symbols.h"

namespace tidemark {
namespace {

// The frames that stand for those of `profile`, by their ids, outermost first.
std::vector<std::vector<FrameId>> named_frames(const Profile& profile, PerfSymbols& symbols,
                                               Profile& named) {
  std::map<std::string, const Mapping*> modules;
  for (const Mapping& mapping : profile.mappings) modules[mapping.path] = &mapping;
  std::vector<std::vector<FrameId>> frames(profile.frames());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Frame& frame = profile.frame(FrameId{static_cast<std::uint32_t>(i)});
    const bool is_root = frame.module.empty() && frame.address == 0;
    if (!frame.function.empty() || is_root) {
      frames[i].push_back(named.intern(frame));
      continue;
    }
    const auto module = modules.find(frame.module);
    const std::vector<Frame> better = symbols.frames_at(
        module == modules.end() ? Mapping{.path = frame.module} : *module->second, frame);
    for (std::size_t k = better.size(); k-- > 0;) frames[i].push_back(named.intern(better[k]));
  }
  return frames;
}

Profile with_symbols(const Profile& profile, PerfSymbols& symbols) {
  Profile named(profile.value_types());
  const std::vector<std::vector<FrameId>> frames = named_frames(profile, symbols, named);
  std::vector<StackId> stacks{kRoot};
  stacks.reserve(profile.stacks());
  for (std::size_t i = 1; i < profile.stacks(); ++i) {
    const StackId old{static_cast<std::uint32_t>(i)};
    StackId stack = stacks[static_cast<std::size_t>(profile.caller(old))];
    for (const FrameId frame : frames[static_cast<std::size_t>(profile.leaf(old))]) {
      stack = named.push(stack, frame);
    }
    stacks.push_back(stack);
    named.add(stack, profile.self(old));
  }
  named.title = profile.title;
  named.default_value = profile.default_value;
  named.pid = profile.pid;
  named.duration_ns = profile.duration_ns;
  named.mappings = profile.mappings;
  named.timeline = profile.timeline;
  for (Moment& moment : named.timeline) {
    moment.stack = stacks[static_cast<std::size_t>(moment.stack)];
  }
  return named;
}

}  // namespace

void symbolize_perf(Recording& recording, const PerfSymbolOptions& options) {
  PerfSymbols symbols(options);
  for (Profile& profile : recording.profiles) profile = with_symbols(profile, symbols);
  const std::vector<std::string> warnings = symbols.warnings();
  recording.warnings.insert(recording.warnings.end(), warnings.begin(), warnings.end());
}

}  // namespace tidemark
