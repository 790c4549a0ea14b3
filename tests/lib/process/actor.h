#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/process/command.h"
#include "lib/process/proc.h"
#include "lib/process/tree.h"
#include "tests/lib/scratch.h"

namespace tidemark {

// Waits for a condition; false when it does not come true in time.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds limit = std::chrono::seconds{10}) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::usleep(2000);
  }
  return true;
}

// Starts process_actor with a mark in its environment by which all of its
// processes are found, wherever they went.
class Troupe {
 public:
  Troupe() {
    static int number = 0;
    mark_ = "TIDEMARK_TROUPE=" + std::to_string(::getpid()) + "." + std::to_string(++number) + ";";
  }

  Command command(std::vector<std::string> role) const {
    const std::size_t equals = mark_.find('=');
    return {.arguments = std::move(role),
            .environment = {{mark_.substr(0, equals), mark_.substr(equals + 1)}}};
  }

  Command acting(std::vector<std::string> role) const {
    return command(role).under({std::string(TIDEMARK_BUILD) + "/tests/programs/process_actor"});
  }

  // The processes that play, zombies not counted.
  std::vector<pid_t> living() const {
    std::vector<pid_t> result;
    for (const ProcessStatus& status : all_processes()) {
      const auto environment = read_kernel_file("/proc/" + std::to_string(status.pid) + "/environ");
      if (environment && environment->find(mark_) != std::string::npos) {
        result.push_back(status.pid);
      }
    }
    return result;
  }

  bool grows_to(std::size_t count) const {
    return eventually([&] { return living().size() >= count; });
  }

 private:
  std::string mark_;
};

// Whether the test has no child left, zombies included.
inline bool childless() { return ::waitpid(-1, nullptr, WNOHANG) < 0; }

}  // namespace tidemark
