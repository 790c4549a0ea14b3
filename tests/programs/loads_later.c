// Waits for SIGUSR1, then loads a library by a name that only this program's own RUNPATH leads
// to, and keeps 20000 blocks of 1000 bytes in it.
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  int signal = 0;
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGUSR1);
  sigprocmask(SIG_BLOCK, &wanted, 0);
  printf("waiting\n");
  fflush(stdout);
  sigwait(&wanted, &signal);
  void* const library = dlopen("libguest_library.so", RTLD_NOW);
  if (library == 0) {
    printf("%s\n", dlerror());
    return 1;
  }
  void (*const keep)(void) = (void (*)(void))dlsym(library, "guest_keep");
  for (int i = 0; i < 20000; ++i) keep();
  printf("kept\n");
  fflush(stdout);
  sigwait(&wanted, &signal);
  return 0;
}
