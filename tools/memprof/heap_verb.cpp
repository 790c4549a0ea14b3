#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/cli/values.h"
#include "lib/process/heap_agent.h"
#include "lib/process/proc.h"
#include "lib/report/amounts.h"
#include "tools/memprof/verbs.h"

namespace tidemark::memprof {
namespace {

namespace fs = std::filesystem;
namespace hf = heap_file;

// The agent obeys at its next sample: a quiet program may take its time.
constexpr std::chrono::seconds kPatience{2};
constexpr std::chrono::milliseconds kStep{20};

template <std::size_t kSize>
std::string text_of(const char (&field)[kSize]) {
  return printable(std::string_view(static_cast<const char*>(field),
                                    ::strnlen(static_cast<const char*>(field), kSize)));
}

std::string_view state_text(const hf::Header& header) {
  switch (static_cast<hf::State>(header.state)) {
    case hf::State::kBeingMade:
      return "being made";
    case hf::State::kSampling:
      return "sampling";
    case hf::State::kPaused:
      return "paused";
    case hf::State::kStopped:
      return "stopped for good";
    case hf::State::kEnded:
      return "the program has ended";
    case hf::State::kReplaced:
      return "the program became another one by exec";
  }
  return "unknown";
}

// What it was asked for and has not done yet.
std::string_view wanted_text(const hf::Header& header) {
  if (!is_at_work(header)) return "";
  const auto wanted = static_cast<hf::Want>(header.control.want);
  const bool paused = header.state == static_cast<std::uint32_t>(hf::State::kPaused);
  if (wanted == hf::Want::kStop) return ", asked to stop";
  if (wanted == hf::Want::kPause && !paused) return ", asked to pause";
  return wanted == hf::Want::kSample && paused ? ", asked to resume" : "";
}

std::string_view origin_text(const hf::Header& header) {
  switch (static_cast<hf::Origin>(header.origin)) {
    case hf::Origin::kPreloaded:
      return "there from the start";
    case hf::Origin::kInjected:
      return "came later: what was allocated before is not known";
    case hf::Origin::kForked:
      return "of a forked child: what it inherited is in its parent's file";
  }
  return "";
}

std::int64_t whole(double bytes) {
  return bytes >= 0 && bytes < 9e18 ? static_cast<std::int64_t>(bytes) : 0;
}

std::string lost_text(const hf::Header& header) {
  std::string text;
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count == 0) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        grouped(static_cast<std::int64_t>(count & INT64_MAX)), what);
  };
  add(header.lost_live, "live blocks");
  add(header.lost_nodes, "stacks (cut)");
  add(header.lost_sites, "sites");
  return text;
}

std::string status_of(const fs::path& file) {
  const hf::Header header = heap_header(file);
  const auto number = [](std::uint64_t n) {
    return grouped(static_cast<std::int64_t>(n & INT64_MAX));
  };
  std::string text = fmt::format("{}  {}\n", header.pid, text_of(header.command));
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += fmt::format("  {:<10} {}\n", name, value);
  };
  line("file", printable(file.string()));
  line("state",
       fmt::format("{}{}; {}", state_text(header), wanted_text(header), origin_text(header)));
  std::string rate =
      fmt::format("a sample every {} on average",
                  bytes_text(static_cast<std::int64_t>(header.mean_bytes & INT64_MAX)));
  const std::uint64_t wanted = header.control.mean_bytes;
  if (wanted != 0 && wanted != header.mean_bytes) {
    rate += fmt::format("; wanted: {}", bytes_text(static_cast<std::int64_t>(wanted & INT64_MAX)));
  }
  line("rate", rate);
  line("samples",
       fmt::format("{}, {} of them freed again", number(header.samples), number(header.freed)));
  line("in use", fmt::format("{}, at most {} (estimates)", bytes_text(whole(header.live_bytes)),
                             bytes_text(whole(header.peak_bytes))));
  if (header.cpu_ns > 0) {
    line("cost", fmt::format("{:.2f} % of the process's CPU time",
                             100 * static_cast<double>(header.agent_ns) /
                                 static_cast<double>(header.cpu_ns)));
  }
  line("allocator", text_of(header.allocator));
  line("lost", lost_text(header));
  line("trouble", text_of(header.trouble));
  return text;
}

// The files of a process, or the file itself.
std::vector<fs::path> files_for(const std::string& operand, bool children) {
  const auto pid = to_number(operand);
  if (!pid) return {operand};
  if (*pid < 1 || *pid > INT32_MAX || !process_status(static_cast<pid_t>(*pid))) {
    throw Error(fmt::format("there is no process {}", *pid));
  }
  std::vector<fs::path> files = heap_files_of(static_cast<pid_t>(*pid));
  if (children) {
    for (const ProcessStatus& process : descendants(static_cast<pid_t>(*pid))) {
      for (fs::path& file : heap_files_of(process.pid)) files.push_back(std::move(file));
    }
  }
  if (!files.empty()) return files;
  throw Error(
      fmt::format("process {} has no heap agent in it, or we may not look", *pid),
      "put it in with: memprof attach PID; or start with it: memprof run --with heap -- TARGET");
}

// Does `ask` and waits until the header shows `done`.
void obeyed(const fs::path& file, const std::function<void(HeapControl&)>& ask,
            const std::function<bool(const hf::Header&)>& done) {
  HeapControl agent(file);
  ask(agent);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    if (done(heap_header(file))) return;
    std::this_thread::sleep_for(kStep);
  }
  std::fputs(fmt::format("memprof: {}: asked; the agent does it when the program allocates again\n",
                         file.string())
                 .c_str(),
             stderr);
}

void take_options(const cli::Args& args, const fs::path& file) {
  if (args.given("--mean")) {
    const auto bytes = static_cast<std::uint64_t>(cli::bytes_of(args.value("--mean"), "--mean"));
    if (bytes == 0) throw UsageError("--mean: expected at least 1 byte, found 0");
    obeyed(
        file, [&](HeapControl& agent) { agent.mean(bytes); },
        [&](const hf::Header& header) { return header.mean_bytes >= bytes; });
  }
  if (args.given("--max-overhead")) {
    constexpr double kMillionths = 10'000;
    HeapControl(file).max_overhead(static_cast<std::uint32_t>(
        cli::percent_of(args.value("--max-overhead"), "--max-overhead") * kMillionths));
  }
  if (args.given("--by-thread")) HeapControl(file).by_thread(args.value("--by-thread") == "yes");
}

// "heap-4711-20261121-081500.tmheap".
fs::path default_snapshot(const hf::Header& header) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 32> stamp{};
  const std::size_t length = std::strftime(stamp.data(), stamp.size(), "%Y%m%d-%H%M%S", &local);
  return fmt::format("heap-{}-{}.tmheap", header.pid, std::string_view(stamp.data(), length));
}

void snapshot(const cli::Args& args, const std::vector<fs::path>& files) {
  if (args.given("--output") && files.size() > 1) {
    throw UsageError("--output names one file, and there are several processes");
  }
  for (const fs::path& file : files) {
    const fs::path to = args.given("--output") ? fs::path(args.value("--output"))
                                               : default_snapshot(heap_header(file));
    snapshot_heap(file, to);
    write_file("-", to.string() + "\n");
  }
}

void act(std::string_view action, const fs::path& file) {
  const auto state = [](hf::State wanted) {
    return [wanted](const hf::Header& header) {
      return header.state == static_cast<std::uint32_t>(wanted);
    };
  };
  if (action == "pause") {
    obeyed(file, &HeapControl::pause, state(hf::State::kPaused));
  } else if (action == "resume") {
    obeyed(file, &HeapControl::resume, state(hf::State::kSampling));
  } else if (action == "stop") {
    obeyed(file, &HeapControl::stop, state(hf::State::kStopped));
  } else if (action == "reset") {
    obeyed(file, &HeapControl::reset,
           [](const hf::Header& header) { return header.generation == header.control.reset; });
  } else {
    throw UsageError(fmt::format(
        "expected status, pause, resume, reset, snapshot or stop, found {}", quoted(action)));
  }
}

}  // namespace

int heap_verb(const cli::Args& args) {
  const std::vector<fs::path> files = files_for(args.operands().at(0), args.given("--tree"));
  const std::string action = args.operands().size() > 1 ? args.operands()[1] : "status";
  for (const fs::path& file : files) take_options(args, file);
  if (action == "snapshot") {
    snapshot(args, files);
    return cli::kOk;
  }
  std::string text;
  for (const fs::path& file : files) {
    if (action != "status") act(action, file);
    text += status_of(file);
  }
  write_file("-", text);
  return cli::kOk;
}

}  // namespace tidemark::memprof
