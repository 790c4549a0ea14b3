#include "tools/signoff/campaign/tools.h"

#include <algorithm>

#include "lib/base/glob.h"

namespace tidemark::signoff {
namespace {

struct Verb {
  std::string_view tool;
  std::string_view name;
};

constexpr std::array<Verb, 4> kWithDirectory = {
    {{"memprof", "run"}, {"memprof", "attach"}, {"leakwatch", "watch"}, {"pressure", "run"}}};

}  // namespace

bool applies_to(const std::vector<std::string>& globs, std::string_view target) {
  return globs.empty() || std::ranges::any_of(globs, [&](const std::string& glob) {
           return matches_glob(glob, target);
         });
}

bool leaves_a_run(std::string_view tool) {
  return std::ranges::find(kWithDirectory, tool, &Verb::tool) != kWithDirectory.end();
}

bool takes_directory(std::string_view tool, const std::vector<std::string>& args) {
  return !args.empty() && std::ranges::any_of(kWithDirectory, [&](const Verb& verb) {
    return verb.tool == tool && verb.name == args[0];
  });
}

}  // namespace tidemark::signoff
