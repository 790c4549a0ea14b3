#include <stddef.h>
#include <stdio.h>
#include <string.h>

// A program with an allocator of its own, as some databases are.
static char memory[1 << 24];
static size_t used;

void* malloc(size_t size) {
  void* block = memory + used;
  used += (size + 31) / 16 * 16;
  return used <= sizeof memory ? block : NULL;
}
void free(void* block) { (void)block; }
void* calloc(size_t count, size_t size) {
  void* block = malloc(count * size);
  return block == NULL ? NULL : memset(block, 0, count * size);
}
void* realloc(void* block, size_t size) {
  void* moved = malloc(size);
  if (moved != NULL && block != NULL) memcpy(moved, block, size);
  return moved;
}

int main(void) {
  for (int i = 0; i < 1000; ++i)
    if (malloc(1000) == NULL) return 1;
  puts("done 1");
  return 0;
}
