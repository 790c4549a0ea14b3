// Leaks exactly 3 blocks of 100 bytes, all from f, and exits with 0. Prints nothing.
#include <stdlib.h>

__attribute__((noinline)) static void* f(void) { return malloc(100); }

__attribute__((noinline)) static void leak(void) {
  for (int i = 0; i < 3; ++i) {
    void* volatile lost = f();
    lost = NULL;
    (void)lost;
  }
}

int main(void) {
  leak();
  return 0;
}
