// Three threads; each leaks exactly 1 block of 100 bytes from f.
#include <pthread.h>
#include <stdlib.h>

__attribute__((noinline)) static void* f(void) { return malloc(100); }

static void* work(void* unused) {
  (void)unused;
  void* volatile lost = f();
  lost = NULL;
  (void)lost;
  return NULL;
}

int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) {
    if (pthread_create(&threads[i], NULL, work, NULL) != 0) return 1;
  }
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], NULL);
  return 0;
}
