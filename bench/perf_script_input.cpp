#include "bench/perf_script_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/decompress.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"

namespace tidemark::bench {
namespace {

constexpr std::size_t kStacks = 43'000;
constexpr std::uint64_t kPlaces = 16;

// A recorded sample, taken apart.
struct Sample {
  std::string comm;
  std::vector<std::string> frames;  // innermost first
};

void read_samples(const File& file, std::vector<Sample>& samples) {
  Lines lines(file.name(), file.bytes());
  bool inside = false;
  while (lines.next()) {
    const std::string_view line = lines.line();
    if (line.empty()) {
      inside = false;
    } else if (!inside) {
      samples.push_back({.comm = std::string(line.substr(0, line.find(' '))), .frames = {}});
      inside = true;
    } else {
      samples.back().frames.emplace_back(line);
    }
  }
}

// One of the stacks that come of a recorded one: some frame in the middle is of
// another function, as if another caller had been there.
struct Stack {
  const Sample* sample;
  std::size_t changed;
  std::size_t variant;
};

// "\t  1140 spin+0x17 (dso)" with "_3" behind the name.
std::string renamed(const std::string& frame, std::size_t variant) {
  const std::size_t plus = frame.find("+0x");
  if (variant == 0 || plus == std::string::npos) return frame;
  return fmt::format("{}_{}{}", frame.substr(0, plus), variant, frame.substr(plus));
}

// The same with another last digit in the address and in the offset.
std::string hit_at(std::string frame, std::uint64_t place) {
  const char digit = "0123456789abcdef"[place % kPlaces];
  const std::size_t plus = frame.find("+0x");
  if (plus == std::string::npos) return frame;
  const std::size_t name = frame.find(' ', frame.find_first_not_of("\t "));
  frame[name - 1] = digit;
  frame[frame.find(' ', plus) - 1] = digit;
  return frame;
}

std::vector<Stack> stacks_of(const std::vector<Sample>& samples, std::mt19937_64& random) {
  std::vector<Stack> stacks;
  for (std::size_t i = 0; i < kStacks; ++i) {
    const Sample& sample = samples[random() % samples.size()];
    const std::size_t changed =
        sample.frames.size() < 3 ? 0 : 1 + random() % (sample.frames.size() - 2);
    stacks.push_back({.sample = &sample, .changed = changed, .variant = i / samples.size()});
  }
  return stacks;
}

// The sums of 1/rank, for drawing by them.
std::vector<double> zipf_sums() {
  std::vector<double> sums(kStacks);
  double sum = 0;
  for (std::size_t i = 0; i < kStacks; ++i) {
    sum += 1 / static_cast<double>(i + 10);  // the hottest have a few percent
    sums[i] = sum;
  }
  return sums;
}

}  // namespace

PerfScriptText large_perf_script(std::size_t bytes) {
  std::vector<Sample> samples;
  for (const char* name : {"/perf-script/gxx.txt.gz", "/perf-script/rustc.txt.gz"}) {
    read_samples(decompress(read_file(std::string(TIDEMARK_TEST_DATA) + name)).file, samples);
  }
  std::mt19937_64 random(1);
  const std::vector<Stack> stacks = stacks_of(samples, random);
  const std::vector<double> sums = zipf_sums();
  PerfScriptText made;
  made.text.reserve(bytes + (1 << 16));
  for (; made.text.size() < bytes; ++made.samples) {
    const double drawn = static_cast<double>(random() >> 11U) * 0x1p-53 * sums.back();
    const auto rank =
        static_cast<std::size_t>(std::ranges::lower_bound(sums, drawn) - sums.begin());
    const Stack& stack = stacks[std::min(rank, kStacks - 1)];
    fmt::format_to(std::back_inserter(made.text),
                   "{} {} [{:03}] {:5}.{:06}:     250000 cpu-clock: \n", stack.sample->comm,
                   20000 + random() % 50, random() % 8, 12000 + made.samples / 8000,
                   made.samples % 8000 * 125);
    const std::vector<std::string>& frames = stack.sample->frames;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      std::string frame = i == stack.changed ? renamed(frames[i], stack.variant) : frames[i];
      if (i == 0) frame = hit_at(std::move(frame), random());
      made.text += frame;
      made.text += '\n';
    }
    made.text += '\n';
  }
  return made;
}

}  // namespace tidemark::bench
