#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "lib/base/file.h"

namespace tidemark {

// Writes a file piece by piece: open, write..., keep. What write_file() does for a
// whole text: a reader sees the old file or the new one, whole. What was not kept is
// removed. "-" is standard output. Throws Error when it cannot write.
class FileWriter {
 public:
  explicit FileWriter(const std::filesystem::path& path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void write(std::string_view text);

  // Flushes, closes and puts the file in its place. Nothing can be written after that.
  void keep();

 private:
  std::string name_;    // for messages
  std::string beside_;  // what is written until keep(); empty: `path` itself
  std::filesystem::path path_;
  Descriptor fd_;
};

// What was made, renamed or removed in `directory` stays so after a loss of power: a name is no
// part of the file that has it. Throws Error.
void sync_directory(const std::filesystem::path& directory);

}  // namespace tidemark
