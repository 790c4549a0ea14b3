#include "parsers/perf_data_sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/id_table.h"

namespace tidemark {
namespace {

constexpr unsigned kInstructionPointer = 8;  // of x86, in perf's numbers
constexpr unsigned kInstructionPointerArm = 32;

std::uint64_t hash_of(std::uint64_t number, std::uint32_t owner) {
  return (number ^ std::uint64_t{owner} << 40) * 0x9E3779B97F4A7C15U;
}

bool is_context(std::uint64_t address) {
  return std::ranges::find(kPerfContexts, address) != kPerfContexts.end();
}

// Says which pieces nobody reads any more.
class Progress {
 public:
  explicit Progress(const PerfSampling& sampling)
      : sampling_(sampling), done_(sampling.pieces.size()) {}

  void done(std::size_t piece) {
    const std::lock_guard<std::mutex> lock(mutex_);
    done_[piece] = true;
    for (; first_ < done_.size() && done_[first_]; ++first_) {
      forget(sampling_.input, sampling_.pieces[first_].input_end);
    }
  }

 private:
  const PerfSampling& sampling_;
  std::mutex mutex_;
  std::vector<bool> done_;
  std::size_t first_ = 0;
};

// What one thread does.
//
// What an address lies in, and which frame that is, is kept where the processor's
// cache can hold it: a profile has a hundred times as many addresses as different
// ones.
class Sampler {
 public:
  explicit Sampler(const PerfSampling& sampling);

  void read(const PerfPiece& piece);
  PerfSamples take() { return std::move(result_); }

 private:
  static constexpr std::uint32_t kUnused = 0xFFFFFFFF;
  struct Known {  // a PerfPlace and its number, in 16 bytes
    std::uint64_t offset = 0;
    std::uint32_t object = 0;
    std::uint32_t number = kUnused;
  };
  // The addresses of a chain below a mark.
  struct ChainPart {
    std::uint32_t space = 0;
    bool exact = true;      // the next one is where the thread was
    bool skipped = false;   // there was something that is no address
    std::size_t calls = 0;  // how many addresses there were
  };
  static constexpr std::size_t kEntry = sizeof(std::uint64_t);
  static constexpr int kKnownBits = 16;
  static constexpr int kRangeBits = 10;

  void count(std::uint64_t position);
  bool choose_event(const PerfRecord& record);
  void find_owner(std::uint64_t position);
  void read_frames();
  void add_chain(std::string_view chain);
  std::size_t shared_calls(std::string_view chain) const;
  void add_entries(std::string_view entries, ChainPart& part);
  std::uint32_t space_below(std::uint64_t mark) const;
  void add_address(std::uint64_t address, std::uint32_t space);
  std::uint32_t number_of(const PerfPlace& place);
  void unwind();
  void note_switch(std::uint32_t stack, std::uint64_t position);
  const std::vector<UserMapping>& mappings();

  const PerfSampling& sampling_;
  std::vector<PerfLayout> layouts_;  // of the events
  std::vector<bool> is_switch_;      // the same
  PerfSwitchLayout switch_layout_;
  Unwind unwind_;
  bool is_arm_;
  PerfSamples result_;
  PerfSample sample_;
  std::uint16_t mode_ = 0;  // of the processor
  std::size_t event_ = 0;
  std::uint64_t event_id_ = 0;
  PerfProcesses::Moment moment_{.from = 1, .to = 0};  // of the latest thread
  std::uint32_t pid_ = 0;
  std::uint32_t tid_ = 0;
  PerfOwner owner_;
  std::vector<PerfRange> ranges_;  // what addresses were in lately
  std::vector<Known> known_;       // at an index that follows from the place
  std::vector<Known> places_;      // all that were met
  IdTable place_ids_;
  std::vector<std::uint32_t> frames_;  // of the sample
  std::vector<std::uint64_t> calls_;   // unwound
  // The sample before: its frames, its chain, and how many of the user's calls,
  // all of which became frames, the chain ends with.
  std::vector<std::uint32_t> last_frames_;
  std::string_view last_chain_;
  std::uint32_t last_space_ = 0;
  std::size_t last_calls_ = 0;
  std::vector<std::uint64_t> registers_;
  std::vector<UserMapping> mappings_;
  std::uint32_t space_ = 0;              // of the sample
  std::optional<std::uint32_t> mapped_;  // the space that mappings_ is of
};

Sampler::Sampler(const PerfSampling& sampling)
    : sampling_(sampling),
      switch_layout_(sampling.file.tracing_data()),
      is_arm_(sampling.file.architecture() == "aarch64"),
      ranges_(std::size_t{1} << kRangeBits),
      known_(std::size_t{1} << kKnownBits) {
  for (const PerfEvent& event : sampling.file.events()) {
    layouts_.emplace_back(event);
    is_switch_.push_back(event.name.starts_with("sched:sched_switch"));
  }
  if (sampling.options.unwinder) unwind_ = sampling.options.unwinder();
}

void Sampler::read(const PerfPiece& piece) {
  last_calls_ = 0;  // the pages of the piece before may be gone
  PerfRecords records(piece.bytes);
  while (records.next()) {
    const PerfRecord& record = records.record();
    if (record.type != PerfType::kSample) continue;
    ++result_.samples;
    const std::uint64_t position = piece.position + records.offset();
    if (!choose_event(record)) {
      ++result_.of_no_event;
    } else if (!layouts_[event_].read(record, sample_)) {
      if (result_.damaged++ == 0) result_.first_damaged = position;
    } else {
      mode_ = record.misc & kPerfCpuMode;
      count(position);
    }
  }
}

bool Sampler::choose_event(const PerfRecord& record) {
  if (layouts_.size() <= 1) return !layouts_.empty();
  const std::uint64_t id = layouts_[0].id_of(record);
  if (id == event_id_) return id != 0 || !layouts_[0].has_id();
  const std::size_t event = sampling_.file.event_of(id);
  if (event == layouts_.size()) return false;
  event_ = event;
  event_id_ = id;
  return true;
}

void Sampler::find_owner(std::uint64_t position) {
  const std::uint64_t time = layouts_[0].has_time() ? sample_.time : position;
  owner_.event = static_cast<std::uint32_t>(event_);
  if (sample_.pid == pid_ && sample_.tid == tid_ && time >= moment_.from && time < moment_.to) {
    return;
  }
  pid_ = sample_.pid;
  tid_ = sample_.tid;
  moment_ = sampling_.processes.at(pid_, tid_, time);
  owner_.command = moment_.command;
  space_ = moment_.space;
  const PerfDataOptions& options = sampling_.options;
  owner_.pid = options.pid || options.tid ? pid_ : 0;
  owner_.tid = options.tid || moment_.command == PerfProcesses::kUnnamed ? tid_ : 0;
}

void Sampler::count(std::uint64_t position) {
  find_owner(position);
  read_frames();
  std::uint32_t stack = 0;
  try {
    stack = result_.stacks.add(
        {.owner = owner_, .frames = frames_, .position = position, .period = sample_.period});
  } catch (const Error& error) {
    throw Error(fmt::format("{}+0x{:x}: {}", sampling_.input.name, position, error.what()));
  }
  if (sampling_.options.keep_time) {
    result_.moments.push_back({.time = sample_.time,
                               .position = position,
                               .stack = stack,
                               .period = static_cast<std::int64_t>(sample_.period)});
  }
  if (is_switch_[event_]) note_switch(stack, position);
}

void Sampler::note_switch(std::uint32_t stack, std::uint64_t position) {
  auto one = switch_layout_.read(sample_.raw);
  if (!one) return;
  one->time = sample_.time;
  one->position = position;
  one->stack = stack;
  result_.switches.push_back(*one);
}

// The frames of the sample, innermost first.
void Sampler::read_frames() {
  last_frames_.swap(frames_);
  frames_.clear();
  const bool has_chain = sampling_.file.events()[event_].has(kPerfCallchain);
  if (has_chain) add_chain(sample_.chain);
  if (has_chain && !sample_.has_stack) return;
  last_calls_ = 0;
  if (sample_.has_stack) {
    unwind();
  } else {
    constexpr std::uint16_t kKernel = 1;
    add_address(sample_.ip, mode_ == kKernel ? PerfPlaces::kKernelSpace : space_);
  }
}

// Samples in a row are mostly of one thread, whose outer calls stay the same: what
// the chain ends with like the one before is not looked up again.
void Sampler::add_chain(std::string_view chain) {
  const std::size_t shared = shared_calls(chain);
  ChainPart part{.space = space_};
  add_entries(chain.substr(0, chain.size() - shared * kEntry), part);
  const bool reuse = part.space == space_ && !part.exact;
  if (reuse) {
    frames_.insert(frames_.end(), last_frames_.end() - static_cast<std::ptrdiff_t>(shared),
                   last_frames_.end());
    part.calls += shared;
  } else {
    add_entries(chain.substr(chain.size() - shared * kEntry), part);
  }
  last_chain_ = chain;
  last_space_ = space_;
  last_calls_ = part.space == space_ && !part.skipped ? part.calls : 0;
}

// How many of the user's calls the chain and the one before both end with. The
// innermost of those is left out: it may be where the thread was.
std::size_t Sampler::shared_calls(std::string_view chain) const {
  if (last_space_ != space_) return 0;
  const std::size_t most = std::min({last_calls_, last_frames_.size(), chain.size() / kEntry});
  const char* const end = chain.data() + chain.size();
  const char* const last_end = last_chain_.data() + last_chain_.size();
  std::size_t shared = 0;
  while (shared < most &&
         std::memcmp(end - (shared + 1) * kEntry, last_end - (shared + 1) * kEntry, kEntry) == 0) {
    ++shared;
  }
  return shared == 0 ? 0 : shared - 1;
}

// An address in a chain is where its caller goes on, so the call is before it;
// except for the first one below a mark, which is where the thread was. (Below
// the kernel's part, that is where the thread left the user's: at a fault, or
// after a system call.)
void Sampler::add_entries(std::string_view entries, ChainPart& part) {
  for (std::size_t at = 0; at < entries.size(); at += kEntry) {
    std::uint64_t address = 0;
    std::memcpy(&address, entries.data() + at, sizeof address);
    if (address < kPerfContextMax) {
      add_address(part.exact || address == 0 ? address : address - 1, part.space);
      part.exact = false;
      ++part.calls;
    } else if (is_context(address)) {
      part = {.space = space_below(address)};
    } else {
      part.skipped = true;  // what a bad frame pointer led to
    }
  }
}

// The space of the addresses that follow `mark`.
std::uint32_t Sampler::space_below(std::uint64_t mark) const {
  if (mark == kPerfContextKernel) return PerfPlaces::kKernelSpace;
  return mark == kPerfContextUser ? space_ : 0;  // else a hypervisor, a guest
}

void Sampler::add_address(std::uint64_t address, std::uint32_t space) {
  constexpr int kBlock = 20;  // bits of an address within one entry of ranges_
  PerfRange& range = ranges_[hash_of(address >> kBlock, space) >> (64 - kRangeBits)];
  if (!range.has(space, address)) range = sampling_.places.range_at(space, address);
  const PerfPlace place = range.at(address);
  Known& known = known_[hash_of(place.offset, place.object) >> (64 - kKnownBits)];
  if (known.offset != place.offset || known.object != place.object || known.number == kUnused) {
    known = {.offset = place.offset, .object = place.object, .number = number_of(place)};
  }
  frames_.push_back(known.number);
}

// Asks PerfPlaces, which other threads ask too, only once for each place.
std::uint32_t Sampler::number_of(const PerfPlace& place) {
  const std::uint32_t id =
      place_ids_.find_or_add(hash_of(place.offset, place.object), [&](std::uint32_t i) {
        return places_[i].offset == place.offset && places_[i].object == place.object;
      });
  if (id == places_.size()) {
    places_.push_back(
        {.offset = place.offset, .object = place.object, .number = sampling_.places.find(place)});
  }
  return places_[id].number;
}

// Adds the user's part of a stack from the copy of it.
void Sampler::unwind() {
  registers_.resize(sample_.registers.size() / sizeof(std::uint64_t));
  if (!registers_.empty()) {
    std::memcpy(registers_.data(), sample_.registers.data(), sample_.registers.size());
  }
  UserStack stack{.pid = sample_.pid,
                  .is_64_bit = sample_.is_64_bit,
                  .architecture = sampling_.file.architecture(),
                  .register_mask = sampling_.file.events()[event_].regs_user,
                  .registers = registers_,
                  .stack = sample_.stack,
                  .mappings = {},
                  .mappings_id = space_};
  calls_.clear();
  if (unwind_) {
    stack.mappings = mappings();
    unwind_(stack, calls_);
  } else {
    ++result_.without_unwinder;
  }
  if (calls_.empty()) {
    calls_.push_back(stack.register_value(is_arm_ ? kInstructionPointerArm : kInstructionPointer));
  }
  for (const std::uint64_t address : calls_) add_address(address, space_);
}

const std::vector<UserMapping>& Sampler::mappings() {
  if (mapped_ == space_) return mappings_;
  mapped_ = space_;
  mappings_.clear();
  const PerfProcesses& processes = sampling_.processes;
  for (const PerfMapping& one : processes.mappings().all(processes.mapped_in(space_))) {
    const PerfObject& object = processes.objects()[one.object];
    mappings_.push_back({.start = one.start,
                         .end = one.end,
                         .offset = one.offset,
                         .path = object.path,
                         .build_id = object.build_id});
  }
  return mappings_;
}

// Adds `more`, which another thread read, to `all`.
void merge(PerfSamples& all, PerfSamples more) {
  const std::vector<std::uint32_t> numbers = all.stacks.merge(std::move(more.stacks));
  for (PerfMoment& moment : more.moments) {
    moment.stack = numbers[moment.stack];
    all.moments.push_back(moment);
  }
  for (PerfSwitch& one : more.switches) {
    one.stack = numbers[one.stack];
    all.switches.push_back(one);
  }
  if (more.damaged != 0 && (all.damaged == 0 || more.first_damaged < all.first_damaged)) {
    all.first_damaged = more.first_damaged;
  }
  all.samples += more.samples;
  all.damaged += more.damaged;
  all.of_no_event += more.of_no_event;
  all.without_unwinder += more.without_unwinder;
}

std::size_t thread_count(const PerfSampling& sampling) {
  const std::size_t wanted = sampling.options.threads != 0
                                 ? sampling.options.threads
                                 : std::max(1U, std::thread::hardware_concurrency());
  return std::max<std::size_t>(1, std::min(wanted, sampling.pieces.size()));
}

}  // namespace

PerfSamples read_perf_samples(const PerfSampling& sampling) {
  const std::size_t count = thread_count(sampling);
  std::vector<PerfSamples> results(count);
  std::vector<std::exception_ptr> errors(count);
  std::atomic<std::size_t> next = 0;
  Progress progress(sampling);
  const auto work = [&](std::size_t worker) {
    try {
      Sampler sampler(sampling);
      for (std::size_t piece = next++; piece < sampling.pieces.size(); piece = next++) {
        sampler.read(sampling.pieces[piece]);
        progress.done(piece);
      }
      results[worker] = sampler.take();
    } catch (...) {
      errors[worker] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t worker = 1; worker < count; ++worker) threads.emplace_back(work, worker);
  work(0);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  for (std::size_t worker = 1; worker < count; ++worker) {
    merge(results[0], std::move(results[worker]));
  }
  return std::move(results[0]);
}

}  // namespace tidemark
