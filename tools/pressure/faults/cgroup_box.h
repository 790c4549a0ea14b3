#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/process/custodian.h"

namespace tidemark::pressure {

struct CgroupLimits {
  std::int64_t memory_bytes = 0;
  double cpus = 1;  // of CPU time per second
};

// A control group of our own, below the one that we are in, with limits on memory and CPU:
// one directory with version 2, one for each of the two controllers with version 1. What
// runs in it is killed, and it is removed, when its owner goes or we are killed.
class CgroupBox {
 public:
  // Why there can be none here; empty: there can. Makes one and removes it.
  static std::string cannot();

  // Throws Error.
  CgroupBox(Custodian& custodian, const CgroupLimits& limits);
  CgroupBox(const CgroupBox&) = delete;
  CgroupBox& operator=(const CgroupBox&) = delete;
  ~CgroupBox() { remove(); }

  // What went wrong, or nothing.
  std::string remove();

  // For TreeOptions::cgroups.
  const std::vector<std::filesystem::path>& directories() const { return directories_; }

  // Of what runs in it.
  std::int64_t memory_used() const;

 private:
  void make(const std::filesystem::path& parent);
  Custodian& custodian_;
  std::vector<Custodian::Id> debts_;
  std::vector<std::filesystem::path> directories_;
  std::filesystem::path usage_;
};

}  // namespace tidemark::pressure
