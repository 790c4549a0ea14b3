// Says that it starts, then waits for a signal: a service that never listens.
#include <stdio.h>
#include <unistd.h>

int main(void) {
  puts("starting");
  fflush(stdout);
  for (;;) pause();
}
