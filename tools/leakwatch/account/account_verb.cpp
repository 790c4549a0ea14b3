#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/cli/values.h"
#include "lib/process/proc.h"
#include "lib/report/account_text.h"
#include "tools/leakwatch/verbs.h"

namespace tidemark::leakwatch {
namespace {

// "VmRSS:      1234 kB" of /proc/PID/status, in bytes.
std::int64_t status_bytes(std::string_view status, std::string_view name) {
  const std::size_t at = status.find(name);
  if (at == std::string_view::npos) return 0;
  std::string_view rest = status.substr(at + name.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  return checked_multiply(to_number(rest.substr(0, rest.find(' '))).value_or(0), 1024);
}

// Adds one process. False when it ended.
bool add_process(pid_t pid, MemoryReading& reading) {
  const auto status = read_kernel_file(fmt::format("/proc/{}/status", pid));
  if (!status) return false;
  const File smaps = read_file(fmt::format("/proc/{}/smaps", pid));
  if (smaps.bytes().empty()) return false;  // a zombie has none
  reading.map += read_smaps(smaps.input());
  reading.rss += status_bytes(*status, "VmRSS:");
  reading.page_tables += status_bytes(*status, "VmPTE:");
  return true;
}

class Accountant {
 public:
  explicit Accountant(const cli::Args& args) : args_(args) {
    const std::string& text = args.operands()[0];
    pid_ = static_cast<pid_t>(cli::count_of(text, "PID", {.low = 1, .high = INT32_MAX}));
  }

  Accounted look() const {
    const std::optional<ProcessStatus> process = process_status(pid_);
    if (!process) throw Error(fmt::format("there is no process {}", pid_));
    Accounted out{.target = fmt::format("process {} ({})", pid_, process->name)};
    if (!add_process(pid_, out.reading)) {
      throw Error(fmt::format("process {} ({}) has no memory: a zombie, or the kernel's own", pid_,
                              printable(process->name)));
    }
    if (args_.given("--tree")) {
      int others = 0;
      out.reading.divided = true;
      for (const ProcessStatus& below : descendants(pid_)) {
        if (add_process(below.pid, out.reading)) ++others;
      }
      out.target += fmt::format(" and {} below it", others);
    }
    if (args_.given("--allocator")) {
      out.reading.allocator = read_allocator_figures(read_file(args_.value("--allocator")).input());
    }
    out.account = account_of(out.reading);
    return out;
  }

 private:
  const cli::Args& args_;
  pid_t pid_ = 0;
};

}  // namespace

int account_verb(const cli::Args& args) {
  if (args.operands().size() != 1) throw UsageError("expected the pid of one process");
  const Accountant accountant(args);
  std::optional<Accounted> before;
  if (args.given("--during")) {
    if (args.value("--allocator") == "-") {
      throw UsageError("--during reads --allocator twice, which standard input cannot",
                       "name a file that the target writes again");
    }
    before = accountant.look();
    std::this_thread::sleep_for(cli::duration_of(args.value("--during"), "--during"));
  }
  const Accounted now = accountant.look();
  const bool json = args.value("--to") == "json";
  write_file(args.value("--output"), json ? account_json(now, before) : account_text(now, before));
  return cli::kOk;
}

}  // namespace tidemark::leakwatch
