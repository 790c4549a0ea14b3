#include "tools/memprof/presets.h"

#include <fmt/format.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <optional>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark::memprof {
namespace {

constexpr std::int64_t kValgrindFiles = 12;  // that valgrind 3.19 keeps for itself
constexpr std::int64_t kMemcachedConnections = 1024;

constexpr std::array<Preset, 4> kPresets = {{
    {.name = "redis-server",
     .alias = "redis-check-rdb",  // what /proc says it runs: the same file
     .stop_signal = SIGTERM,
     .because = "SIGTERM saves what is to be saved and exits in order"},
    {.name = "nginx",
     .alias = "",
     .stop_signal = SIGTERM,
     .because = "SIGTERM ends the workers in order; every process leaves a whole file"},
    {.name = "memcached",
     .alias = "",
     .stop_signal = SIGTERM,
     .because = "SIGTERM exits in order; needs an exact limit of open files under valgrind",
     .helgrind_start = 4,
     .spare_files = kValgrindFiles},
    {.name = "postgres",
     .alias = "postmaster",
     .stop_signal = SIGINT,
     .because = "SIGINT is its fast shutdown; SIGTERM would wait for every client to leave. It "
                "listens before it answers: --ready 'command:pg_isready -h HOST -p PORT'"},
}};

}  // namespace

std::span<const Preset> presets() { return kPresets; }

const Preset& preset_named(std::string_view name) {
  std::string names;
  for (const Preset& preset : kPresets) {
    if (preset.name == name || (!preset.alias.empty() && preset.alias == name)) return preset;
    names += names.empty() ? "" : ", ";
    names += preset.name;
  }
  throw UsageError(fmt::format("--profile-for: no preset is called {}", quoted(name)),
                   "presets: " + names + "; `none` for no preset");
}

const Preset* preset_for(const std::vector<std::string>& target) {
  const std::string name = std::filesystem::path(target.at(0)).filename().string();
  for (const Preset& preset : kPresets) {
    if (preset.name == name || (!preset.alias.empty() && preset.alias == name)) return &preset;
  }
  return nullptr;
}

std::uint64_t open_files_for(const Preset& preset, const std::vector<std::string>& target) {
  if (preset.spare_files == 0) return 0;
  std::optional<std::int64_t> connections = kMemcachedConnections;
  for (std::size_t i = 1; i < target.size(); ++i) {
    const std::string_view argument = target[i];
    if ((argument == "-c" || argument == "--conn-limit") && i + 1 < target.size()) {
      connections = to_number(target[i + 1]);
    } else if (argument.starts_with("-c")) {
      connections = to_number(argument.substr(2));
    } else if (argument.starts_with("--conn-limit=")) {
      connections = to_number(argument.substr(argument.find('=') + 1));
    }
  }
  if (!connections || *connections <= 0) return 0;  // memcached itself will say so
  return static_cast<std::uint64_t>(*connections + preset.spare_files);
}

}  // namespace tidemark::memprof
