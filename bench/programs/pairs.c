// Pairs of malloc and free, timed: what the allocator, and whatever stands before it, costs.
//
//   pairs pair|ring THREADS MILLISECONDS   waits for a line of input, then prints the nanoseconds
//   of
//                                          CPU time a pair, the median of many runs of them
//
// pair: frees what it has just got. ring: frees what it got 4,096 allocations ago. Sizes are 16 to
// 271 bytes, all equally often.

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kSlots = 4096, kPairsARun = 65536, kMaxRuns = 1 << 16, kMaxThreads = 64 };

static int is_ring;
static double milliseconds;

typedef struct {
  pthread_t thread;
  double nanoseconds;  // a pair
} Worker;

static double now(clockid_t clock) {
  struct timespec at;
  clock_gettime(clock, &at);
  return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static int by_value(const void* left, const void* right) {
  const double a = *(const double*)left, b = *(const double*)right;
  return (a > b) - (a < b);
}

static void run_pairs(uint32_t* random) {
  for (int i = 0; i < kPairsARun; ++i) {
    *random = *random * 1664525 + 1013904223;
    void* volatile block = malloc(16 + (*random >> 24));
    free(block);
  }
}

static void run_ring(uint32_t* random, void** slots) {
  for (int i = 0; i < kPairsARun; ++i) {
    *random = *random * 1664525 + 1013904223;
    const int at = i % kSlots;
    free(slots[at]);
    slots[at] = malloc(16 + (*random >> 24));
    *(volatile char*)slots[at] = 1;
  }
}

static void* work(void* argument) {
  Worker* worker = argument;
  void** slots = calloc(kSlots, sizeof(void*));
  double* runs = malloc(kMaxRuns * sizeof(double));
  uint32_t random = (uint32_t)(uintptr_t)worker;
  int count = 0;
  const double end = now(CLOCK_MONOTONIC) + milliseconds * 1e6;
  while (count < kMaxRuns && now(CLOCK_MONOTONIC) < end) {
    const double start = now(CLOCK_THREAD_CPUTIME_ID);
    if (is_ring) {
      run_ring(&random, slots);
    } else {
      run_pairs(&random);
    }
    runs[count++] = (now(CLOCK_THREAD_CPUTIME_ID) - start) / kPairsARun;
  }
  qsort(runs, (size_t)count, sizeof(double), by_value);
  worker->nanoseconds = runs[count / 2];
  return NULL;
}

int main(int count, char** words) {
  static Worker workers[kMaxThreads];
  if (count != 4 || atoi(words[2]) < 1 || atoi(words[2]) > kMaxThreads) {
    fprintf(stderr, "usage: pairs pair|ring THREADS MILLISECONDS\n");
    return 2;
  }
  is_ring = strcmp(words[1], "ring") == 0;
  const int threads = atoi(words[2]);
  milliseconds = atof(words[3]);
  getchar();
  for (int i = 0; i < threads; ++i)
    if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) return 1;
  double sum = 0;
  for (int i = 0; i < threads; ++i) {
    pthread_join(workers[i].thread, NULL);
    sum += workers[i].nanoseconds;
  }
  printf("%.4f\n", sum / threads);
  return 0;
}
