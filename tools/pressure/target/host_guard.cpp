#include "tools/pressure/target/host_guard.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "lib/base/quantities.h"

namespace tidemark::pressure {
namespace {

constexpr std::int64_t kEnough = std::numeric_limits<std::int64_t>::max();

int polls_in(load::Duration within) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(within).count();
  return static_cast<int>(std::clamp<std::int64_t>(seconds, 1, 3600));
}

GuardLimits limits_of(const load::GuardPlan& plan) {
  GuardLimits limits{.memory = plan.memory, .polls = polls_in(plan.within)};
  if (plan.cpu) limits.cpu_pressure = *plan.cpu * 100;
  return limits;
}

}  // namespace

std::optional<std::int64_t> room_at(const std::filesystem::path& place) {
  struct statvfs status {};
  if (::statvfs(place.c_str(), &status) != 0) return std::nullopt;
  return static_cast<std::int64_t>(status.f_bavail * status.f_frsize);
}

std::int64_t memory_room(const load::GuardPlan& plan, const HostReading& host) {
  const auto below_limit = [&](std::int64_t all, std::int64_t used) {
    return static_cast<std::int64_t>(static_cast<double>(all) * plan.memory) - used;
  };
  std::int64_t room = below_limit(host.memory_bytes, host.memory_bytes - host.available_bytes);
  if (host.cgroup_limit_bytes > 0) {
    room = std::min(room, below_limit(host.cgroup_limit_bytes, host.cgroup_used_bytes));
  }
  return std::max<std::int64_t>(room, 0);
}

HostGuard::HostGuard(const load::GuardPlan& plan, std::vector<std::filesystem::path> places)
    : guard_(limits_of(plan)),
      places_(std::move(places)),
      disk_free_(plan.disk_free),
      polls_(polls_in(plan.within)) {}

std::optional<std::string> HostGuard::check() {
  std::vector<std::int64_t> free;
  for (const std::filesystem::path& place : places_) {
    free.push_back(disk_free_ > 0 ? room_at(place).value_or(kEnough) : kEnough);
  }
  return check(read_host(), free);
}

std::optional<std::string> HostGuard::check(const HostReading& host,
                                            const std::vector<std::int64_t>& free) {
  const auto least = std::ranges::min_element(free);
  const bool low = disk_free_ > 0 && least != free.end() && *least < disk_free_;
  beyond_ = low ? beyond_ + 1 : 0;
  if (auto reason = guard_.check(host)) return reason;
  if (beyond_ < polls_) return std::nullopt;
  const auto place = places_.begin() + (least - free.begin());
  return fmt::format("{} are left on the file system of {}, the guard wants {}",
                     exact_bytes_text(*least), place->string(), exact_bytes_text(disk_free_));
}

}  // namespace tidemark::pressure
