#include "lib/report/flame_look.h"

#include <array>
#include <string_view>

namespace tidemark {
namespace {

// What a part of an event's or value type's name tells.
struct Subject {
  std::string_view part;
  std::string_view title;
  std::string_view count_name;  // of its unit "count"
  Palette palette;
};

// The first that fits counts, so the more special come first.
constexpr std::array<Subject, 30> kSubjects = {{
    {"peak_", "Peak Memory", "allocations", Palette::kMem},
    {"leaked_", "Leaked Memory", "blocks", Palette::kMem},
    {"inuse_", "Memory in Use", "objects", Palette::kMem},
    {"alloc_", "Allocation", "allocations", Palette::kMem},
    {"temporary_", "Temporary Allocation", "allocations", Palette::kMem},
    {"read_space", "Memory Read", "bytes", Palette::kMem},
    {"written_space", "Memory Written", "bytes", Palette::kMem},
    {"errors", "Error", "errors", Palette::kRed},
    {"offcpu", "Off-CPU Time", "switches", Palette::kIo},
    {"off-cpu", "Off-CPU Time", "switches", Palette::kIo},
    {"sched:sched_switch", "Off-CPU", "switches", Palette::kIo},
    {"sched_switch", "Off-CPU", "switches", Palette::kIo},
    {"context-switches", "Off-CPU", "switches", Palette::kIo},
    {"sched:sched_wak", "Wakeup", "wakeups", Palette::kWakeup},
    {"sched:", "Scheduler", "events", Palette::kIo},
    {"block:", "Block I/O", "requests", Palette::kIo},
    {"page-faults", "Page Fault", "page faults", Palette::kMem},
    {"page_fault", "Page Fault", "page faults", Palette::kMem},
    {"minor-faults", "Page Fault", "minor faults", Palette::kMem},
    {"major-faults", "Page Fault", "major faults", Palette::kMem},
    {"kmem:", "Kernel Allocation", "allocations", Palette::kMem},
    {"malloc", "Allocation", "calls", Palette::kMem},
    {"calloc", "Allocation", "calls", Palette::kMem},
    {"sys_enter_brk", "Heap Growth", "calls", Palette::kMem},
    {"sys_enter_mmap", "Memory Mapping", "calls", Palette::kMem},
    {"syscalls:", "System Call", "calls", Palette::kHot},
    {"-misses", "Miss", "misses", Palette::kHot},
    {"cycles", "CPU", "cycles", Palette::kHot},
    {"instructions", "Instruction", "instructions", Palette::kHot},
    {"cpu", "CPU", "samples", Palette::kHot},
}};

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

const Subject* subject_of(std::string_view name, std::string_view title) {
  for (const std::string_view text : {name, title}) {
    for (const Subject& subject : kSubjects) {
      if (has(text, subject.part)) return &subject;
    }
  }
  return nullptr;
}

// 1e-6 for nanoseconds; 0 when `unit` is no time.
double milliseconds_in(std::string_view unit) {
  if (unit == "nanoseconds" || unit == "ns") return 1e-6;
  if (unit == "microseconds" || unit == "us") return 1e-3;
  if (unit == "milliseconds" || unit == "ms") return 1;
  if (unit == "seconds" || unit == "s") return 1e3;
  return 0;
}

// A compared value (lib/analyze/compare.h) looks like what is compared.
std::string_view without_side(std::string_view name) {
  for (const std::string_view side : {" before", " after"}) {
    if (name.ends_with(side)) name.remove_suffix(side.size());
  }
  return name;
}

// "cycles:u" without what follows the event's name; "instructions".
std::string_view event_of(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  if (colon == std::string_view::npos || name.size() - colon > 5) return name;
  return name.substr(0, colon);
}

// In the largest unit that gives the total four digits.
void show_time(double milliseconds, double total, FlameLook& look) {
  look.factor = milliseconds;
  look.count_name = "ms";
  for (const std::string_view smaller : {"us", "ns"}) {
    if (total * look.factor >= 1000 || milliseconds >= 1) return;
    look.factor *= 1000;
    look.count_name = smaller;
  }
}

}  // namespace

FlameLook look_of(const Profile& profile, std::size_t value) {
  const std::string& unit = profile.value_types().at(value).unit;
  const std::string_view name = without_side(profile.value_types()[value].name);
  FlameLook look{.title = "Flame Graph", .count_name = "samples"};
  if (name != "samples" && name != "before" && name != "after") look.count_name = event_of(name);
  if (const Subject* const subject = subject_of(name, profile.title); subject != nullptr) {
    look.title = std::string(subject->title) + " Flame Graph";
    look.palette = subject->palette;
    if (unit == "count" && name != "samples") look.count_name = subject->count_name;
  }
  if (unit == "bytes") {
    look.count_name = "bytes";
    look.palette = Palette::kMem;
    if (look.title == "Flame Graph") look.title = "Memory Flame Graph";
  } else if (const double milliseconds = milliseconds_in(unit); milliseconds != 0) {
    show_time(milliseconds, static_cast<double>(profile.total().at(value)), look);
  } else if (unit != "count" && !unit.empty()) {
    look.count_name = unit;
  }
  return look;
}

}  // namespace tidemark
