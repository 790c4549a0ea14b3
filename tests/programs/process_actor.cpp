// Plays the awkward programs that lib/process must cope with, one a role:
//
//   process_actor ROLE [ARGUMENT]...
//
//   exit CODE              ends with it
//   crash                  ends by SIGSEGV
//   sleep                  ends by any signal, never by itself
//   stubborn               ignores SIGTERM, SIGINT and SIGHUP
//   polite CODE            ends with it on SIGTERM
//   daemon ROLE...         forks twice with setsid between, so that the root ends with 0 and
//                          ROLE goes on without a parent
//   family N ROLE...       forks N children, each with a child of its own, all playing ROLE;
//                          stays with them
//   abandon CODE ROLE...   forks a child playing ROLE and ends with CODE
//   bomb N                 children that fork a successor and end, N alive at a time, for ever
//   zombie                 has a child that has ended and does not wait for it
//   flood BYTES            writes them to both standard output and standard error, by turns
//   files                  prints its open file descriptors
//   state                  prints session, signal mask, ignored signals, limit of files, argv[0]
//   listen tcp|unix WHERE  listens there and says so

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

const char* own_name = "";

[[noreturn]] void sleep_for_ever() {
  while (true) ::pause();
}

void ignore(int signal) { std::signal(signal, SIG_IGN); }

int polite_code = 0;
void leave(int) { ::_exit(polite_code); }

int play(char** role);

int daemon(char** role) {
  if (::fork() != 0) return 0;
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  return play(role);
}

int family(int members, char** role) {
  for (int i = 0; i < members; ++i) {
    if (::fork() != 0) continue;
    ::fork();
    return play(role);
  }
  return play(role);
}

int bomb(int lanes) {
  for (int i = 0; i < lanes; ++i) {
    if (::fork() != 0) continue;
    while (::fork() == 0) ::usleep(500);  // the successor goes on, the forker ends
    ::_exit(0);
  }
  sleep_for_ever();
}

int flood(long bytes) {
  const std::string block(1000, 'x');
  for (long written = 0; written < bytes; written += 1000) {
    for (const int fd : {1, 2}) {
      if (::write(fd, block.data(), block.size()) < 0) return 1;
    }
  }
  return 0;
}

int print_files() {
  DIR* const directory = ::opendir("/proc/self/fd");
  while (const dirent* const entry = ::readdir(directory)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != ::dirfd(directory)) std::printf("%d\n", fd);
  }
  ::closedir(directory);
  return 0;
}

int print_state() {
  sigset_t mask;
  ::sigprocmask(SIG_SETMASK, nullptr, &mask);
  int blocked = 0;
  int ignored = 0;
  for (int signal = 1; signal < 32; ++signal) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    ignored += action.sa_handler == SIG_IGN ? 1 : 0;
    blocked += ::sigismember(&mask, signal) == 1 ? 1 : 0;
  }
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  std::printf("leads session %d, blocked %d, ignored %d, files %lu, name %s\n",
              ::getsid(0) == ::getpid() ? 1 : 0, blocked, ignored,
              static_cast<unsigned long>(files.rlim_cur), own_name);
  return 0;
}

int listen_at(std::string_view family, const char* where) {
  int fd = -1;
  int bound = -1;
  if (family == "tcp") {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    address.sin_port = ::htons(static_cast<std::uint16_t>(std::atoi(where)));
    fd = ::socket(AF_INET, SOCK_STREAM, 0);
    bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, where, sizeof address.sun_path - 1);
    fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  if (bound != 0 || ::listen(fd, 8) != 0) {
    std::perror("listen");
    return 1;
  }
  std::puts("listening");
  std::fflush(stdout);
  sleep_for_ever();
}

int play(char** role) {
  const std::string_view name = role[0];
  if (name == "exit") return std::atoi(role[1]);
  if (name == "crash") std::raise(SIGSEGV);
  if (name == "sleep") sleep_for_ever();
  if (name == "stubborn") {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ignore(signal);
    sleep_for_ever();
  }
  if (name == "polite") {
    polite_code = std::atoi(role[1]);
    std::signal(SIGTERM, leave);
    sleep_for_ever();
  }
  if (name == "daemon") return daemon(role + 1);
  if (name == "family") return family(std::atoi(role[1]), role + 2);
  if (name == "abandon") {
    if (::fork() == 0) return play(role + 2);
    return std::atoi(role[1]);
  }
  if (name == "bomb") return bomb(std::atoi(role[1]));
  if (name == "zombie") {
    if (::fork() == 0) return 0;
    sleep_for_ever();
  }
  if (name == "flood") return flood(std::atol(role[1]));
  if (name == "files") return print_files();
  if (name == "state") return print_state();
  if (name == "listen") return listen_at(role[1], role[2]);
  std::fprintf(stderr, "no role '%s'\n", role[0]);
  return 99;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 99;
  own_name = argv[0];
  return play(argv + 1);
}
