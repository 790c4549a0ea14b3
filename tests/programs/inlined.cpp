// For the symbolizer's tests: calls that are inlined into each other, built
// with -O2 -g. Keep the lines: the tests name 12, 17 and 21.

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace sample {

inline __attribute__((always_inline)) int innermost(int value) {
  volatile int kept = value * 3;
  return kept;
}

template <typename T>
inline __attribute__((always_inline)) int middle(T value) {
  return innermost(static_cast<int>(value)) + 1;
}

struct Widget {
  __attribute__((noinline)) int turn(int by) const { return middle<long>(by) + 2; }
};

__attribute__((noinline)) std::vector<int> collect(int count) {
  std::vector<int> all;
  for (int i = 0; i < count; ++i) {
    if (i % 3 == 0) all.push_back(middle(i));
  }
  const auto add = [&](int value) { all.push_back(innermost(value)); };
  add(count);
  return all;
}

}  // namespace sample

extern "C" __attribute__((noinline)) int plain_c(int value) {
  std::printf("%d\n", value);
  return value + 1;
}

int main(int argc, char**) {
  const sample::Widget widget;
  return plain_c(widget.turn(argc)) + static_cast<int>(sample::collect(argc).size()) == -1;
}
