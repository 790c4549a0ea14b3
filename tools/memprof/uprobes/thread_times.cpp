#include "tools/memprof/uprobes/thread_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "lib/base/numbers.h"
#include "lib/process/proc.h"

namespace tidemark::memprof {
namespace {

constexpr double kNearlyAll = 0.95;

}  // namespace

ThreadTimes thread_times(pid_t pid) {
  ThreadTimes times;
  std::error_code failed;
  for (const auto& entry :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), failed)) {
    const std::optional<std::string> text = read_kernel_file(entry.path() / "schedstat");
    const auto thread = to_number(entry.path().filename().native());
    if (!text || !thread) continue;
    const auto used = to_number(std::string_view(*text).substr(0, text->find(' ')));
    if (used) times[static_cast<pid_t>(*thread)] = *used;
  }
  return times;
}

ThreadWork work_between(const ThreadTimes& before, const ThreadTimes& after, std::size_t most) {
  ThreadWork work;
  std::vector<std::pair<std::int64_t, pid_t>> used;
  for (const auto& [thread, now] : after) {
    const auto then = before.find(thread);
    const std::int64_t ns = now - (then == before.end() ? 0 : then->second);
    used.emplace_back(ns, thread);
    work.all_ns += ns;
  }
  std::ranges::sort(used, [](const auto& a, const auto& b) {
    return std::tuple(-a.first, a.second) < std::tuple(-b.first, b.second);
  });
  std::int64_t covered = 0;
  for (const auto& [ns, thread] : used) {
    const bool enough =
        static_cast<double>(covered) >= kNearlyAll * static_cast<double>(work.all_ns);
    if (work.busiest.size() >= most || (enough && work.all_ns > 0)) break;
    work.busiest.push_back(thread);
    covered += ns;
  }
  work.first_ns = used.empty() ? 0 : used.front().first;
  work.left_out_ns = work.all_ns - covered;
  return work;
}

}  // namespace tidemark::memprof
