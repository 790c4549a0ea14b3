// Two threads add to `counter` without a lock: one data race.
#include <pthread.h>
#include <stddef.h>

static int counter;

static void* add(void* unused) {
  (void)unused;
  for (int i = 0; i < 1000; ++i) ++counter;
  return NULL;
}

int main(void) {
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) {
    if (pthread_create(&threads[i], NULL, add, NULL) != 0) return 1;
  }
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  return 0;
}
