/* A program whose every instruction a test looks at: calls of each kind that make it
   hard to find the caller. Prints "unwound" when it went all the way. */
#define _GNU_SOURCE
#include <alloca.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __clang__
#define OWN_FRAME __attribute__((noinline))
#else
#define OWN_FRAME __attribute__((noinline, noclone))
#endif

static volatile int sink;
static jmp_buf back;

OWN_FRAME static int leaf(int n) { return n * 3 + sink; }

/* The stack pointer moves by a number that only the run knows. */
OWN_FRAME static int with_alloca(int n) {
  volatile char* bytes = alloca((size_t)n * 24);
  bytes[n] = (char)n;
  return leaf(n) + bytes[n];
}

/* The stack is realigned: the frame address comes from an expression. */
OWN_FRAME static int realigned(int n) {
  volatile double lanes[8] __attribute__((aligned(64))) = {0};
  lanes[n & 7] = n;
  return with_alloca(n & 15) + (int)lanes[n & 7] + leaf(n);
}

/* Uses every register that a callee must keep. */
OWN_FRAME static int busy(int a, int b, int c, int d, int e, int f) {
  int sum = 0;
  for (int i = 0; i < 2; ++i) sum += leaf(a + i) * b + leaf(c) * d + leaf(e + sum) * f;
  return sum + a + b + c + d + e + f;
}

OWN_FRAME static int tail(int n) { return busy(n, 1, 2, 3, 4, 5); }

OWN_FRAME static int recursive(int n) { return n == 0 ? tail(n) : recursive(n - 1) + leaf(n); }

OWN_FRAME static int variadic(int count, ...) {
  va_list list;
  va_start(list, count);
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += leaf(va_arg(list, int));
  va_end(list);
  return sum;
}

static int by_value(const void* a, const void* b) { return leaf(*(const int*)a - *(const int*)b); }

static void on_signal(int number) { sink = recursive(number & 3); }

OWN_FRAME static void jump_out(int n) {
  if (n == 0) longjmp(back, 1);
  jump_out(n - 1);
  sink = n;
}

int main(void) {
  int numbers[] = {3, 1, 2};
  char text[64];
  struct timespec now;
  sink = realigned(5) + tail(1) + recursive(6) + variadic(3, 1, 2, 3);
  qsort(numbers, 3, sizeof numbers[0], by_value);
  snprintf(text, sizeof text, "%d %s %.3f", numbers[0], "text", 1.5);
  sink = (int)strlen(text);
  clock_gettime(CLOCK_MONOTONIC, &now);
  signal(SIGUSR1, on_signal);
  raise(SIGUSR1);
  if (setjmp(back) == 0) jump_out(3);
  free(strdup(text));
  if (vfork() == 0) _exit(0);
  puts("unwound");
  return 0;
}
