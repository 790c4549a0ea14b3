#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "lib/base/file.h"

namespace tidemark {

// A directory of our own in the file system of another process, which that process may write
// to: for a library that it is to load and for files that it is to make. Gone with its owner.
class Landing {
 public:
  // Makes one with room for files of `bytes`, and puts a copy of `library` there unless the
  // process can load it by its own path. Throws Error with the places that were tried.
  static Landing create(pid_t pid, const std::filesystem::path& library, std::uint64_t bytes);
  Landing(Landing&& other) noexcept;
  Landing& operator=(Landing&&) = delete;
  ~Landing();

  // Whether a directory, by its name, is one that some create() made.
  static bool is_one(const std::filesystem::path& directory);

  // As the process sees it.
  const std::filesystem::path& inside() const { return inside_; }

  // As we see it, also after the process ended, as long as this lives.
  std::filesystem::path outside() const;

  // Makes the file `name` there, which is the process's own, with blocks for all of `bytes`.
  // Throws Error.
  void make_file(const std::string& name, std::uint64_t bytes) const;

  // The path by which the process can load the library.
  const std::filesystem::path& library() const { return library_; }

 private:
  Landing(std::filesystem::path inside, Descriptor parent, Descriptor directory)
      : inside_(std::move(inside)), parent_(std::move(parent)), directory_(std::move(directory)) {}

  static Landing opened(const std::filesystem::path& parent, const std::filesystem::path& name,
                        std::filesystem::path inside);
  void give_to(uid_t user, gid_t group);
  void copy_here(const std::filesystem::path& library);

  std::filesystem::path library_;
  std::filesystem::path inside_;
  uid_t user_ = 0;
  gid_t group_ = 0;
  Descriptor parent_;
  Descriptor directory_;
};

}  // namespace tidemark
