#include "lib/inject/own_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/numbers.h"
#include "lib/inject/address_space.h"
#include "lib/process/heap_dumps.h"
#include "lib/process/proc.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

std::string_view value_in(std::string_view environment, std::string_view name) {
  while (!environment.empty()) {
    const std::size_t end = std::min(environment.find('\0'), environment.size());
    const std::string_view entry = environment.substr(0, end);
    environment.remove_prefix(std::min(end + 1, environment.size()));
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

// The value of an option of jemalloc's, "prof:true,lg_prof_interval:30".
std::string_view option_in(std::string_view options, std::string_view name) {
  while (!options.empty()) {
    const std::size_t end = std::min(options.find(','), options.size());
    const std::string_view option = options.substr(0, end);
    options.remove_prefix(std::min(end + 1, options.size()));
    if (option.starts_with(name) && option.substr(name.size()).starts_with(':')) {
      return option.substr(name.size() + 1);
    }
  }
  return {};
}

bool has(const std::vector<std::string>& modules, std::string_view start) {
  return std::ranges::any_of(modules,
                             [&](const std::string& name) { return name.starts_with(start); });
}

OwnProfile writes_to(const fs::path& directory, std::string_view prefix) {
  const fs::path path = directory / prefix;
  return {.directory = path.parent_path(), .start = path.filename().string(), .end = ".heap"};
}

OwnProfileState gperftools(std::string_view environment, const fs::path& directory) {
  const std::string_view prefix = value_in(environment, "HEAPPROFILE");
  const auto signal = to_number(value_in(environment, "HEAPPROFILESIGNAL"));
  if (prefix.empty()) {
    return {.obstacle = {.what = "its tcmalloc does not profile: HEAPPROFILE was not set",
                         .remedy = "restart it under: memprof run --with gperf-heap"}};
  }
  if (!signal || *signal <= 0 || *signal > 64) {
    return {.obstacle = {
                .what = "its tcmalloc profiles, but no signal asks it for a dump",
                .remedy = fmt::format("restart it with HEAPPROFILESIGNAL={}", kHeapDumpSignal)}};
  }
  // It marks the variable, for its children to see, in the first character's highest bit.
  std::string plain(prefix);
  plain[0] = static_cast<char>(plain[0] & 0x7f);
  OwnProfile profile = writes_to(directory, plain);
  profile.asked = OwnProfile::Asked::kBySignal;
  profile.signal = static_cast<int>(*signal);
  return {.profile = std::move(profile)};
}

OwnProfileState jemalloc(std::string_view environment, const fs::path& directory) {
  const std::string_view options = value_in(environment, "MALLOC_CONF");
  constexpr std::string_view kHow =
      "restart it with MALLOC_CONF=prof:true,lg_prof_interval:30,prof_prefix:PATH (a build with "
      "--enable-prof, as Debian's is)";
  if (option_in(options, "prof") != "true") {
    return {.obstacle = {.what = "its jemalloc does not profile: MALLOC_CONF has no prof:true",
                         .remedy = std::string(kHow)}};
  }
  if (to_number(option_in(options, "lg_prof_interval")).value_or(-1) < 0) {
    return {.obstacle = {.what = "its jemalloc profiles, but dumps only when the program itself "
                                 "asks it to: it has no lg_prof_interval",
                         .remedy = std::string(kHow)}};
  }
  const std::string_view prefix = option_in(options, "prof_prefix");
  OwnProfile profile = writes_to(directory, prefix.empty() ? "jeprof" : prefix);
  profile.asked = OwnProfile::Asked::kByItself;
  return {.profile = std::move(profile)};
}

// None when we may not look.
std::vector<std::string> modules_of(pid_t pid) {
  try {
    return AddressSpace::of(pid).file_names();
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

OwnProfileState own_profile(std::string_view environment, const std::vector<std::string>& modules,
                            const fs::path& directory) {
  if (has(modules, "libtcmalloc")) return gperftools(environment, directory);
  if (has(modules, "libjemalloc")) return jemalloc(environment, directory);
  return {.obstacle = {.what = "its allocator has no profile of its own",
                       .remedy = "restart it under: memprof run --with gperf-heap"}};
}

OwnProfileState own_profile_of(pid_t pid) {
  std::error_code failed;
  const fs::path directory = fs::read_symlink(fmt::format("/proc/{}/cwd", pid), failed);
  const std::string environment =
      read_kernel_file(fmt::format("/proc/{}/environ", pid)).value_or("");
  OwnProfileState state = own_profile(environment, modules_of(pid), directory);
  if (state.profile && state.profile->asked == OwnProfile::Asked::kBySignal &&
      !handles(pid, state.profile->signal)) {
    return {.obstacle = {
                .what = fmt::format("its tcmalloc profiles, but signal {} has no handler "
                                    "and would end it",
                                    state.profile->signal),
                .remedy = fmt::format("restart it with HEAPPROFILESIGNAL={}", kHeapDumpSignal)}};
  }
  return state;
}

std::vector<fs::path> dumps_of(pid_t pid, const OwnProfile& profile) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code failed;
  const fs::path directory = fmt::format("/proc/{}/root{}", pid, profile.directory.string());
  for (const auto& entry : fs::directory_iterator(directory, failed)) {
    const std::string name = entry.path().filename().string();
    // gperftools adds the pid in children of a process that profiles.
    const bool own = name.starts_with(profile.start + ".") ||
                     name.starts_with(fmt::format("{}_{}.", profile.start, pid));
    if (!own || !name.ends_with(profile.end)) continue;
    const fs::file_time_type time = entry.last_write_time(failed);
    if (!failed) found.emplace_back(time, entry.path());
  }
  std::ranges::sort(found);
  std::vector<fs::path> paths;
  paths.reserve(found.size());
  for (auto& [time, path] : found) paths.push_back(std::move(path));
  return paths;
}

}  // namespace tidemark
