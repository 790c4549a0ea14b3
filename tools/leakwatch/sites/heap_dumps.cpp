#include "tools/leakwatch/sites/heap_dumps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "lib/analyze/findings_profile.h"
#include "lib/analyze/merge.h"
#include "lib/analyze/profile_findings.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/run/run_directory.h"
#include "lib/symbolize/symbolize.h"
#include "lib/symbolize/symbolizer.h"
#include "parsers/agent_heap.h"
#include "parsers/all_formats.h"
#include "parsers/formats.h"
#include "tools/leakwatch/sites/block_looks.h"
#include "tools/leakwatch/sites/dump_names.h"

namespace tidemark::leakwatch {
namespace {

namespace fs = std::filesystem;

// One heap profile of one process, in a file or read already.
struct Dump {
  fs::path path;
  std::string process;
  std::int64_t sequence = 0;
  std::int64_t at_ms = 0;
  std::shared_ptr<const Profile> profile;  // of a file that holds several
  bool named = false;                      // on the command line: it must be one
};

std::int64_t written_ms(const fs::path& path) {
  std::error_code failed;
  const auto time = std::chrono::file_clock::to_sys(fs::last_write_time(path, failed));
  if (failed) throw errno_error(printable(path.string()), failed.value());
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// What valgrind's --xtree-leak calls the blocks that are not freed.
constexpr std::string_view kUnfreed[] = {"reachable_space", "possibly_lost_space",
                                         "indirectly_lost_space", "definitely_lost_space"};

// An --xtree-leak profile as one of what is in use.
std::optional<Profile> in_use_of_leaks(const Profile& profile) {
  std::vector<std::size_t> parts;
  for (std::size_t i = 0; i < profile.value_types().size(); ++i) {
    if (std::ranges::find(kUnfreed, profile.value_types()[i].name) != std::end(kUnfreed)) {
      parts.push_back(i);
    }
  }
  if (parts.empty()) return std::nullopt;
  Profile all(std::vector<ValueType>{{.name = "inuse_space", .unit = "bytes"}});
  all.mappings = profile.mappings;
  std::vector<StackId> stacks(profile.stacks(), kRoot);
  for (std::uint32_t i = 1; i < profile.stacks(); ++i) {
    const StackId caller = stacks[static_cast<std::size_t>(profile.caller(StackId{i}))];
    stacks[i] = all.push(caller, all.intern(profile.frame(profile.leaf(StackId{i}))));
    std::int64_t sum = 0;
    for (const std::size_t part : parts) sum += profile.self(StackId{i})[part];
    if (sum != 0) all.add(stacks[i], std::vector{sum});
  }
  return all;
}

// The last heap profile of a recording; nothing when it has none.
std::optional<Profile> heap_of(const Recording& recording) {
  for (std::size_t i = recording.profiles.size(); i-- > 0;) {
    if (in_use_bytes(recording.profiles[i])) return recording.profiles[i];
    if (auto leaks = in_use_of_leaks(recording.profiles[i])) return leaks;
  }
  auto profile = profile_of(recording.findings);
  if (profile && in_use_bytes(*profile)) return profile;
  return std::nullopt;
}

// Whether a site that the profile does not list has nothing. massif leaves out small
// ones, and memcheck, when asked for changes, what did not change.
bool lists_all(const Recording& recording) {
  return !recording.partial && recording.producer != "massif" && recording.producer != "memcheck";
}

// Finds the files and when they were taken.
class Finder {
 public:
  explicit Finder(const DumpOptions& options) : options_(options) {}

  std::vector<Dump> find() {
    for (const fs::path& path : options_.paths) {
      if (!fs::is_directory(path)) {
        add(path, true);
        continue;
      }
      const bool run = fs::exists(path / kRunFile);
      add_all(run ? path / "raw" : path);
    }
    if (dumps_.empty()) throw Error("no heap profile in what was given");
    set_times();
    return std::move(dumps_);
  }

 private:
  void add_all(const fs::path& directory) {
    std::vector<fs::path> files;
    std::error_code failed;
    for (fs::directory_iterator it(directory, failed), end; !failed && it != end;
         it.increment(failed)) {
      if (it->is_regular_file() && !it->is_symlink()) files.push_back(it->path());
    }
    if (failed) throw errno_error(printable(directory.string()), failed.value());
    std::ranges::sort(files);
    for (const fs::path& file : files) add(file, false);
    if (dumps_.empty()) {
      throw Error(
          fmt::format("{}: no heap profile in this directory", printable(directory.string())));
    }
  }

  void add(const fs::path& path, bool named) {
    const File file = read_file(path);
    const Format* format = nullptr;
    try {
      format = open(file, options_.format).format;
    } catch (const Error&) {
      if (named) throw;
      return;  // a log, or something else that lies there
    }
    if (format->name == "massif") return add_massif(path, file);
    const DumpName name = dump_name(path.filename().string());
    dumps_.push_back({.path = path,
                      .process = name.process,
                      .sequence = name.sequence,
                      .at_ms = written_ms(path),
                      .named = named});
  }

  // Its profiles are of one process, in the order of their times.
  void add_massif(const fs::path& path, const File& file) {
    const Recording recording = parse(file, options_.format);
    for (std::size_t i = 0; i < recording.profiles.size(); ++i) {
      const Profile& profile = recording.profiles[i];
      if (profile.at_unit != "ms" && !options_.every) {
        throw Error(fmt::format("{}: its snapshots are timed in {}, not in milliseconds",
                                printable(path.string()), profile.at_unit),
                    "run massif with --time-unit=ms, or say --every DURATION");
      }
      const std::int64_t end = recording.profiles.back().at;
      dumps_.push_back({.path = path,
                        .process = path.filename().string(),
                        .sequence = static_cast<std::int64_t>(i),
                        .at_ms = written_ms(path) - end + profile.at,
                        .profile = std::make_shared<const Profile>(profile)});
    }
  }

  void set_times() {
    const auto by_process = [](const Dump& a, const Dump& b) {
      return std::tie(a.process, a.sequence, a.path) < std::tie(b.process, b.sequence, b.path);
    };
    if (options_.every) {
      std::ranges::sort(dumps_, by_process);
      std::map<std::string, std::int64_t> next;
      for (Dump& dump : dumps_) dump.at_ms = options_.every->count() * next[dump.process]++;
    }
    std::ranges::stable_sort(dumps_, [&](const Dump& a, const Dump& b) {
      return a.at_ms != b.at_ms ? a.at_ms < b.at_ms : by_process(a, b);
    });
    constexpr std::int64_t kLeastMs = 20;  // nobody dumps a heap more often
    const std::int64_t span = dumps_.back().at_ms - dumps_.front().at_ms;
    if (dumps_.size() > 2 && span < kLeastMs * std::ssize(dumps_)) {
      throw Error(
          fmt::format("{} files were written within {} ms: their times are not those of the dumps",
                      dumps_.size(), span),
          "copy files with cp -p, or say how far the dumps are apart: --every 60s");
    }
  }

  const DumpOptions& options_;
  std::vector<Dump> dumps_;
};

// Groups dumps to snapshots: one begins when a process comes a second time.
std::vector<std::vector<Dump>> rounds_of(std::vector<Dump> dumps) {
  std::vector<std::vector<Dump>> rounds;
  std::set<std::string> seen;
  for (Dump& dump : dumps) {
    if (rounds.empty() || seen.contains(dump.process)) {
      rounds.emplace_back();
      seen.clear();
    }
    seen.insert(dump.process);
    rounds.back().push_back(std::move(dump));
  }
  return rounds;
}

// At most `most` of them, evenly spaced, the last one among them.
std::vector<std::vector<Dump>> thinned(std::vector<std::vector<Dump>> rounds, std::size_t most) {
  if (rounds.size() <= most) return rounds;
  std::vector<std::vector<Dump>> kept;
  for (std::size_t i = 0; i < most; ++i) {
    kept.push_back(std::move(rounds[i * (rounds.size() - 1) / (most - 1)]));
  }
  return kept;
}

// Where the program lies: another place, another process.
std::uint64_t place_of(const Profile& profile) {
  return profile.mappings.empty() ? 0 : profile.mappings.front().start;
}

class Reader {
 public:
  Reader(const DumpOptions& options, const std::function<void(HeapSnapshot&&)>& sink)
      : options_(options), sink_(sink), symbolizer_(options.debug_directories) {}

  std::vector<std::string> read(const std::vector<std::vector<Dump>>& rounds) {
    for (std::size_t i = 0; i < rounds.size(); ++i) {
      for (const Dump& dump : rounds[i]) last_[dump.process] = i;
    }
    for (std::size_t i = 0; i < rounds.size(); ++i) read_round(rounds[i], i);
    if (given_ == 0) throw Error("none of the heap profiles could be read", first_problem_);
    for (const auto& [process, warnings] : warnings_of_) {
      warnings_.insert(warnings_.end(), warnings.begin(), warnings.end());
    }
    for (const std::string& warning : symbolizer_.warnings()) warnings_.push_back(warning);
    return std::move(warnings_);
  }

 private:
  struct Process {
    Profile profile;
    bool complete = true;
    std::vector<StackLook> looks;
  };

  void read_round(const std::vector<Dump>& round, std::size_t number) {
    // Whoever was there before and is not in this round comes again later, so it lives.
    std::map<std::string, Process> before = std::exchange(now_, {});
    bool goes_on = given_ == 0;
    for (const Dump& dump : round) {
      std::optional<Process> process = read_dump(dump);
      if (!process) continue;
      const auto known = before.find(dump.process);
      if (known != before.end()) {
        goes_on = goes_on || place_of(known->second.profile) == place_of(process->profile);
        before.erase(known);
      }
      if (!process->looks.empty()) {
        blocks_.push_back({.process = dump.process, .looks = std::move(process->looks)});
      }
      now_.insert_or_assign(dump.process, std::move(*process));
    }
    const bool any = !now_.empty();
    goes_on = goes_on || !before.empty();
    now_.merge(before);
    if (any && !goes_on) ++life_;
    if (any) give(round.back().at_ms);
    std::erase_if(now_, [&](const auto& entry) { return last_[entry.first] <= number; });
  }

  void give(std::int64_t at_ms) {
    std::vector<const Profile*> parts;
    bool complete = true;
    for (const auto& [name, process] : now_) {
      parts.push_back(&process.profile);
      complete = complete && process.complete;
    }
    ++given_;
    sink_({.taken = {.at_ms = at_ms, .life = life_, .complete = complete},
           .profile = parts.size() == 1 ? *parts.front() : merge(parts),
           .blocks = std::exchange(blocks_, {})});
  }

  std::optional<Process> read_dump(const Dump& dump) {
    try {
      if (dump.profile != nullptr) {
        return Process{
            .profile = symbolized(*dump.profile, symbolizer_), .complete = false, .looks = {}};
      }
      const File file = read_file(dump.path);
      if (open(file, options_.format).format == &kTidemarkHeapFormat) {
        return read_agent(file, dump.process, dump.at_ms);
      }
      const Recording recording = parse(file, options_.format);
      for (const std::string& warning : recording.warnings) warnings_.push_back(warning);
      const std::optional<Profile> heap = heap_of(recording);
      if (!heap) {
        const std::string what =
            fmt::format("{}: it does not say what memory is in use", printable(dump.path.string()));
        if (dump.named) throw Error(what);
        return std::nullopt;
      }
      return Process{
          .profile = symbolized(*heap, symbolizer_), .complete = lists_all(recording), .looks = {}};
    } catch (const Error& error) {
      if (dump.named) throw;
      if (first_problem_.empty()) first_problem_ = error.what();
      warnings_.emplace_back(error.what());
      return std::nullopt;
    }
  }

  Process read_agent(const File& file, const std::string& process, std::int64_t at_ms) {
    const HeapReading reading = read_heap({.name = file.name(), .bytes = file.bytes()});
    const std::uint64_t now_ns = monotonic_of(reading.header, options_.every ? 0 : at_ms);
    warnings_of_[process] = reading.recording.warnings;  // its later files say the same again
    return {.profile = symbolized(reading.recording.profiles.at(0), symbolizer_),
            .complete = !reading.recording.partial,
            .looks = looks_of(reading, now_ns, symbolizer_)};
  }

  const DumpOptions& options_;
  const std::function<void(HeapSnapshot&&)>& sink_;
  Symbolizer symbolizer_;
  std::map<std::string, std::size_t> last_;  // the last round of each process
  std::map<std::string, Process> now_;
  std::vector<HeapSnapshot::Blocks> blocks_;  // of the round that is being read
  std::int64_t life_ = 0;
  std::int64_t given_ = 0;
  std::string first_problem_;
  std::vector<std::string> warnings_;
  std::map<std::string, std::vector<std::string>> warnings_of_;  // processes with our agent
};

}  // namespace

std::vector<std::string> read_heap_dumps(const DumpOptions& options,
                                         const std::function<void(HeapSnapshot&&)>& sink) {
  return Reader(options, sink)
      .read(thinned(rounds_of(Finder(options).find()), std::max<std::size_t>(options.most, 2)));
}

}  // namespace tidemark::leakwatch
