#include <stdio.h>
#include <stdlib.h>

// Linked statically: nothing can be preloaded into it.
int main(void) {
  for (int i = 0; i < 1000; ++i) {
    void* volatile block = malloc(1000);
    if (block == NULL) return 1;
  }
  puts("done 1");
  return 0;
}
