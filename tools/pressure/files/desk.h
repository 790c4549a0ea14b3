#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "lib/base/file.h"

namespace tidemark::pressure {

// A directory in which files are written as people's programs write them. Names are
// relative to it and never lead out of it: no link is followed, ".." is refused
// (openat2's RESOLVE_BENEATH).
//
// Each function returns 0, or the errno of what went wrong.
class Desk {
 public:
  // Makes the directory when it is not there. Throws Error.
  explicit Desk(const std::filesystem::path& path);

  // As an editor saves: a new file beside it, then renamed over it.
  int save_beside(const std::string& name, std::string_view text) const;
  // Truncated and written, which a watcher sees as two events.
  int save_in_place(const std::string& name, std::string_view text) const;
  int append(const std::string& name, std::string_view text) const;
  int rename(const std::string& from, const std::string& to) const;
  int remove(const std::string& name) const;
  int make_directory(const std::string& name) const;
  int remove_directory(const std::string& name) const;  // an empty one

  const std::filesystem::path& path() const { return path_; }

 private:
  int write(const std::string& name, int flags, std::string_view text) const;

  std::filesystem::path path_;
  Descriptor directory_;
};

}  // namespace tidemark::pressure
