#include "tools/signoff/run/preflight.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/base/quantities.h"
#include "lib/process/command.h"
#include "lib/process/guard.h"
#include "lib/process/own_tool.h"
#include "tools/signoff/campaign/placeholders.h"
#include "tools/signoff/run/tool_needs.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t kFirstPort = 20'000;
constexpr std::uint16_t kPorts = 12'000;

// Programs whose Debian package has another name.
struct Package {
  std::string_view program;
  std::string_view package;
};
constexpr std::array<Package, 10> kPackages = {{{"perf", "linux-perf"},
                                                {"google-pprof", "google-perftools"},
                                                {"redis-cli", "redis-tools"},
                                                {"redis-benchmark", "redis-tools"},
                                                {"psql", "postgresql-client"},
                                                {"pgbench", "postgresql-contrib"},
                                                {"ab", "apache2-utils"},
                                                {"tc", "iproute2"},
                                                {"ip", "iproute2"},
                                                {"jq", "jq"}}};

std::string missing_program(std::string_view name) {
  const auto* const known = std::ranges::find(kPackages, name, &Package::program);
  return fmt::format("{} is not installed: apt-get install {}", printable(name),
                     printable(known == kPackages.end() ? name : known->package));
}

std::string missing_tool(std::string_view name) {
  return fmt::format(
      "{} is neither beside signoff nor in PATH: it belongs to Tidemark, install it "
      "whole",
      name);
}

// Programs may be filled in: a path with {port} cannot be looked for.
std::string missing_of_command(const std::vector<std::string>& command) {
  if (command.empty() || command.front().find('{') != std::string::npos) return "";
  return find_program(command.front()) ? "" : missing_program(command.front());
}

std::string missing_load(const Piece& piece, const PlannedPhase& planned,
                         const Campaign& campaign) {
  const std::string& entry = planned.target->load.at(piece.rest);
  if (entry.find_first_of(" {") != std::string::npos) return "";
  const fs::path path = campaign.file.parent_path() / entry;
  std::error_code failed;
  return fs::is_regular_file(path, failed)
             ? ""
             : fmt::format("there is no file {}", tidemark::quoted(path.string()));
}

// A variable of the environment that a text names, and that is not there.
std::string missing_variable(std::string_view text) {
  for (const Piece& piece : pieces_of(text, "")) {
    if (piece.name == "env" && std::getenv(piece.rest.c_str()) == nullptr) {
      return fmt::format("the variable {} is not set", printable(piece.rest));
    }
  }
  return "";
}

// The same of a run's own texts, and of the environment that it gets.
std::string missing_variable_of(const RunPlan& run, const TargetPlan& target) {
  std::vector<std::string> texts = run.args;
  for (const auto& [name, value] : target.environment) texts.push_back(value);
  for (const std::string& text : texts) {
    if (std::string why = missing_variable(text); !why.empty()) return why;
  }
  return "";
}

// What a run takes from its target when it names `piece`.
std::vector<std::string> texts_of(const Piece& piece, const TargetPlan& target) {
  if (piece.name == "command") return target.command;
  if (piece.name == "url") return {target.url};
  if (piece.name == "ready") return {target.ready};
  if (piece.name == "load") return {target.load.at(piece.rest)};
  return {};
}

std::string missing_piece(const Piece& piece, const PlannedPhase& planned,
                          const Campaign& campaign) {
  for (const std::string& text : texts_of(piece, *planned.target)) {
    if (std::string why = missing_variable(text); !why.empty()) return why;
  }
  if (piece.name == "command") return missing_of_command(planned.target->command);
  if (piece.name == "load") return missing_load(piece, planned, campaign);
  return "";
}

void check_directory(const fs::path& directory) {
  fs::create_directories(directory);
  if (::access(directory.c_str(), W_OK | X_OK) != 0) throw errno_error(directory.string());
}

}  // namespace

std::string trouble_of(const PlannedPhase& planned, const RunPlan& run, const Campaign& campaign) {
  const bool ours = run.tool != "command";
  if (ours && !find_own_tool(run.tool)) return missing_tool(run.tool);
  if (!ours && run.args.front() != "{command}") {
    if (std::string why = missing_of_command(run.args); !why.empty()) return why;
  }
  if (std::string why = missing_variable_of(run, *planned.target); !why.empty()) return why;
  for (const std::string& arg : run.args) {
    for (const Piece& piece : pieces_of(arg, "")) {
      if (std::string why = missing_piece(piece, planned, campaign); !why.empty()) return why;
    }
  }
  return missing_profiler(run, *planned.target);
}

std::string trouble_of(const PlannedPhase& planned, const fs::path& directory) {
  const PhasePlan& phase = *planned.phase;
  for (const std::string& program : phase.programs) {
    if (!find_program(program)) return missing_program(program);
  }
  const HostReading host = read_host();
  if (phase.memory_bytes > host.available_bytes) {
    return fmt::format("it needs {} of memory, and {} are available",
                       exact_bytes_text(phase.memory_bytes),
                       exact_bytes_text(host.available_bytes));
  }
  const std::optional<std::int64_t> disk = free_disk(directory);
  if (disk && phase.disk_bytes > *disk) {
    return fmt::format("it needs {} of disk, and {} are free in {}",
                       exact_bytes_text(phase.disk_bytes), exact_bytes_text(*disk),
                       printable(directory.string()));
  }
  return "";
}

std::vector<Trouble> preflight(const Plan& plan, const Campaign& campaign,
                               const fs::path& directory) {
  check_directory(directory);
  (void)free_port({});
  std::vector<Trouble> troubles;
  for (const PlannedPhase& planned : plan) {
    if (!planned.skipped.empty()) continue;
    if (std::string why = trouble_of(planned, directory); !why.empty()) {
      troubles.push_back({.phase = planned.id(), .run = "", .why = std::move(why)});
    }
    for (const RunPlan* const run : planned.runs) {
      if (std::string why = trouble_of(planned, *run, campaign); !why.empty()) {
        troubles.push_back({.phase = planned.id(), .run = run->name, .why = std::move(why)});
      }
    }
  }
  return troubles;
}

int usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(CPU_COUNT(&set), 1);
}

std::uint16_t free_port(const std::vector<std::uint16_t>& taken) {
  // Two signoffs that start at once begin at different places.
  const auto start = static_cast<std::uint32_t>(::getpid()) * 37U;
  for (std::uint32_t i = 0; i < kPorts; ++i) {
    const auto port = static_cast<std::uint16_t>(kFirstPort + (start + i) % kPorts);
    if (std::ranges::find(taken, port) != taken.end()) continue;
    const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) throw errno_error("cannot make a socket");
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port)};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what the system call takes
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return port;
    }
  }
  throw Error(fmt::format("no port from {} to {} is free", kFirstPort, kFirstPort + kPorts - 1));
}

std::optional<std::int64_t> free_disk(const fs::path& directory) {
  struct statvfs room {};
  if (::statvfs(directory.c_str(), &room) != 0) return std::nullopt;
  return static_cast<std::int64_t>(room.f_bavail) * static_cast<std::int64_t>(room.f_frsize);
}

}  // namespace tidemark::signoff
