#include "tools/pressure/files/work.h"

#include <fmt/format.h>

#include <cstring>
#include <ctime>

namespace tidemark::pressure {

Time clock_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

void FileWork::count(std::string_view what, Time from, int problem) {
  const LabelId label = tally->label(fmt::format("{}.{}", name, what));
  const Time now = clock_now();
  if (problem == 0) return tally->measured(label, now - from);
  tally->failed(label, {.intended = from, .sent = from, .done = now}, load::Failure::kStorage);
  note(fmt::format("{}: {}", what, std::strerror(problem)));
}

void FileWork::note(std::string_view text) {
  if (trouble.empty()) trouble = fmt::format("{}: {}", name, text);
}

Time FileWork::pause(load::Random& random) const {
  const Time low = every.low.count();
  const Time more = every.high.count() - low;
  return clock_now() + low +
         (more > 0 ? static_cast<Time>(random.below(static_cast<std::uint64_t>(more))) : 0);
}

std::string some_text(std::size_t bytes, load::Random& random) {
  std::string text;
  text.reserve(bytes + 64);
  while (text.size() < bytes) {
    const std::uint64_t bits = random.next();
    text += fmt::format("line {:04x} of {:x}: {:x}\n", bits & 0xffffU, (bits >> 16U) & 0xffffU,
                        bits >> 32U);
  }
  return text;
}

}  // namespace tidemark::pressure
