// Leaks 1 block of 100 bytes, says so, and dies of SIGSEGV in `crash`.
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static void* f(void) { return malloc(100); }

__attribute__((noinline)) static void crash(volatile int* nowhere) { *nowhere = 1; }

int main(void) {
  void* volatile lost = f();
  lost = NULL;
  (void)lost;
  fputs("about to crash\n", stderr);
  crash(NULL);
  return 0;
}
