#include "tools/memprof/uprobes/look.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/inject/ladder.h"
#include "lib/process/interrupts.h"
#include "lib/process/proc.h"
#include "tools/memprof/uprobes/look_result.h"
#include "tools/memprof/uprobes/probe_events.h"
#include "tools/memprof/uprobes/thread_times.h"
#include "tools/memprof/uprobes/trap_budget.h"

namespace tidemark::memprof {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::chrono::milliseconds kWatch{200};  // before any probe is there
constexpr std::chrono::milliseconds kMeasure{50};
constexpr int kStepMs = 1;
constexpr std::size_t kMostThreads = 8;
constexpr std::size_t kMostSamples = 4000;
constexpr std::size_t kRingBytes = 32 << 20;  // of all threads in sum
constexpr double kSampleSeconds = 10e-6;

void say(const std::string& text) { std::fputs(text.c_str(), stderr); }

std::uint64_t sum(const std::vector<std::uint64_t>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0});
}

// The probes on all functions of the allocator, one event for each thread; taken out again when it
// goes.
class Probes {
 public:
  struct Setting {
    std::vector<pid_t> threads;
    std::uint64_t period = 0;  // 0: they only count
    double most_calls = 0;     // after these no more of the functions are probed; 0: any number
  };

  // `order` is that of the functions, those called most first.
  Probes(const Allocator& allocator, const std::vector<std::size_t>& order, const Setting& setting)
      : order_(order), events_(allocator.functions.size()) {
    for (const std::size_t function : order) {
      for (const pid_t thread : setting.threads) {
        events_[function].push_back(ProbeEvent::open(
            allocator.file, allocator.functions[function].offset, thread, setting.period));
      }
      // To set a probe takes the kernel a while, in which those before it cost already.
      const bool enough = static_cast<double>(sum(counts())) >= setting.most_calls;
      if (setting.most_calls > 0 && enough) break;
    }
  }
  Probes(const Probes&) = delete;
  Probes& operator=(const Probes&) = delete;
  ~Probes() { remove(); }

  // Leads the events of each thread into a ring of its own and starts them.
  void sample(std::size_t threads) {
    const std::size_t bytes = std::bit_floor(kRingBytes / threads);
    for (std::size_t thread = 0; thread < threads; ++thread) {
      const auto first = std::ranges::find_if(
          order_, [&](std::size_t function) { return events_[function][thread].is_open(); });
      if (first == order_.end()) continue;
      rings_.emplace_back(events_[*first][thread], bytes);
      for (const std::size_t function : order_) {
        if (events_[function][thread].is_open()) rings_.back().take(events_[function][thread]);
      }
    }
  }

  // Calls of each function so far.
  std::vector<std::uint64_t> counts() const {
    std::vector<std::uint64_t> calls;
    for (const std::vector<ProbeEvent>& events : events_) {
      calls.push_back(std::transform_reduce(events.begin(), events.end(), std::uint64_t{0},
                                            std::plus<>(),
                                            [](const ProbeEvent& event) { return event.count(); }));
    }
    return calls;
  }

  void drain(Sight& sight) {
    sight.lost = 0;
    for (SampleRing& ring : rings_) {
      ring.drain(sight.samples, kMostSamples);
      sight.lost += ring.lost();
    }
  }

  // The function called most first: each removal takes the kernel a moment.
  void remove() {
    rings_.clear();
    std::vector<std::uint64_t> calls = counts();
    std::vector<std::size_t> order = order_;
    std::ranges::stable_sort(order, std::ranges::greater(),
                             [&](std::size_t f) { return calls[f]; });
    for (const std::size_t function : order) {
      for (ProbeEvent& event : events_[function]) event.close();
    }
  }

 private:
  std::vector<std::size_t> order_;
  std::vector<std::vector<ProbeEvent>> events_;  // by function, then by thread
  std::vector<SampleRing> rings_;
};

// We come first while probes are in, where we may, so that they go in time.
class Haste {
 public:
  Haste() : before_(::getpriority(PRIO_PROCESS, 0)) { ::setpriority(PRIO_PROCESS, 0, kFirst); }
  Haste(const Haste&) = delete;
  Haste& operator=(const Haste&) = delete;
  ~Haste() { ::setpriority(PRIO_PROCESS, 0, before_); }

 private:
  static constexpr int kFirst = -20;
  int before_;
};

class Look {
 public:
  Look(const LookOrder& order, RunDirectory& directory)
      : order_(order),
        directory_(directory),
        space_(AddressSpace::of(order.pid)),
        allocator_(allocator_of(order.pid, space_)),
        functions_(allocator_.functions.size()),
        demand_({.max_overhead = order.max_overhead, .asked = order.asked}) {
    std::iota(functions_.begin(), functions_.end(), std::size_t{0});
    demand_.emulated = std::ranges::all_of(allocator_.functions, &AllocatorFunction::emulated);
  }

  void run() {
    note(fmt::format("process {}: rung uprobes; {} functions of {}", order_.pid,
                     allocator_.functions.size(), printable(allocator_.module)));
    watch();
    {
      const Haste haste;
      measure();
      plan_ = plan_look(demand_);
      if (plan_.window.count() == 0) refuse();
      sample();
    }
    conclude();
  }

 private:
  void note(std::string text) {
    say(fmt::format("memprof: {}\n", text));
    directory_.run().notes.push_back(std::move(text));
  }

  // Until the time is over; false: it was interrupted, or the process ended.
  bool pause(std::chrono::milliseconds time) const {
    pollfd wait{.fd = interrupts_.fd(), .events = POLLIN, .revents = 0};
    ::poll(&wait, 1, static_cast<int>(time.count()));
    return interrupts_.count() == 0 && process_status(order_.pid).has_value();
  }

  void watch() {
    const ThreadTimes before = thread_times(order_.pid);
    const Clock::time_point begin = Clock::now();
    pause(kWatch);
    work_ = work_between(before, thread_times(order_.pid), kMostThreads);
    if (work_.busiest.empty()) throw Error(fmt::format("process {} has ended", order_.pid));
    const double seconds = Seconds(Clock::now() - begin).count();
    demand_.cpu_per_second = static_cast<double>(work_.all_ns) / 1e9 / seconds;
    demand_.threads = work_.busiest.size();
    if (work_.all_ns > 0) {
      demand_.thread_share =
          static_cast<double>(work_.first_ns) / static_cast<double>(work_.all_ns);
    }
  }

  // How often the busiest thread calls, for as long as a part of the budget lasts.
  void measure() {
    const double most = trap_cost(1, demand_.emulated).most;
    const double limit = budget_of(demand_) * kMeasuringShare;
    Probes probes(allocator_, functions_,
                  {.threads = {work_.busiest.front()}, .most_calls = limit / most});
    const Clock::time_point begin = Clock::now();
    const std::vector<std::uint64_t> at_first = probes.counts();
    std::vector<std::uint64_t> calls = at_first;
    while (Clock::now() - begin < kMeasure && pause(std::chrono::milliseconds(kStepMs))) {
      calls = probes.counts();
      const double cost = static_cast<double>(sum(calls)) * most;
      if (order_.max_overhead > 0 && cost >= limit) break;
    }
    const double seconds = Seconds(Clock::now() - begin).count();
    calls = probes.counts();
    probes.remove();
    calls_ = sum(calls);
    demand_.calls_per_second = static_cast<double>(calls_ - sum(at_first)) / seconds;
    demand_.spent = static_cast<double>(calls_) * most;
    std::ranges::stable_sort(functions_, std::ranges::greater(),
                             [&](std::size_t function) { return calls[function]; });
  }

  // The command whose limit would do; where that is more than half of the time, a longer look.
  std::string remedy() const {
    constexpr double kHalf = 0.5;
    const double longer = std::max(1.0, plan_.needed_overhead / kHalf);
    return fmt::format("memprof attach --rung uprobes --for {:.0f}ms --max-overhead {:.2g}% {}",
                       std::ceil(longer * static_cast<double>(order_.asked.count())),
                       110 * plan_.needed_overhead / longer, order_.pid);
  }

  [[noreturn]] void refuse() const {
    throw Error(
        fmt::format(
            "process {} calls its allocator {:.0f} times a second, and each call would cost "
            "{:.1f} to {:.1f} us more: within {:.4g} % of its CPU time ({:.3g} ms in {:.3g} "
            "s, of which measuring took {:.3g}) there is no room for a look",
            order_.pid, demand_.calls_per_second, plan_.cost.least * 1e6, plan_.cost.most * 1e6,
            100 * order_.max_overhead, 1e3 * plan_.budget, Seconds(order_.asked).count(),
            1e3 * demand_.spent),
        remedy());
  }

  void announce() {
    const double calls = plan_.calls_per_second * plan_.window.count();
    say(fmt::format(
        "memprof: {:.0f} calls a second in {} of {} threads; looking for {:.3g} s of {:.3g} "
        "s, which costs {:.2g} to {:.2g} % of its CPU time\n",
        plan_.calls_per_second, plan_.threads, thread_times(order_.pid).size(),
        plan_.window.count(), Seconds(order_.asked).count(),
        100 * calls * plan_.cost.least / base_of(demand_),
        100 * calls * plan_.cost.most / base_of(demand_)));
  }

  double cost_of(std::uint64_t calls, std::size_t samples) const {
    return static_cast<double>(calls) * plan_.cost.most +
           static_cast<double>(samples) * kSampleSeconds;
  }

  void sample() {
    std::vector<pid_t> threads = work_.busiest;
    threads.resize(std::min(threads.size(), plan_.threads));
    Probes probes(allocator_, functions_, {.threads = threads, .period = plan_.period});
    const Clock::time_point begin = Clock::now();
    probes.sample(threads.size());
    announce();
    bool whole = true;
    bool spent_all = false;
    // By what the calls cost rather than by time: the rate that was measured need not last.
    while (whole && !spent_all && Clock::now() - begin < order_.asked) {
      whole = pause(std::chrono::milliseconds(kStepMs));
      probes.drain(sight_);
      const double spent =
          demand_.spent + plan_.reserve + cost_of(sum(probes.counts()), sight_.samples.size());
      spent_all = order_.max_overhead > 0 && spent >= plan_.budget;
    }
    sight_.window = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
    probes.drain(sight_);
    sight_.calls = probes.counts();
    probes.remove();
    if (!whole) {
      directory_.run().cut_short =
          interrupts_.count() > 0 ? "interrupted" : "the process ended while we looked";
    }
  }

  void conclude() {
    const std::uint64_t calls = sum(sight_.calls);
    const auto all = static_cast<double>(calls_ + calls);
    const double sampling = static_cast<double>(sight_.samples.size()) * kSampleSeconds;
    note(
        fmt::format("the probes were in for {:.3g} s of {:.3g} s; {} calls, every {}th sampled "
                    "with its stack: {}, {} lost",
                    Seconds(sight_.window).count(), Seconds(order_.asked).count(), calls,
                    plan_.period, sight_.samples.size(), sight_.lost));
    note(fmt::format(
        "the {} calls that hit a probe cost {:.3g} to {:.3g} ms of CPU time, an "
        "estimate: {:.2g} to {:.2g} % of what it uses in {:.3g} s",
        calls_ + calls, 1e3 * all * plan_.cost.least, 1e3 * (all * plan_.cost.most + sampling),
        100 * all * plan_.cost.least / base_of(demand_),
        100 * (all * plan_.cost.most + sampling) / base_of(demand_),
        Seconds(order_.asked).count()));
    note("this rung sees allocations, not frees: nothing is said about what is in use");
    if (plan_.threads < work_.busiest.size() || work_.left_out_ns * 50 > work_.all_ns) {
      note(fmt::format("only the {} busiest threads were looked at", plan_.threads));
    }
    if (sight_.samples.empty() && !directory_.run().cut_short.empty()) {
      throw Error(fmt::format("process {}: {} before a call was sampled", order_.pid,
                              directory_.run().cut_short));
    }
    if (sight_.samples.empty()) {
      throw Error(fmt::format("process {} allocated nothing while we looked", order_.pid),
                  "put it under load, or look longer: --for 60s");
    }
    write_file(directory_.raw() / fmt::format("uprobes.{}.txt", order_.pid),
               sight_text(sight_, allocator_, space_, order_.root));
    directory_.run().ended_ms = now_ms();
    directory_.run().end = {.kind = EndKind::kStopped, .why = "detached; the process runs on"};
  }

  const LookOrder& order_;
  RunDirectory& directory_;
  Interrupts interrupts_;
  AddressSpace space_;
  Allocator allocator_;
  std::vector<std::size_t> functions_;  // by number, those called most first
  Demand demand_;
  LookPlan plan_;
  ThreadWork work_;
  std::uint64_t calls_ = 0;  // while measuring
  Sight sight_;
};

}  // namespace

void look_by_probes(const LookOrder& order, RunDirectory& directory) {
  const std::vector<RungState> ladder = plan_ladder(order.pid, order.library);
  say(ladder_text(ladder, Rung::kUprobes));
  Stand::climb(order.pid, Rung::kUprobes, order.library, {});  // refuses what does not hold
  Look(order, directory).run();
}

}  // namespace tidemark::memprof
