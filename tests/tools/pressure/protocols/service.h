#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "lib/base/file.h"
#include "lib/process/ready.h"
#include "lib/process/tree.h"
#include "tests/lib/scratch.h"

namespace tidemark {

// A TCP port of loopback that was free a moment ago.
inline std::uint16_t free_port() {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in place{.sin_family = AF_INET};
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof place;
  ::bind(socket.get(), reinterpret_cast<sockaddr*>(&place), size);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&place), &size);
  return ntohs(place.sin_port);
}

// A real server on a free port, in a directory of its own; it ends with this object.
// REQUIRES: there is one thread when it is started.
class Service {
 public:
  static Service redis(std::vector<std::string> more = {}) {
    Service service;
    std::vector<std::string> words = {"redis-server",
                                      "--port",
                                      service.port_text(),
                                      "--bind",
                                      "127.0.0.1",
                                      "--dir",
                                      service.directory(),
                                      "--save",
                                      "",
                                      "--unixsocket",
                                      service.directory() + "/s"};
    words.insert(words.end(), more.begin(), more.end());
    service.start({.arguments = std::move(words)}, "tcp:" + service.port_text());
    return service;
  }

  // `server` is what stands in its block, after "listen 127.0.0.1:PORT".
  static Service nginx(const std::string& listen, const std::string& server) {
    Service service;
    const std::string& d = service.directory();
    write_file(d + "/nginx.conf",
               "daemon off; master_process off; pid " + d + "/pid; error_log " + d +
                   "/errors;\nevents { worker_connections 1024; }\nhttp { access_log off;" +
                   "client_body_temp_path " + d + "/b; proxy_temp_path " + d +
                   "/p; fastcgi_temp_path " + d + "/f; uwsgi_temp_path " + d +
                   "/u; scgi_temp_path " + d + "/s;\nserver { listen 127.0.0.1:" +
                   service.port_text() + " " + listen + "; " + server + " } }\n");
    service.start({.arguments = {"/usr/sbin/nginx", "-c", d + "/nginx.conf"}},
                  "tcp:" + service.port_text());
    return service;
  }

  static Service postgres() {
    Service service;
    const std::string bin = "/usr/lib/postgresql/15/bin/";
    const std::string data = service.directory() + "/data";
    const passwd* user = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
    if (user != nullptr && ::chown(service.directory().c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("chown");
    }
    const auto as_user = [&](std::vector<std::string> words) -> Command {
      const Command command{.arguments = std::move(words),
                            .environment = {{"LC_ALL", "C"}},
                            .directory = service.directory()};
      return user == nullptr ? command
                             : command.under({"setpriv", "--reuid=postgres", "--regid=postgres",
                                              "--clear-groups"});
    };
    const Finished made = run_to_end(
        as_user({bin + "initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-D", data}),
        std::chrono::minutes(1));
    if (made.end.kind != EndKind::kExited || made.end.code != 0) {
      throw std::runtime_error("initdb: " + made.errors);
    }
    service.stop_signal_ = SIGINT;
    service.start(as_user({bin + "postgres", "-D", data, "-h", "127.0.0.1", "-p",
                           service.port_text(), "-k", service.directory(), "-F"}),
                  "command:" + bin + "pg_isready -q -h 127.0.0.1 -p " + service.port_text());
    return service;
  }

  static Service of(const std::vector<std::string>& before_port,
                    const std::vector<std::string>& after_port) {
    Service service;
    std::vector<std::string> words = before_port;
    words.push_back(service.port_text());
    words.insert(words.end(), after_port.begin(), after_port.end());
    service.start({.arguments = std::move(words)}, "tcp:" + service.port_text());
    return service;
  }

  std::string port_text() const { return std::to_string(port_); }
  const std::string& directory() const { return directory_; }
  Tree& tree() { return trees_.front(); }

  // Ends it; restart() brings it back on the same port.
  void stop() {
    tree().stop({.signal = stop_signal_, .grace = std::chrono::seconds(10), .at_once = {}});
    trees_.clear();
  }
  void restart() { start(command_, ready_); }

 private:
  Service()
      : scratch_(std::make_unique<Scratch>()), directory_(scratch_->path), port_(free_port()) {
    std::filesystem::permissions(
        directory_, std::filesystem::perms::others_exec | std::filesystem::perms::others_read,
        std::filesystem::perm_options::add);
  }

  void start(const Command& command, const std::string& ready) {
    command_ = command;
    ready_ = ready;
    const TreeOptions options{.output = directory_ + "/output", .errors = directory_ + "/output"};
    trees_.push_back(Tree::start(command, options));
    ReadyProbe probe(parse_readiness(ready), options);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!probe.is_ready(tree())) {
      if (std::chrono::steady_clock::now() > deadline || tree().ended()) {
        throw std::runtime_error(command.arguments.front() + ": " + probe.seen() + "\n" +
                                 std::string(read_file(directory_ + "/output").bytes()));
      }
      ::usleep(5000);
    }
  }

  std::unique_ptr<Scratch> scratch_;
  std::string directory_;
  std::uint16_t port_ = 0;
  int stop_signal_ = SIGTERM;
  Command command_;
  std::string ready_;
  std::vector<Tree> trees_;  // none or one
};

}  // namespace tidemark
