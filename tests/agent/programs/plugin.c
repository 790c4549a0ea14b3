#include <stdlib.h>

// What a program loads, uses and unloads again.
void* plugin_allocate(size_t size) {
  void* volatile block = malloc(size);
  return block;
}
