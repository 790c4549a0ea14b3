#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tidemark {

// A directory for one test.
class Scratch {
 public:
  Scratch() {
    std::string pattern = std::filesystem::temp_directory_path() / "tidemark-XXXXXX";
    path = ::mkdtemp(pattern.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

}  // namespace tidemark
