// Ignores SIGTERM, SIGINT and SIGHUP, prints "ready" and waits: only SIGKILL ends it.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  signal(SIGTERM, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  puts("ready");
  fflush(stdout);
  for (;;) pause();
}
