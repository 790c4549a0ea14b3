// Faults on the machine, by stress-ng in a control group of its own: "memory 1GiB 30s",
// "cpu 80% 30s", "disk 30s", "fds 1000 30s".
//
// The group's limits are what the fault asks for, so that nothing that stress-ng does
// costs more; what is not asked for gets half a CPU and 128 MiB.

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/quantities.h"
#include "lib/process/tree.h"
#include "tools/pressure/faults/cgroup_box.h"
#include "tools/pressure/faults/kinds.h"
#include "tools/pressure/target/host_guard.h"

namespace tidemark::pressure {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kAround = 128 * kMiB;   // for stress-ng itself
constexpr std::int64_t kWritten = 256 * kMiB;  // on the disk
constexpr std::int64_t kOfOneWorker = 10'000;  // descriptors

std::string cannot_stress() {
  if (!find_program("stress-ng")) return "stress-ng is not in PATH: install the package stress-ng";
  return CgroupBox::cannot();
}

double cpus() { return static_cast<double>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN))); }

// stress-ng at work, and what it works in.
struct Stress {
  Stress(Ground& ground, const CgroupLimits& limits) : box(*ground.custodian, limits) {}

  void start(std::vector<std::string> arguments, const Order& order, const fs::path& errors) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(order.duration).count();
    arguments.insert(arguments.begin(), {"stress-ng", "--quiet", "--oomable"});
    // When its time is over we end it; this is for when we are not there any more.
    arguments.insert(arguments.end(), {"--timeout", fmt::format("{}s", seconds + 5)});
    tree.emplace(Tree::start({.arguments = std::move(arguments), .directory = "/"},
                             {.output = errors, .errors = errors, .cgroups = box.directories()}));
  }

  // How it ended when it did by itself, which it should not have.
  std::string end() {
    std::string problem;
    if (const std::optional<End> ended = tree->ended()) {
      problem = fmt::format("stress-ng ended before its time: {}", ended->why);
    }
    tree->stop({.signal = SIGKILL, .grace = std::chrono::milliseconds(0)});
    const std::string left = box.remove();
    return problem.empty() ? left : problem;
  }

  CgroupBox box;
  std::optional<Tree> tree;
};

TakeBack begin_stress(Ground& ground, const Order& order, const CgroupLimits& limits,
                      std::vector<std::string> arguments) {
  auto stress = std::make_shared<Stress>(ground, limits);
  stress->start(std::move(arguments), order, ground.directory / "stress-ng.output");
  return [stress] { return stress->end(); };
}

std::string cannot_take_memory(const load::Scenario& scenario, const Order& order) {
  const std::int64_t room = memory_room(scenario.guard, read_host());
  if (order.bytes + kAround > room) {
    return fmt::format("{} would take the machine beyond the guard's limit, {} are left below it",
                       exact_bytes_text(order.bytes), exact_bytes_text(room));
  }
  return cannot_stress();
}

// One worker that touches all of it and then holds it, without a CPU's work.
TakeBack begin_memory(Ground& ground, const Order& order) {
  return begin_stress(ground, order, {.memory_bytes = order.bytes + kAround, .cpus = 1},
                      {"--vm", "1", "--vm-bytes", fmt::format("{}", order.bytes), "--vm-method",
                       "write64", "--vm-keep", "--vm-hang", "0"});
}

std::string cannot_take_cpu(const load::Scenario&, const Order&) { return cannot_stress(); }

TakeBack begin_cpu(Ground& ground, const Order& order) {
  return begin_stress(ground, order, {.memory_bytes = kAround, .cpus = cpus() * order.share},
                      {"--cpu", fmt::format("{:.0f}", cpus()), "--cpu-method", "int64"});
}

std::string cannot_write(const load::Scenario& scenario, const Order&) {
  const fs::path here = fs::current_path();
  const auto room = room_at(here);
  if (room && *room < kWritten + scenario.guard.disk_free) {
    return fmt::format("{} would be written below {}, where {} are left",
                       exact_bytes_text(kWritten), here.string(), exact_bytes_text(*room));
  }
  return cannot_stress();
}

// In a directory of the run's.
TakeBack begin_disk(Ground& ground, const Order& order) {
  std::string place = fs::absolute(ground.directory) / "stress-XXXXXX";
  if (::mkdtemp(place.data()) == nullptr) throw errno_error(place);
  const auto debt = ground.custodian->owe({.kind = Debt::Kind::kRemove, .path = place});
  Custodian* const custodian = ground.custodian;
  try {
    // stress-ng's own memory, and the pages that are to be written.
    auto stress = begin_stress(
        ground, order, {.memory_bytes = kAround * 2, .cpus = 0.5},
        {"--hdd", "1", "--hdd-bytes", fmt::format("{}", kWritten), "--temp-path", place});
    return [stress = std::move(stress), custodian, debt] {
      const std::string problem = stress();
      const std::string left = custodian->take_back(debt);
      return problem.empty() ? left : problem;
    };
  } catch (const Error&) {
    custodian->take_back(debt);
    throw;
  }
}

std::string cannot_open_files(const load::Scenario&, const Order& order) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 1024) return "our own limit of open files is below 1024";
  if (order.count > 1'000'000) return "more than a million open files would disturb everybody";
  return cannot_stress();
}

TakeBack begin_descriptors(Ground& ground, const Order& order) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const std::int64_t most =
      std::min<std::int64_t>(kOfOneWorker, static_cast<std::int64_t>(limit.rlim_cur) - 100);
  const std::int64_t workers = (order.count + most - 1) / most;
  return begin_stress(ground, order, {.memory_bytes = kAround + workers * 32 * kMiB, .cpus = 0.5},
                      {"--open", fmt::format("{}", workers), "--open-max",
                       fmt::format("{}", (order.count + workers - 1) / workers)});
}

}  // namespace

constinit const FaultKind kMemoryFault = {
    .name = "memory", .cannot = cannot_take_memory, .begin = begin_memory};
constinit const FaultKind kCpuFault = {
    .name = "cpu", .cannot = cannot_take_cpu, .begin = begin_cpu};
constinit const FaultKind kDiskFault = {
    .name = "disk", .cannot = cannot_write, .begin = begin_disk};
constinit const FaultKind kDescriptorsFault = {
    .name = "fds", .cannot = cannot_open_files, .begin = begin_descriptors};

}  // namespace tidemark::pressure
