// A program that tests load a library into. It checks that nothing of its own state changes.
//
//   hosted sleep         sleeps for 1.2 s in one call, says how long it took and whether the
//                        call failed; again and again
//   hosted read          waits for a byte that never comes
//   hosted compute       never calls the kernel; checks its registers, all vectors included
//   hosted threads       eight threads that compute, one that waits
//   hosted filter        waits behind a seccomp filter
//   hosted signals       is interrupted by a timer 1000 times a second, and counts; allocates, and
//                        loses one block in eight
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void sleeping(void) {
  for (;;) {
    const struct timespec wanted = {1, 200000000};
    struct timespec left = {0, 0};
    const double begin = now();
    const int result = nanosleep(&wanted, &left);
    printf("slept %.1f %s\n", now() - begin, result == 0 ? "whole" : strerror(errno));
    fflush(stdout);
  }
}

static void reading(void) {
  char byte = 0;
  int ends[2];
  if (pipe(ends) != 0) abort();
  const ssize_t got = read(ends[0], &byte, 1);
  printf("read %zd %s\n", got, got < 0 ? strerror(errno) : "");
  fflush(stdout);
}

// A filter that allows everything: what matters is that there is one.
static void filtered(void) {
  struct sock_filter allow[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  const struct sock_fprog program = {1, allow};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) abort();
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) abort();
  printf("filtered\n");
  fflush(stdout);
  for (;;) pause();
}

// Fills registers, waits in a loop without a call, and looks at them: all in one piece of
// assembly, so that no compiler is between.
__attribute__((noinline)) static int rounds(const unsigned char* pattern, unsigned char* after,
                                            uint64_t times) {
  uint64_t general = 0x1122334455667788;
  int flags = 0;
  __asm__ volatile(
      "vmovdqu (%[pattern]), %%ymm0\n vmovdqu 32(%[pattern]), %%ymm7\n"
      "vmovdqu 64(%[pattern]), %%ymm15\n"
      "mov %[general], %%r8\n mov %[general], %%r11\n mov %[general], %%r15\n"
      "1: sub $1, %[times]\n jnz 1b\n"
      "vmovdqu %%ymm0, (%[after])\n vmovdqu %%ymm7, 32(%[after])\n"
      "vmovdqu %%ymm15, 64(%[after])\n"
      "xor %[flags], %[flags]\n"
      "cmp %[general], %%r8\n jne 2f\n cmp %[general], %%r11\n jne 2f\n"
      "cmp %[general], %%r15\n jne 2f\n jmp 3f\n"
      "2: mov $1, %[flags]\n 3:\n"
      : [times] "+r"(times), [flags] "=&r"(flags)
      : [pattern] "r"(pattern), [after] "r"(after), [general] "r"(general)
      : "xmm0", "xmm7", "xmm15", "r8", "r11", "r15", "memory", "cc");
  return flags;
}

static void* computing(void* unused) {
  unsigned char pattern[96];
  unsigned char after[96];
  (void)unused;
  for (int i = 0; i < 96; ++i) pattern[i] = (unsigned char)(i * 7 + 3);
  for (unsigned long turn = 0;; ++turn) {
    memset(after, 0, sizeof after);
    if (rounds(pattern, after, 50000000) != 0 || memcmp(pattern, after, sizeof after) != 0) {
      static const char kChanged[] = "a register changed\n";
      if (write(1, kChanged, sizeof kChanged - 1) < 0) abort();
      abort();
    }
    if (turn == 600) exit(0);  // ten seconds and more
  }
}

static volatile sig_atomic_t ticks;
static void tick(int signal) {
  (void)signal;
  ++ticks;
}

static void signalled(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = tick;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, 0);
  const struct itimerval every = {{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &every, 0);
  const double begin = now();
  int turn = 0;
  while (now() - begin < 3) {
    static void* volatile block;
    block = malloc(1000);
    usleep(100);
    if (++turn % 8 != 0) free(block);
  }
  printf("ticks %d\n", (int)ticks);
  fflush(stdout);
}

int main(int argc, char** argv) {
  const char* const what = argc > 1 ? argv[1] : "";
  printf("ready\n");
  fflush(stdout);
  if (strcmp(what, "sleep") == 0) sleeping();
  if (strcmp(what, "read") == 0) reading();
  if (strcmp(what, "filter") == 0) filtered();
  if (strcmp(what, "compute") == 0) computing(0);
  if (strcmp(what, "signals") == 0) signalled();
  if (strcmp(what, "threads") == 0) {
    pthread_t thread;
    for (int i = 0; i < 8; ++i) pthread_create(&thread, 0, computing, 0);
    printf("waiting\n");
    fflush(stdout);
    for (;;) pause();
  }
  return 0;
}
