#include "lib/process/proc.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <queue>
#include <system_error>

#include "lib/base/file.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::size_t kMostOfAKernelFile = 1 << 20;

}  // namespace

std::vector<std::string_view> fields(std::string_view line) {
  std::vector<std::string_view> result;
  while (true) {
    const std::size_t start = line.find_first_not_of(" \n");
    if (start == std::string_view::npos) return result;
    line.remove_prefix(start);
    const std::size_t end = std::min(line.find_first_of(" \n"), line.size());
    result.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

std::optional<std::string> read_kernel_file(const std::filesystem::path& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  std::string text;
  std::array<char, 4096> buffer{};
  while (text.size() < kMostOfAKernelFile) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

// "4711 (name) S 1 ...", see proc(5). The name may hold anything, blanks,
// newlines and parentheses included, so it ends at the last parenthesis.
std::optional<ProcessStatus> parse_stat(std::string_view text) {
  const std::size_t open = text.find(" (");
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2) {
    return std::nullopt;
  }
  // after[0] is field 3 of the manual page.
  const std::vector<std::string_view> after = fields(text.substr(close + 1));
  if (after.size() < 22 || after[0].size() != 1) return std::nullopt;
  const auto number = [&](std::size_t field) { return to_number(after[field - 3]).value_or(0); };
  static const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  static const std::int64_t hertz = ::sysconf(_SC_CLK_TCK);

  ProcessStatus status;
  status.pid = static_cast<pid_t>(to_number(text.substr(0, open)).value_or(0));
  status.parent = static_cast<pid_t>(number(4));
  status.start_ticks = to_unsigned(after[22 - 3]).value_or(0);
  status.name = text.substr(open + 2, close - open - 2);
  status.rss_bytes = number(24) * page;
  status.threads = static_cast<int>(number(20));
  status.state = after[0][0];
  status.cpu_ms = (number(14) + number(15)) * 1000 / hertz;
  if (status.pid <= 0) return std::nullopt;
  return status;
}

std::optional<ProcessStatus> process_status(pid_t pid) {
  const std::optional<std::string> text = read_kernel_file(fmt::format("/proc/{}/stat", pid));
  return text ? parse_stat(*text) : std::nullopt;
}

std::vector<ProcessStatus> all_processes() {
  std::vector<ProcessStatus> result;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::optional<std::int64_t> pid = to_number(entry->path().filename().native());
    if (!pid) continue;
    if (auto status = process_status(static_cast<pid_t>(*pid)))
      result.push_back(*std::move(status));
  }
  return result;
}

std::vector<ProcessStatus> descendants(pid_t ancestor) {
  std::multimap<pid_t, ProcessStatus> by_parent;
  for (ProcessStatus& status : all_processes()) by_parent.emplace(status.parent, std::move(status));

  std::vector<ProcessStatus> result;
  std::queue<pid_t> parents({ancestor});
  while (!parents.empty()) {
    const auto [first, last] = by_parent.equal_range(parents.front());
    parents.pop();
    for (auto child = first; child != last; ++child) {
      parents.push(child->second.pid);
      result.push_back(std::move(child->second));
    }
    by_parent.erase(first, last);  // a pid that was reused meanwhile cannot lead us in circles
  }
  std::ranges::sort(result, {}, [](const ProcessStatus& status) {
    return std::pair(status.start_ticks, status.pid);
  });
  return result;
}

std::optional<std::int64_t> open_files(pid_t pid) {
  std::error_code error;
  std::filesystem::directory_iterator file(fmt::format("/proc/{}/fd", pid), error);
  std::int64_t count = 0;
  for (; !error && file != std::filesystem::directory_iterator(); file.increment(error)) ++count;
  return error ? std::nullopt : std::optional(count);
}

std::filesystem::path executable(pid_t pid) {
  std::error_code error;
  return std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), error);
}

TreeUsage usage(std::span<const ProcessStatus> processes) {
  static const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  TreeUsage sum;
  for (const ProcessStatus& status : processes) {
    if (status.state == 'Z') continue;
    ++sum.processes;
    sum.threads += status.threads;
    sum.cpu_ms += status.cpu_ms;
    sum.rss_bytes += status.rss_bytes;
    // "size resident shared ...", in pages; what is resident and not shared is anonymous.
    const auto text = read_kernel_file(fmt::format("/proc/{}/statm", status.pid));
    if (!text) continue;
    const std::vector<std::string_view> pages = fields(*text);
    if (pages.size() < 3) continue;
    sum.anon_bytes += (to_number(pages[1]).value_or(0) - to_number(pages[2]).value_or(0)) * page;
  }
  return sum;
}

}  // namespace tidemark
