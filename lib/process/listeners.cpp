#include "lib/process/listeners.h"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/process/proc.h"

namespace tidemark {
namespace {

using Fields = std::vector<std::string_view>;

void for_each_row(pid_t pid, std::string_view table,
                  const std::function<void(const Fields&)>& row) {
  const auto text = read_kernel_file(fmt::format("/proc/{}/net/{}", pid, table));
  if (!text) return;
  Lines lines(table, *text);
  lines.next();  // the heading
  while (lines.next()) row(fields(lines.line()));
}

}  // namespace

std::vector<Listener> listeners(pid_t pid) {
  std::vector<Listener> result;
  //  sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
  //   0: 0100007F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 5501
  const auto tcp = [&](const Fields& row) {
    if (row.size() < 10 || row[3] != "0A") return;
    const auto port = to_hex(row[1].substr(std::min(row[1].rfind(':') + 1, row[1].size())));
    result.push_back({.inode = to_unsigned(row[9]).value_or(0),
                      .port = static_cast<std::uint16_t>(port.value_or(0))});
  };
  for_each_row(pid, "tcp", tcp);
  for_each_row(pid, "tcp6", tcp);
  // Num RefCount Protocol Flags Type St Inode Path; flag 0x10000 is __SO_ACCEPTCON
  for_each_row(pid, "unix", [&](const Fields& row) {
    if (row.size() < 7 || (to_hex(row[3]).value_or(0) & 0x10000) == 0) return;
    result.push_back({.inode = to_unsigned(row[6]).value_or(0)});
  });
  return result;
}

std::optional<std::set<std::uint64_t>> sockets_of(pid_t pid) {
  std::set<std::uint64_t> result;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(fmt::format("/proc/{}/fd", pid), error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry->path(), gone);
    constexpr std::string_view kPrefix = "socket:[";
    if (!target.starts_with(kPrefix)) continue;
    const auto digits = std::string_view(target).substr(kPrefix.size());
    if (const auto inode = to_unsigned(digits.substr(0, digits.size() - 1))) result.insert(*inode);
  }
  if (error == std::errc::permission_denied) return std::nullopt;
  return result;
}

}  // namespace tidemark
