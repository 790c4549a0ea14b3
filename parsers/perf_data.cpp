// What `perf record` writes: perf.data (checked against perf 6.1, which writes
// version 2). It is a header (perf_data_file.cpp), then records (a type, a size, a
// body), then features.
//
// The records are walked twice. First all but the samples are read: who was called
// what and had which files mapped, when. Buffers of different processors are
// written one after the other, so this must be known for all times before the
// first sample is looked at. Then the samples are read, in several threads, and
// equal ones recognised by the bytes of their call chains; only what is different
// becomes frames.
//
// `perf record -z` compresses records into records: one zstd stream, cut in
// pieces. It is expanded as a whole, to a temporary file when it is large, and
// then walked like the file itself.
#include "parsers/perf_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <string>
#include <utility>

#include "lib/base/decompress.h"
#include "lib/base/error.h"
#include "parsers/all_formats.h"
#include "parsers/perf_data_file.h"
#include "parsers/perf_data_places.h"
#include "parsers/perf_data_processes.h"
#include "parsers/perf_data_profiles.h"
#include "parsers/perf_data_records.h"
#include "parsers/perf_data_sampling.h"

namespace tidemark {
namespace {

constexpr std::size_t kPiece = std::size_t{4} << 20;

class Reader {
 public:
  Reader(const Input& input, const PerfDataOptions& options)
      : input_(input), options_(options), file_(input) {}

  Recording read();

 private:
  void walk(std::string_view bytes, std::uint64_t position, bool in_file);
  void take(const PerfRecord& record, std::uint64_t position);
  void take_lost(const PerfRecord& record);
  void take_switch(const PerfRecord& record, std::uint64_t time, std::uint64_t position);
  void expand();
  void note_unknown(const PerfRecord& record, std::uint64_t position);
  void cut_at(std::uint64_t position, std::string_view what);
  bool knows_waits(const OffCpu& waits);
  void make_profiles(PerfSamples samples, const PerfPlaces& places);
  void warn_about(const PerfSamples& samples);
  void warn(const std::string& text) { recording_.warnings.push_back(text); }

  Input input_;
  const PerfDataOptions& options_;
  PerfFile file_;
  PerfProcesses processes_;
  std::optional<PerfLayout> layout_;  // of the first event
  std::vector<PerfPiece> pieces_;
  std::vector<PerfSwitch> switches_;  // from PERF_RECORD_SWITCH
  std::string compressed_;
  std::optional<Decompressed> expanded_;
  std::uint64_t samples_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t unknown_ = 0;
  Recording recording_;
};

Recording Reader::read() {
  recording_.producer = "perf";
  recording_.partial = !file_.finished();
  walk(file_.data(), file_.data_offset(), true);
  if (!compressed_.empty()) expand();
  if (samples_ == 0) {
    if (!recording_.warnings.empty()) {
      throw Error(recording_.warnings.front(), "no sample was recorded before");
    }
    throw Error(fmt::format("{}: perf recorded no samples", input_.name),
                "was the program too short, or perf without permission to see it?");
  }
  recording_.producer_version = file_.version();
  recording_.warnings.insert(recording_.warnings.begin(), file_.warnings().begin(),
                             file_.warnings().end());
  processes_.settle(file_.build_ids());
  PerfPlaces places(processes_, options_.name_place);
  PerfSamples samples = read_perf_samples({.input = input_,
                                           .file = file_,
                                           .processes = processes_,
                                           .places = places,
                                           .options = options_,
                                           .pieces = pieces_});
  warn_about(samples);
  make_profiles(std::move(samples), places);
  if (recording_.profiles.empty()) {
    throw Error(fmt::format("{}: none of its {} samples can be read", input_.name, samples_));
  }
  return std::move(recording_);
}

// Reads all but the samples. `position` is that of the first byte.
void Reader::walk(std::string_view bytes, std::uint64_t position, bool in_file) {
  PerfRecords records(bytes);
  std::size_t start = 0;
  const auto end_piece = [&](std::size_t end) {
    if (end == start) return;
    const std::size_t input_end = in_file ? file_.data_offset() + end : 0;
    pieces_.push_back({.bytes = bytes.substr(start, end - start),
                       .position = position + start,
                       .input_end = input_end});
    forget(input_, input_end);
    start = end;
  };
  while (records.next()) {
    if (records.record().type == PerfType::kSample) {
      ++samples_;
    } else {
      take(records.record(), position + records.offset());
    }
    if (records.end() - start >= kPiece) end_piece(records.end());
  }
  end_piece(records.offset());
  if (!records.whole()) cut_at(position + records.offset(), "the records end");
}

void Reader::cut_at(std::uint64_t position, std::string_view what) {
  recording_.partial = true;
  warn(fmt::format("{}+0x{:x}: {} with what is no whole record; what follows is left out",
                   input_.name, position, what));
}

void Reader::take(const PerfRecord& record, std::uint64_t position) {
  if (!layout_ && !file_.events().empty()) layout_.emplace(file_.events()[0]);
  switch (record.type) {
    case PerfType::kLost:
    case PerfType::kLostSamples:
      take_lost(record);
      return;
    case PerfType::kCompressed:
      compressed_ += record.body;
      return;
    case PerfType::kCompressed2: {
      PerfFields fields(record.body);
      compressed_ += fields.take(fields.u64());
      return;
    }
    default:
      break;
  }
  if (file_.learn(record)) return;
  const bool timed = layout_ && layout_->has_time();
  const std::uint64_t time = timed ? layout_->time_of(record) : position;
  if (record.type == PerfType::kSwitch || record.type == PerfType::kSwitchCpuWide) {
    take_switch(record, time, position);
  } else if (!processes_.collect(record, time, layout_ ? layout_->id_size() : 0)) {
    note_unknown(record, position);
  }
}

void Reader::take_lost(const PerfRecord& record) {
  PerfFields fields(record.body);
  if (record.type == PerfType::kLost) fields.u64();  // the id
  const std::uint64_t lost = fields.u64();
  if (fields.ok()) lost_ += std::min(lost, ~lost_);
}

// A thread that goes on ends the wait that began with its sched:sched_switch.
void Reader::take_switch(const PerfRecord& record, std::uint64_t time, std::uint64_t position) {
  if ((record.misc & kPerfSwitchOut) != 0 || !layout_) return;
  const std::size_t own = record.type == PerfType::kSwitchCpuWide ? 8 : 0;
  PerfFields fields(record.body);
  fields.take(own);
  if (!file_.events()[0].has(kPerfTid) || layout_->id_size() == 0) return;
  fields.u32();
  const std::uint32_t tid = fields.u32();
  if (fields.ok()) switches_.push_back({.time = time, .position = position, .in = tid});
}

// Newer perfs and kernels write records that we do not know; all can be skipped.
void Reader::note_unknown(const PerfRecord& record, std::uint64_t position) {
  const auto type = static_cast<std::uint32_t>(record.type);
  const bool known =
      (type > 0 && record.type <= PerfType::kLastOfKernel) ||
      (record.type >= PerfType::kFirstOfPerf && record.type <= PerfType::kLastOfPerf);
  if (known || unknown_++ > 0) return;
  warn(
      fmt::format("{}+0x{:x}: a record of type {}, which this tool does not know, is left out, "
                  "as are others like it; a newer perf may have written the file",
                  input_.name, position, type));
}

// perf ends its stream with a flush, not with an end: a last, empty block.
void Reader::expand() {
  constexpr std::string_view kLastBlock("\x01\0\0", 3);
  compressed_ += kLastBlock;
  const std::string name = fmt::format("{} (expanded)", input_.name);
  expanded_ = decompress(File(name, std::move(compressed_)));
  compressed_ = {};
  if (!expanded_->damage.empty()) {
    recording_.partial = true;
    warn(expanded_->damage);
  }
  walk(expanded_->file.bytes(), input_.bytes.size(), false);
}

// Whether most waits have an end. `perf record -e sched:sched_switch` of one program
// shows where its threads stop, and hardly ever where they go on.
bool Reader::knows_waits(const OffCpu& waits) {
  if (waits.ended > waits.open) return true;
  if (waits.open > 0) {
    warn(
        fmt::format("{}: shows how long {} of {} waits lasted, so that they are counted instead; "
                    "perf record -a, or --switch-events, shows all",
                    input_.name, waits.ended, waits.ended + waits.open));
  }
  return false;
}

void Reader::make_profiles(PerfSamples samples, const PerfPlaces& places) {
  const std::vector<PerfStack>& stacks = samples.stacks.list();
  samples.switches.insert(samples.switches.end(), switches_.begin(), switches_.end());
  const OffCpu waits = off_cpu_times(std::move(samples.switches), stacks.size());
  const bool off_cpu = knows_waits(waits);
  PerfNaming naming = options_.pid ? PerfNaming::kPid : PerfNaming::kCommand;
  if (options_.tid) naming = PerfNaming::kTid;
  std::vector<PerfProfile> profiles;
  for (const PerfEvent& event : file_.events()) {
    const bool waited = off_cpu && event.name.starts_with("sched:sched_switch");
    profiles.emplace_back(event, PerfProfile::Source{.processes = processes_, .places = places},
                          PerfProfile::Options{.naming = naming, .off_cpu = waited});
  }
  std::vector<std::uint32_t> order(stacks.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::uint32_t i) { return stacks[i].position; });
  std::vector<StackId> ids(stacks.size());
  for (const std::uint32_t i : order) {
    ids[i] = profiles[stacks[i].owner.event].add(stacks[i], waits.times[i]);
  }
  std::vector<std::vector<Moment>> timelines(profiles.size());
  std::ranges::sort(samples.moments, [](const PerfMoment& a, const PerfMoment& b) {
    return a.time != b.time ? a.time < b.time : a.position < b.position;
  });
  for (const PerfMoment& moment : samples.moments) {
    timelines[stacks[moment.stack].owner.event].push_back(
        {.at = static_cast<std::int64_t>(moment.time),
         .stack = ids[moment.stack],
         .value = moment.period});
  }
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    if (profiles[i].empty()) continue;
    recording_.profiles.push_back(profiles[i].take());
    recording_.profiles.back().timeline = std::move(timelines[i]);
  }
}

void Reader::warn_about(const PerfSamples& samples) {
  if (lost_ > 0) {
    const double share =
        static_cast<double>(lost_) / (static_cast<double>(lost_) + static_cast<double>(samples_));
    warn(fmt::format("{}: perf lost {} events ({:.1f} % of all): the profile has gaps", input_.name,
                     lost_, share * 100));
  }
  if (samples.damaged > 0) {
    warn(
        fmt::format("{}+0x{:x}: {} of {} samples contradict themselves and are left out; this is "
                    "the first",
                    input_.name, samples.first_damaged, samples.damaged, samples.samples));
  }
  if (samples.of_no_event > 0) {
    warn(fmt::format("{}: {} of {} samples are of no event that the file describes; left out",
                     input_.name, samples.of_no_event, samples.samples));
  }
  if (samples.without_unwinder > 0) {
    warn(
        fmt::format("{}: {} samples hold a copy of the stack instead of a call chain; only the "
                    "innermost frame of the program is shown",
                    input_.name, samples.without_unwinder));
  }
}

bool recognizes(std::string_view head) {
  return head.starts_with("PERFILE2") || head.starts_with("2ELIFREP");
}

Recording parse(const Input& input) { return parse_perf_data(input, {}); }

}  // namespace

std::uint64_t UserStack::register_value(unsigned number) const {
  constexpr unsigned kMost = 64;
  if (number >= kMost || (register_mask >> number & 1U) == 0) return 0;
  const std::uint64_t below = register_mask & ((std::uint64_t{1} << number) - 1);
  const auto index = static_cast<std::size_t>(std::popcount(below));
  return index < registers.size() ? registers[index] : 0;
}

Recording parse_perf_data(const Input& input, const PerfDataOptions& options) {
  return Reader(input, options).read();
}

constinit const Format kPerfDataFormat = {
    .name = "perf-data",
    .summary = "perf record: samples with call chains, read without perf",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
