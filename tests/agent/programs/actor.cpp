// Allocates in the ways that a profiler inside a program must survive, and prints what is true
// of it: lines of "NAME NUMBER". The first argument says which way; see kActs.
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

// The compiler must not know what becomes of a block.
template <class T>
T* keep(T* block) {
  asm volatile("" : "+r"(block) : : "memory");
  return block;
}

void say(const char* name, std::size_t number) { std::printf("%s %zu\n", name, number); }

void require(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "actor: %s\n", what);
  std::exit(9);
}

[[gnu::noinline]] void* leak_here(std::size_t size) { return keep(std::malloc(size)); }

void leak(std::size_t blocks, std::size_t size) {
  for (std::size_t i = 0; i < blocks; ++i) {
    leak_here(size);
    std::free(keep(std::malloc(size)));
  }
  say("live_bytes", blocks * size);
  say("allocated_bytes", 2 * blocks * size);
}

// Sizes from 16 B to 64 MiB, in all ways to ask for them; a third lives on.
void mix(std::size_t seed, std::size_t rounds) {
  std::mt19937_64 random(seed);
  std::size_t allocated = 0;
  std::size_t live = 0;
  const auto count = [&](std::size_t size, bool stays) {
    allocated += size;
    live += stays ? size : 0;
  };
  for (std::size_t i = 0; i < rounds; ++i) {
    const std::size_t size = std::size_t{16} << random() % (i % 64 == 0 ? 19 : 10);
    const bool stays = i % 3 == 0;
    void* block = nullptr;
    switch (i % 5) {
      case 0:
        block = std::malloc(size);
        break;
      case 1:
        block = std::calloc(size / 8, 8);
        break;
      case 2:
        block = ::operator new(size);
        break;
      case 3:
        block = memalign(64, size);
        break;
      default:
        block = nullptr;
        for (std::size_t part = size / 16 + 1; part < size; part *= 2) {
          block = std::realloc(block, part);
          allocated += part;
        }
        block = std::realloc(block, size);
    }
    count(size, stays);
    require(keep(block) != nullptr, "no memory");
    if (stays) continue;
    if (i % 5 == 2)
      ::operator delete(block, size);
    else
      std::free(block);
  }
  say("live_bytes", live);
  say("allocated_bytes", allocated);
}

// One buffer that grows to 64 MiB.
void grow(std::size_t, std::size_t) {
  void* block = nullptr;
  std::size_t allocated = 0;
  std::size_t size = 16;
  for (; size <= std::size_t{64} << 20; size *= 2) {
    block = keep(std::realloc(block, size));
    std::memset(static_cast<char*>(block) + size / 2, 1, size / 2);
    allocated += size;
  }
  say("live_bytes", size / 2);
  say("allocated_bytes", allocated);
}

// With every block sampled: each way to allocate and free, of which nothing is left.
struct alignas(64) Wide {
  char bytes[64];
};

void every_form(std::size_t with_pvalloc, std::size_t) {
  const auto aligned = [](void* block, std::size_t to) {
    require(block != nullptr && reinterpret_cast<std::uintptr_t>(block) % to == 0, "alignment");
    std::memset(block, 0xee, 40);
    return keep(block);
  };
  for (int i = 0; i < 100; ++i) {
    errno = 77;
    std::free(aligned(std::malloc(40), 16));
    auto* zeros = static_cast<unsigned char*>(keep(std::calloc(5, 20)));
    require(std::all_of(zeros, zeros + 100, [](unsigned char byte) { return byte == 0; }),
            "calloc");
    std::free(zeros);
    std::free(aligned(memalign(256, 40), 256));
    std::free(aligned(std::aligned_alloc(8192, 8192), 8192));
    std::free(aligned(valloc(40), 4096));
    if (with_pvalloc != 0) std::free(aligned(pvalloc(40), 4096));  // jemalloc has none
    std::free(aligned(reallocarray(nullptr, 4, 10), 16));
    void* block = nullptr;
    require(posix_memalign(&block, 512, 40) == 0, "posix_memalign");
    std::free(aligned(block, 512));
    std::free(keep(strdup("a copy of some text that is not short")));
    require(errno == 77, "errno");
    delete[] keep(new char[40]);
    delete keep(new std::string("x"));
    delete keep(new Wide);
    delete[] keep(new Wide[3]);
    ::operator delete(aligned(::operator new(40, std::nothrow), 16), std::nothrow);
    ::operator delete[](aligned(::operator new[](40, std::nothrow), 16), std::nothrow);
    ::operator delete(aligned(::operator new(40, std::align_val_t(1024)), 1024),
                      std::align_val_t(1024));
    ::operator delete (aligned(::operator new(40, std::align_val_t(1024), std::nothrow), 1024),
                       std::size_t{40}, std::align_val_t(1024));
    ::operator delete (aligned(::operator new(40), 16), std::size_t{40});
    ::operator delete[](aligned(::operator new[](40), 16), std::size_t{40});
  }
  say("live_blocks", 0);
}

// With every block sampled: what realloc keeps, and what it takes away.
void resize(std::size_t, std::size_t) {
  char* block = static_cast<char*>(keep(std::malloc(1000)));
  std::memset(block, 'x', 1000);
  for (const std::size_t size : {2000, 200, 300000, 3000, 10'000'000, 500}) {
    block = static_cast<char*>(keep(std::realloc(block, size)));
    require(std::all_of(block, block + 200, [](char byte) { return byte == 'x'; }), "content");
  }
  errno = 0;
  char* same = keep(block);  // unknown to the compiler, which takes the block for gone
  asm volatile("" : "+r"(same));
  require(keep(std::realloc(block, SIZE_MAX / 4)) == nullptr && errno == ENOMEM, "failing realloc");
  require(same[199] == 'x', "content after a failing realloc");
  void* other = keep(std::malloc(64));
  other = keep(std::realloc(other, 0));
  require(other == nullptr, "realloc to 0");
  say("live_bytes", 500);
  say("live_blocks", 1);
}

// A large buffer grows by moving its pages: no page is read or written.
void grow_untouched(std::size_t, std::size_t) {
  void* block = keep(std::calloc(1, std::size_t{64} << 20));
  for (std::size_t size = std::size_t{128} << 20; size <= std::size_t{1} << 32; size *= 2)
    block = keep(std::realloc(block, size));
  struct mallinfo2 now = mallinfo2();
  require(now.hblkhd >= std::size_t{1} << 32, "not mapped");
  long pages = 0;
  FILE* statm = std::fopen("/proc/self/statm", "r");
  require(std::fscanf(statm, "%*d %ld", &pages) == 1, "statm");
  std::fclose(statm);
  say("resident_mib", static_cast<std::size_t>(pages) * 4096 >> 20);
}

std::atomic<int> ticks = 0;

void on_tick(int) {
  leak_here(100);
  ++ticks;
}

[[gnu::noinline]] double compute(double x) {
  for (int i = 0; i < 1000; ++i) x = x * 0.999 + 1;
  return x;
}

// A handler that allocates interrupts code that does not: that is what C allows, nearly.
void signals(std::size_t, std::size_t) {
  struct sigaction action {};
  action.sa_handler = on_tick;
  sigaction(SIGALRM, &action, nullptr);
  const itimerval often{{0, 100}, {0, 100}};
  setitimer(ITIMER_REAL, &often, nullptr);
  double x = 0;
  while (ticks < 2000) x = compute(x);
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  say("live_bytes", static_cast<std::size_t>(ticks) * 100 + (x == 0.5 ? 1 : 0));
}

void child_work() {
  for (int i = 0; i < 50; ++i) leak_here(1000);
  _exit(0);
}

void wait_for(pid_t child) {
  int status = 0;
  require(waitpid(child, &status, 0) == child && status == 0, "child");
}

// Children by fork, by _Fork and by the bare system call, and a child of a child.
void forks(std::size_t, std::size_t) {
  for (int i = 0; i < 10; ++i) leak_here(1000);
  void* mine = leak_here(500);
  if (const pid_t child = fork(); child != 0) {
    wait_for(child);
  } else {
    std::free(mine);
    child_work();
  }
  if (const pid_t child = _Fork(); child != 0)
    wait_for(child);
  else
    child_work();
  const long child = syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child != 0)
    wait_for(static_cast<pid_t>(child));
  else
    child_work();
  if (const pid_t parent = fork(); parent != 0) {
    wait_for(parent);
  } else {
    leak_here(1000);
    if (const pid_t last = fork(); last != 0)
      wait_for(last);
    else
      child_work();
    _exit(0);
  }
  say("live_bytes", 10 * 1000 + 500);
}

// A master that allocates next to nothing itself.
void workers(std::size_t, std::size_t) {
  for (int i = 0; i < 2; ++i) {
    if (const pid_t child = fork(); child != 0) {
      wait_for(child);
      continue;
    }
    for (int block = 0; block < 60000; ++block) leak_here(1000);
    _exit(0);
  }
}

// Children that become another program at once: their memory is the parent's until then.
void spawns(std::size_t, std::size_t) {
  char name[] = "/bin/true";
  char* arguments[] = {name, nullptr};
  char* nothing[] = {nullptr};
  for (int i = 0; i < 20; ++i) {
    pid_t child = 0;
    require(posix_spawn(&child, name, nullptr, nullptr, arguments, nothing) == 0, "spawn");
    wait_for(child);
    const pid_t other = vfork();
    if (other == 0) {
      execve(name, arguments, nothing);
      _exit(1);
    }
    wait_for(other);
    leak_here(1000);
  }
  say("live_bytes", 20 * 1000);
}

void libraries(std::size_t, std::size_t) {
  for (int i = 0; i < 100; ++i) {
    void* library = dlopen(PLUGIN, RTLD_NOW);
    require(library != nullptr, "dlopen");
    auto* allocate = reinterpret_cast<void* (*)(std::size_t)>(dlsym(library, "plugin_allocate"));
    require(allocate(1000) != nullptr, "plugin");
    dlclose(library);
  }
  say("live_bytes", 100 * 1000);
}

std::jmp_buf back;

void jumps(std::size_t, std::size_t) {
  volatile int jumped = 0;
  setjmp(back);
  leak_here(100);
  jumped = jumped + 1;
  if (jumped < 1000) std::longjmp(back, 1);
  say("live_bytes", 1000 * 100);
}

[[gnu::noinline]] void throw_deep(int depth) {
  const std::unique_ptr<std::string> held(new std::string(100, 'x'));
  if (depth == 0) throw std::runtime_error("a message that is long enough to be allocated");
  throw_deep(depth - 1);
}

void exceptions(std::size_t, std::size_t) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([] {
      for (int i = 0; i < 2000; ++i) {
        try {
          throw_deep(10);
        } catch (const std::runtime_error&) {
          continue;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // Through operator new of the agent.
  try {
    keep(::operator new(SIZE_MAX / 4));
    require(false, "no bad_alloc");
  } catch (const std::bad_alloc&) {
  }
  // The C++ library keeps some memory for exceptions of threads.
  say("live_bytes", 0);
}

ucontext_t main_context;
ucontext_t coroutine_context;

void coroutine() {
  for (;;) {
    leak_here(100);
    swapcontext(&coroutine_context, &main_context);
  }
}

void coroutines(std::size_t, std::size_t) {
  std::vector<char> stacks[3];
  for (std::vector<char>& stack : stacks) {
    stack.resize(1 << 16);
    getcontext(&coroutine_context);
    coroutine_context.uc_stack.ss_sp = stack.data();
    coroutine_context.uc_stack.ss_size = stack.size();
    makecontext(&coroutine_context, coroutine, 0);
    for (int i = 0; i < 500; ++i) swapcontext(&main_context, &coroutine_context);
  }
  say("coroutine_bytes", 3 * 500 * 100);
}

struct Late {
  ~Late() { leak_here(100); }
};

// 1,000 threads come and go; each allocates also when it ends, and main does after exit.
void threads(std::size_t, std::size_t) {
  for (int batch = 0; batch < 50; ++batch) {
    std::vector<std::thread> running;
    for (int i = 0; i < 20; ++i) {
      running.emplace_back([] {
        static thread_local Late late;
        keep(&late);
        for (int block = 0; block < 10; ++block) leak_here(100);
      });
    }
    for (std::thread& thread : running) thread.join();
  }
  say("live_bytes", 1000 * 11 * 100);
}

// What daemons do: the descriptors are closed and given to others, the environment is empty.
void daemon_like(std::size_t, std::size_t) {
  closefrom(3);
  clearenv();
  char pattern[] = "/tmp/actor-XXXXXX";
  const int file = mkstemp(pattern);
  int others[20];
  for (int& other : others) other = dup(file);
  for (int i = 0; i < 1000; ++i) leak_here(1000);
  require(lseek(file, 0, SEEK_END) == 0, "somebody wrote into my file");
  unlink(pattern);
  for (const int other : others) close(other);
  say("live_bytes", 1000 * 1000);
}

// Until it is killed.
void for_ever(std::size_t, std::size_t) {
  std::vector<std::thread> running;
  for (unsigned thread = 0; thread < 2; ++thread) {
    running.emplace_back([thread] {
      std::mt19937 random(thread);
      std::vector<void*> blocks(1000);
      for (;;) {
        void*& block = blocks[random() % blocks.size()];
        std::free(block);
        block = keep(std::malloc(random() % 4000));
      }
    });
  }
  for (std::thread& thread : running) thread.join();
}

struct Act {
  const char* name;
  void (*play)(std::size_t, std::size_t);
};
constexpr Act kActs[] = {{"leak", leak},
                         {"mix", mix},
                         {"grow", grow},
                         {"every_form", every_form},
                         {"resize", resize},
                         {"grow_untouched", grow_untouched},
                         {"signals", signals},
                         {"forks", forks},
                         {"workers", workers},
                         {"spawns", spawns},
                         {"libraries", libraries},
                         {"jumps", jumps},
                         {"exceptions", exceptions},
                         {"coroutines", coroutines},
                         {"threads", threads},
                         {"daemon_like", daemon_like},
                         {"for_ever", for_ever}};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::size_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  const std::size_t second = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0;
  static char output[1 << 12];
  std::setvbuf(stdout, output, _IOFBF, sizeof output);
  for (const Act& act : kActs) {
    if (std::strcmp(act.name, argv[1]) != 0) continue;
    act.play(first, second);
    return 0;
  }
  return 2;
}
