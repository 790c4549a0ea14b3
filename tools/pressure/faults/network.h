#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lib/load/scenario.h"

namespace tidemark::pressure {

// Namespaces of our own, for faults of the network: what pressure and the target that it
// launches see, and nobody else.
//
// For "delay" and "loss" it is a network with nothing but a loopback, which tc's netem
// slows down; a target in it reaches nothing outside, and nobody outside reaches it. For
// "dns" it is a /etc/resolv.conf of our own. All of it is gone, by the kernel's doing, with
// the last process in it.
class NetworkBox {
 public:
  struct Needs {
    bool network = false;
    bool resolver = false;
  };

  // Enters them, for good: this process and all that it starts from now on. `directory`
  // holds what is seen as resolv.conf. Throws Error. REQUIRES: the calling process has one
  // thread, and what is to serve people outside (metrics) listens already.
  NetworkBox(Needs needs, const std::filesystem::path& directory);

  // A round trip takes `delay` longer; each packet is lost with the probability `loss`.
  // Throws Error.
  void set(load::Duration delay, double loss);
  load::Duration delay() const { return delay_; }
  double loss() const { return loss_; }

  // While `broken`, no name is found but those in /etc/hosts. Throws Error.
  void break_names(bool broken);

 private:
  std::filesystem::path resolver_;  // our own file; empty: none
  std::string answers_;             // what is in it while names are found
  load::Duration delay_{0};
  double loss_ = 0;
};

// The arguments of tc that make it so.
std::vector<std::string> netem(load::Duration delay, double loss);

}  // namespace tidemark::pressure
