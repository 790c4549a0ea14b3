// Says why on standard error and exits with 3 at once: a service that cannot start.
#include <stdio.h>

int main(void) {
  fputs("cannot read the configuration\n", stderr);
  return 3;
}
