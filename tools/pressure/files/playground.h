#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/process/custodian.h"

namespace tidemark::pressure {

// A fresh directory inside one of the user's, for everything that file clients write; it
// is removed with its contents when its owner goes, and by the custodian when we are
// killed. A marker file in it says whose it is.
class Playground {
 public:
  // Makes `directory` when it is not there (and removes it again, when nothing else came
  // into it). Throws Error.
  Playground(const std::filesystem::path& directory, const std::string& name, Custodian& custodian);
  Playground(const Playground&) = delete;
  Playground& operator=(const Playground&) = delete;
  ~Playground();

  const std::filesystem::path& path() const { return path_; }  // without links, absolute

  // Playgrounds in `directory` whose owner does not live any more.
  static std::vector<std::filesystem::path> leftovers(const std::filesystem::path& directory);

 private:
  Custodian& custodian_;
  std::filesystem::path path_;
  std::optional<Custodian::Id> debt_;
  std::filesystem::path made_;  // what of `directory` we made
};

}  // namespace tidemark::pressure
