// Allocates at two sites, three bytes at one for each byte at the other, by several functions of
// the allocator, until it is ended; and checks what it holds.
//
//   two_sites [PAUSE]   microseconds between two rounds of 200 calls; 0: none
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((noinline)) static char* large(void) { return malloc(300); }

__attribute__((noinline)) static char* small(void) { return calloc(4, 25); }

static void round_of(unsigned char mark) {
  for (int i = 0; i < 100; ++i) {
    char* const a = large();
    char* const b = small();
    if (a == 0 || b == 0 || b[99] != 0) abort();
    memset(a, mark, 300);
    memset(b, mark, 100);
    if ((unsigned char)a[299] != mark || (unsigned char)b[0] != mark) abort();
    free(a);
    free(b);
  }
}

int main(int argc, char** argv) {
  const unsigned pause_us = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
  printf("ready\n");
  fflush(stdout);
  for (unsigned turn = 0;; ++turn) {
    round_of((unsigned char)turn);
    if (pause_us != 0) usleep(pause_us);
    if (turn % 1000 == 999) {
      printf("turn %u\n", turn);
      fflush(stdout);
    }
  }
}
