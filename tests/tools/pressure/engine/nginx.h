#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "lib/http/client.h"
#include "tests/lib/scratch.h"

namespace tidemark::pressure {

// A port of 127.0.0.1 that nobody listens on.
inline std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

// The real server in one process, which answers everything with 600 bytes. `more` goes
// into its server block.
class Nginx {
 public:
  explicit Nginx(std::string_view more = "") : port_(free_port()) {
    std::ofstream(scratch_.path / "nginx.conf") << fmt::format(
        R"(daemon off; master_process off; pid {0}/pid; error_log {0}/error.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;
 client_body_temp_path {0}/1; proxy_temp_path {0}/2; fastcgi_temp_path {0}/3;
 uwsgi_temp_path {0}/4; scgi_temp_path {0}/5;
 server {{ listen 127.0.0.1:{1}; listen unix:{0}/socket; {3}
  location / {{ return 200 "{2}"; default_type text/plain; }} }} }})",
        scratch_.path.string(), port_, std::string(600, 'x'), more);
    pid_ = fork();
    if (pid_ == 0) {
      const std::string conf = scratch_.path / "nginx.conf";
      const std::string log = scratch_.path / "error.log";
      execlp("nginx", "nginx", "-e", log.c_str(), "-c", conf.c_str(), nullptr);
      _exit(127);
    }
    wait_until_ready();
  }
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;
  ~Nginx() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  pid_t pid() const { return pid_; }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
  std::string socket_url() const {
    return fmt::format("http://unix:{}/socket:", scratch_.path.string());
  }

 private:
  void wait_until_ready() const {
    for (int i = 0; i < 1000; ++i) {
      try {
        http::get(http::parse_url(url(), "nginx"));
        return;
      } catch (const std::exception&) {
        if (waitpid(pid_, nullptr, WNOHANG) == pid_) throw std::runtime_error("nginx has ended");
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
    throw std::runtime_error("nginx is not ready after 10 s");
  }

  Scratch scratch_;
  std::uint16_t port_;
  pid_t pid_ = -1;
};

}  // namespace tidemark::pressure
