// A library that tests load into a process that runs: it tells what it was asked and where.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int calls;

// Appends a line to the file `argument` names; how often it was called so far.
long guest_write(const char* argument) {
  char line[64];
  const int saved = errno;
  const int length = snprintf(line, sizeof line, "call %d\n", ++calls);
  const int file = open(argument, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return -1;
  const long written = write(file, line, (size_t)length);
  close(file);
  errno = saved;
  return written == length ? calls : -1;
}

// Computes for a third of a second, allocates, and spoils what registers it can.
long guest_slow(const char* argument) {
  struct timespec begin;
  struct timespec now;
  char* const copy = strdup(argument);
  __asm__ volatile(
      "vpcmpeqd %%ymm0, %%ymm0, %%ymm0\n vmovdqa %%ymm0, %%ymm7\n vmovdqa %%ymm0, %%ymm15\n" ::
          : "xmm0", "xmm7", "xmm15");
  clock_gettime(CLOCK_MONOTONIC, &begin);
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while ((now.tv_sec - begin.tv_sec) * 1000000000L + now.tv_nsec - begin.tv_nsec < 333000000);
  free(copy);
  return 42;
}

// Keeps 1000 bytes.
void* volatile guest_kept;
void guest_keep(void) { guest_kept = malloc(1000); }
