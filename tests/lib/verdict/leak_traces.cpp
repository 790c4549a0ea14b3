#include "tests/lib/verdict/leak_traces.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>

namespace tidemark::verdict {
namespace {

constexpr double kMb = 1e6;
constexpr double kHour = 3600;
constexpr double kDay = 86400;

// Not of <random>, whose distributions differ from library to library.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 0x1234567) {}

  double unit() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return static_cast<double>((z ^ (z >> 31U)) >> 11U) * 0x1p-53;
  }
  double between(double low, double high) { return low + (high - low) * unit(); }
  double log_between(double low, double high) {
    return std::exp(between(std::log(low), std::log(high)));
  }
  double normal() {
    return std::sqrt(-2 * std::log(1 - unit())) * std::cos(2 * std::numbers::pi * unit());
  }
  double wait(double mean) { return -mean * std::log(1 - unit()); }

 private:
  std::uint64_t state_;
};

// A trace in the making.
struct Making {
  Dice dice;
  double step_s;
  double length_s;
  double base = 0;
  std::vector<double> restarts_s;
  // The relative load at a time, about 1 in the mean, and whether it is counted.
  std::function<double(double)> load = [](double) { return 1.0; };
  bool counted = true;
  double working_set = 0;  // bytes for a load of 1
  double onset_s = 0;
  double next_day = 0;
};

// Bytes beyond the base, by the time and the age of the process.
using Shape = std::function<double(double at_s, double age_s)>;

Shape leak(Making& m, double per_day, double onset_s = 0) {
  m.next_day = per_day;
  m.onset_s = onset_s;
  return [=](double at_s, double age_s) {
    return per_day / kDay * std::min(age_s, std::max(at_s - onset_s, 0.0));
  };
}

void day_load(Making& m) {
  const double depth = m.dice.between(0.3, 0.8);
  const double phase = m.dice.between(0, 2 * std::numbers::pi);
  m.load = [=](double t) { return 1 + depth * std::sin(2 * std::numbers::pi * t / kDay + phase); };
  m.working_set = m.dice.between(50, 400) * kMb;
}

// Office hours: two plateaus with slopes between, a dip at lunch.
void office_load(Making& m) {
  const double start = m.dice.between(0, kDay);
  m.load = [=](double t) {
    const double hour = std::fmod(t + start, kDay) / kHour;
    const auto rise = [&](double at) { return 0.5 * (1 + std::tanh((hour - at) / 0.7)); };
    return 0.3 + 1.4 * (rise(8) - 0.4 * rise(12) + 0.4 * rise(13.5) - rise(18));
  };
  m.working_set = m.dice.between(50, 400) * kMb;
}

// Times when something happens, and by how much memory moves for good.
struct Steps {
  std::vector<double> at_s;
  std::vector<double> bytes;

  double until(double t) const {
    double sum = 0;
    for (std::size_t i = 0; i < at_s.size() && at_s[i] <= t; ++i) sum += bytes[i];
    return sum;
  }
};

Shape shape_steps(Steps steps) {
  return [steps = std::move(steps)](double t, double) { return steps.until(t); };
}

Shape quiet(Making&) {
  return [](double, double) { return 0.0; };
}

Shape uncounted(Making& m) {
  m.counted = false;
  return quiet(m);
}

Shape day_uncounted(Making& m) {
  m.counted = false;
  day_load(m);
  return quiet(m);
}

Shape leak_day_uncounted(Making& m) {
  day_uncounted(m);
  return leak(m, m.dice.log_between(300, 3000) * kMb);
}

Shape leak_uncounted(Making& m) {
  m.counted = false;
  return leak(m, m.dice.log_between(150, 2000) * kMb);
}

Shape office(Making& m) {
  office_load(m);
  return quiet(m);
}

Shape leak_office(Making& m) {
  office_load(m);
  return leak(m, m.dice.log_between(80, 600) * kMb);
}

// The rate triples within the day, or halves every 12 to 36 hours.
Shape leak_accelerating(Making& m) {
  const double rate = m.dice.log_between(80, 600) * kMb / kDay;
  const auto grown = [=](double s) { return rate * (s + s * s / kDay); };
  m.next_day = grown(m.length_s + kDay) - grown(m.length_s);
  return [=](double, double age) { return grown(age); };
}

Shape leak_decaying(Making& m) {
  const double tau = m.dice.between(12, 36) * kHour / std::numbers::ln2;
  const double next = m.dice.log_between(80, 400) * kMb;
  const double all = next / (std::exp(-m.length_s / tau) - std::exp(-(m.length_s + kDay) / tau));
  m.next_day = next;
  return [=](double, double age) { return all * (1 - std::exp(-age / tau)); };
}

// A collector: fast cycles on slow ones.
Shape collector(Making& m) {
  const double fast = m.dice.log_between(120, 1800);
  const double slow = m.dice.between(1.5, 6) * kHour;
  const double fast_size = m.dice.between(50, 400) * kMb;
  const double slow_size = m.dice.between(50, 300) * kMb;
  const double phase = m.dice.unit();
  return [=](double t, double) {
    const double wobble = 0.2 * std::sin(t / (1.7 * kHour));
    return fast_size * std::fmod(t / fast + wobble, 1) + slow_size * std::fmod(t / slow + phase, 1);
  };
}

Shape leak_collector(Making& m) {
  const double cycle = m.dice.log_between(120, 1800);
  const double size = m.dice.between(50, 400) * kMb;
  const Shape growth = leak(m, m.dice.log_between(100, 600) * kMb);
  return [=](double t, double age) { return size * std::fmod(t / cycle, 1) + growth(t, age); };
}

// A cache that grows by whole segments, further and further apart, until it is full.
Shape stairs(Making& m) {
  Steps steps;
  const double full = m.dice.between(3, 10) * kHour;
  const double count = std::floor(m.dice.between(5, 12));
  for (double k = 1; k <= count; ++k) {
    steps.at_s.push_back(full * k * k / (count * count));
    steps.bytes.push_back(m.dice.between(20, 40) * kMb);
  }
  return shape_steps(std::move(steps));
}

// The allocator keeps what the busiest moment so far needed.
Shape ratchet(Making& m) {
  Steps steps;
  double most = 0;
  const double size = m.dice.between(100, 400) * kMb;
  for (double t = m.dice.wait(300); t < m.length_s; t += m.dice.wait(300)) {
    const double demand = size * std::pow(m.dice.unit(), 0.4);
    if (demand <= most) continue;
    steps.at_s.push_back(t);
    steps.bytes.push_back(demand - most);
    most = demand;
  }
  return shape_steps(std::move(steps));
}

// Reloads: the new configuration is there before the old one goes.
Shape reloads(Making& m) {
  Steps steps;
  const double size = m.dice.between(30, 300) * kMb;
  for (double t = m.dice.wait(4 * kHour); t < m.length_s; t += kHour + m.dice.wait(4 * kHour)) {
    const double change = m.dice.between(-0.1, 0.1) * size;
    steps.at_s.insert(steps.at_s.end(), {t, t + 600});
    steps.bytes.insert(steps.bytes.end(), {size, change - size});
  }
  return shape_steps(std::move(steps));
}

// Huge pages come and go.
Shape huge_pages(Making& m) {
  Steps steps;
  double level = 0;
  for (double t = m.dice.wait(kHour); t < m.length_s; t += m.dice.wait(kHour)) {
    const double next = std::floor(m.dice.between(0, 40)) * 2 * 1.048576 * kMb;
    steps.at_s.push_back(t);
    steps.bytes.push_back(next - level);
    level = next;
  }
  return shape_steps(std::move(steps));
}

Shape jobs(Making& m) {
  const double every = m.dice.between(0.5, 3) * kHour;
  const double lasts = m.dice.between(120, 900);
  const double size = m.dice.between(50, 500) * kMb;
  return [=](double t, double) { return std::fmod(t, every) > every - lasts ? size : 0; };
}

// Grows to the cgroup's limit, where the kernel takes some back, again and again.
Shape reclaim(Making& m) {
  const double every = m.dice.between(0.5, 2.5) * kHour;
  const double size = m.dice.between(50, 300) * kMb;
  return [=](double t, double) {
    const double filling = 3 * size * t / kHour;
    return filling < 2 * size ? filling : 2 * size - size * (1 - std::fmod(t / every, 1));
  };
}

// A part is swapped out, and comes back within hours.
Shape swapped(Making& m) {
  const double at = m.dice.between(4, 18) * kHour;
  const double back = m.dice.between(0.5, 2) * kHour;
  const double size = m.dice.between(0.1, 0.4) * m.base;
  return [=](double t, double) { return t < at ? 0 : -size * std::exp(-(t - at) / back); };
}

Shape leak_restarts(Making& m) {
  const double every = m.dice.between(4, 8) * kHour;
  for (double t = every; t < m.length_s - kHour; t += every) m.restarts_s.push_back(t);
  return leak(m, m.dice.log_between(150, 1500) * kMb);
}

Shape restarts(Making& m) {
  const double every = m.dice.between(2, 8) * kHour;
  const double tau = m.dice.log_between(300, 3600);
  const double size = m.dice.between(0.2, 1) * m.base;
  for (double t = every; t < m.length_s - kHour; t += every) m.restarts_s.push_back(t);
  const double age = m.length_s - (m.restarts_s.empty() ? 0 : m.restarts_s.back());
  m.next_day = size * std::exp(-age / tau);
  return [=](double, double a) { return size * (1 - std::exp(-a / tau)); };
}

// Only what is served beyond the mean load leaks.
Shape leak_when_busy(Making& m) {
  day_load(m);
  const double per_day = m.dice.log_between(100, 800) * kMb;
  const auto load = m.load;
  double all = 0;
  for (double t = 0; t < kDay; t += 60) all += std::max(load(t) - 1, 0.0);
  std::vector<double> grown = {0};
  for (double t = 0; t < m.length_s; t += 60) {
    grown.push_back(grown.back() + per_day * std::max(load(t) - 1, 0.0) / all);
  }
  m.next_day = per_day;
  return [grown = std::move(grown)](double t, double) {
    return grown[static_cast<std::size_t>(t / 60)];
  };
}

Shape leak_late(Making& m) {
  const double onset = m.dice.between(2, 16) * kHour;
  return leak(m, m.dice.log_between(200, 2000) * kMb, onset);
}

Shape leak_two(Making& m) {
  const double onset = m.dice.between(4, 12) * kHour;
  const Shape first = leak(m, m.dice.log_between(60, 200) * kMb);
  const double first_rate = m.next_day;
  const Shape second = leak(m, m.dice.log_between(100, 600) * kMb, onset);
  m.next_day += first_rate;
  m.onset_s = 0;
  return [=](double t, double age) { return first(t, age) + second(t, age); };
}

// As long as it fills, nothing tells it from a leak.
Shape slow_cache(Making& m) {
  const double full = m.dice.between(8, 14) * kHour;
  const double size = m.dice.log_between(50, 800) * kMb;
  return [=](double, double age) { return size * std::min(age / full, 1.0); };
}

Shape wandering(Making& m) {
  const double tau = m.dice.between(0.3, 3) * kHour;
  const double sd = m.dice.between(5, 40) * kMb;
  std::vector<double> path = {sd * m.dice.normal()};
  const double keep = std::exp(-60 / tau);
  for (double t = 0; t < m.length_s; t += 60) {
    path.push_back(path.back() * keep + sd * std::sqrt(1 - keep * keep) * m.dice.normal());
  }
  return
      [path = std::move(path)](double t, double) { return path[static_cast<std::size_t>(t / 60)]; };
}

struct Family {
  TraceFamily family;
  Shape (*shape)(Making&);
};

constexpr std::array<Family, 26> kFamilies = {{
    {{"ok_quiet", Truth::kNoLeak}, quiet},
    {{"ok_uncounted", Truth::kNoLeak}, uncounted},
    {{"ok_day_uncounted", Truth::kNoLeak}, day_uncounted},
    {{"ok_office", Truth::kNoLeak}, office},
    {{"ok_collector", Truth::kNoLeak}, collector},
    {{"ok_stairs", Truth::kNoLeak}, stairs},
    {{"ok_ratchet", Truth::kNoLeak}, ratchet},
    {{"ok_reloads", Truth::kNoLeak}, reloads},
    {{"ok_huge_pages", Truth::kNoLeak}, huge_pages},
    {{"ok_jobs", Truth::kNoLeak}, jobs},
    {{"ok_reclaim", Truth::kNoLeak}, reclaim},
    {{"ok_swapped", Truth::kNoLeak}, swapped},
    {{"ok_restarts", Truth::kNoLeak}, restarts},
    {{"ok_wandering", Truth::kNoLeak}, wandering},
    {{"leak_uncounted", Truth::kLeak}, leak_uncounted},
    {{"leak_day_uncounted", Truth::kLeak}, leak_day_uncounted},
    {{"leak_office", Truth::kLeak}, leak_office},
    {{"leak_accelerating", Truth::kLeak}, leak_accelerating},
    {{"leak_decaying", Truth::kLeak}, leak_decaying},
    {{"leak_collector", Truth::kLeak}, leak_collector},
    {{"leak_restarts", Truth::kLeak}, leak_restarts},
    {{"leak_when_busy", Truth::kLeak}, leak_when_busy},
    {{"leak_late", Truth::kLeak}, leak_late},
    {{"leak_two", Truth::kLeak}, leak_two},
    {{"slow_cache", Truth::kUndecidable}, slow_cache},
    {{"slow_cache_uncounted", Truth::kUndecidable},
     [](Making& m) {
       m.counted = false;
       return slow_cache(m);
     }},
}};

constexpr auto kList = [] {
  std::array<TraceFamily, kFamilies.size()> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = kFamilies[i].family;
  return out;
}();

// What every service has: noise with a memory, short spikes, an ordinary warm-up,
// a working set that follows the load with a delay.
void render(Making& m, const Shape& shape, Trace& trace) {
  const double noise_sd = m.base * m.dice.log_between(0.001, 0.008);
  const double keep = std::exp(-m.step_s / m.dice.log_between(20, 1200));
  const double warm = m.base * m.dice.between(0.02, 0.15);
  const double warm_tau = m.dice.log_between(120, 1200);
  const double rate = m.dice.log_between(50, 5000);
  const double spikes = m.dice.between(0, 2) * m.step_s / kHour;
  double noise = noise_sd * m.dice.normal();
  double served = 0;
  double follows = m.load(0);
  double spike = 0;
  double spike_end = -1;
  std::int64_t life = 0;
  double born = 0;
  for (double t = 0; t <= m.length_s; t += m.step_s) {
    while (static_cast<std::size_t>(life) < m.restarts_s.size() &&
           t >= m.restarts_s[static_cast<std::size_t>(life)]) {
      born = m.restarts_s[static_cast<std::size_t>(life++)];
    }
    const double load = m.load(t) * std::max(0.5, 1 + 0.03 * m.dice.normal());
    served += rate * load * m.step_s;
    follows += (1 - std::exp(-m.step_s / 300)) * (load - follows);
    noise = keep * noise + noise_sd * std::sqrt(1 - keep * keep) * m.dice.normal();
    if (t >= spike_end && m.dice.unit() < spikes) {
      spike_end = t + m.dice.between(10, 60);
      spike = m.base * m.dice.between(0.005, 0.03);
    }
    const double bytes = m.base + warm * (1 - std::exp(-(t - born) / warm_tau)) +
                         shape(t, t - born) + noise + m.working_set * follows +
                         (t < spike_end ? spike : 0);
    trace.samples.push_back({.at_s = t,
                             .bytes = std::max(4096.0, std::floor(bytes / 4096) * 4096),
                             .requests = m.counted ? std::floor(served) : kUnknown,
                             .life = life});
  }
}

}  // namespace

std::span<const TraceFamily> trace_families() { return kList; }

Trace make_trace(std::string_view family, std::uint64_t seed, double step_s, double hours) {
  const auto* const found =
      std::ranges::find(kFamilies, family, [](const Family& f) { return f.family.name; });
  Making m{.dice = Dice(seed * 1000003 + static_cast<std::uint64_t>(found - kFamilies.begin())),
           .step_s = step_s,
           .length_s = hours * kHour};
  m.base = m.dice.log_between(150, 2000) * kMb;
  const Shape shape = found->shape(m);
  Trace out{.truth = found->family.truth};
  render(m, shape, out);
  out.restarts_s = m.restarts_s;
  out.onset_s = m.onset_s;
  out.next_day_bytes = m.next_day;
  return out;
}

}  // namespace tidemark::verdict
