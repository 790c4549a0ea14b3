/* Leaks known numbers of bytes in three functions, in blocks of different sizes, while most of
 * what it allocates is freed at once:
 *
 *   keep_small   20000 blocks of 100 bytes
 *   keep_large     500 blocks of 4096 bytes
 *   keep_mixed    3000 blocks of 16 to 3015 bytes
 *
 * With an argument it says "ready" and goes on to allocate and free until a signal ends it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void* volatile lost;

static void __attribute__((noinline)) keep_small(void) { lost = malloc(100); }
static void __attribute__((noinline)) keep_large(void) { lost = malloc(4096); }
static void __attribute__((noinline)) keep_mixed(size_t size) { lost = malloc(size); }

static void __attribute__((noinline)) churn(void) {
  lost = malloc(64);
  free(lost);
  free(NULL); /* as many programs do */
}

int main(int argc, char** argv) {
  (void)argv;
  for (size_t i = 0; i < 20000; ++i) {
    keep_small();
    churn();
    if (i % 40 == 0) keep_large();
    if (i < 3000) keep_mixed(16 + i);
    churn();
  }
  lost = NULL;
  if (argc < 2) return 0;
  puts("ready");
  fflush(stdout);
  for (;;) {
    for (int i = 0; i < 20000; ++i) churn();
    usleep(1000);
  }
}
