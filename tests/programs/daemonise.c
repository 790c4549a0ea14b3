// Becomes a daemon by forking twice in a session of its own, leaks 1 block of 100
// bytes from f there, says "leaked", and waits for a signal; the first process exits with 0.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t asked;

static void ask(int signal) { asked = signal; }

__attribute__((noinline)) static void* f(void) { return malloc(100); }

int main(void) {
  if (fork() != 0) return 0;
  setsid();
  if (fork() != 0) _exit(0);
  sigset_t term;
  sigset_t before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, &before);
  signal(SIGTERM, ask);
  void* volatile lost = f();
  lost = NULL;
  (void)lost;
  if (write(STDOUT_FILENO, "leaked\n", 7) != 7) return 1;
  while (asked == 0) sigsuspend(&before);
  return 0;
}
