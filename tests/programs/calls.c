#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile unsigned long sink;
__attribute__((noinline)) void leaf(int n) {
  for (int i = 0; i < n * 1000; ++i) sink += (unsigned long)i;
}
__attribute__((noinline)) void middle(int n) {
  leaf(n);
  leaf(n / 2);
  sink++;
}
__attribute__((noinline)) void recurse(int depth) {
  if (depth > 0) {
    recurse(depth - 1);
    sink++;
  } else
    middle(2000);
}
__attribute__((noinline)) void faults(void) {
  char* p = mmap(0, 1 << 22, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 1 << 22; i += 4096) p[i] = 1;
  munmap(p, 1 << 22);
}
static void* worker(void* a) {
  (void)a;
  recurse(5);
  usleep(2000);
  return 0;
}
int main(void) {
  pthread_t t;
  pthread_create(&t, 0, worker, 0);
  recurse(10);
  faults();
  pid_t child = fork();
  if (child == 0) {
    middle(3000);
    _exit(0);
  }
  waitpid(child, 0, 0);
  usleep(3000);
  pthread_join(t, 0);
  return 0;
}
