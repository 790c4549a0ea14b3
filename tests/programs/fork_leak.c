// Forks without exec; the child leaks exactly 3 blocks of 100 bytes from f, the
// parent waits for it and leaks nothing. Both exit with 0.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void* f(void) { return malloc(100); }

__attribute__((noinline)) static void leak(void) {
  for (int i = 0; i < 3; ++i) {
    void* volatile lost = f();
    lost = NULL;
    (void)lost;
  }
}

int main(void) {
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    leak();
    return 0;
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 1;
  return status == 0 ? 0 : 1;
}
