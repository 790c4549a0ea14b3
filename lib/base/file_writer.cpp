#include "lib/base/file_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "lib/base/error.h"

namespace tidemark {
namespace {

bool exists_and_is_no_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored);
}

}  // namespace

FileWriter::FileWriter(const std::filesystem::path& path) : name_(path.string()), path_(path) {
  if (path == "-") {
    name_ = "standard output";
    return;
  }
  if (exists_and_is_no_file(path)) {
    // A pipe or /dev/stdout: there is nothing to rename over.
    fd_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  } else {
    beside_ = fmt::format("{}.{}.tmp", name_, ::getpid());
    fd_ = Descriptor(::open(beside_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  }
  if (!fd_) throw errno_error(name_);
}

FileWriter::~FileWriter() {
  if (fd_ && !beside_.empty()) ::unlink(beside_.c_str());
}

void FileWriter::write(std::string_view text) {
  const int fd = path_ == "-" ? STDOUT_FILENO : fd_.get();
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw errno_error(name_);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

void FileWriter::keep() {
  if (beside_.empty()) return;
  const bool kept = ::fsync(fd_.get()) == 0 && ::close(fd_.release()) == 0 &&
                    ::rename(beside_.c_str(), path_.c_str()) == 0;
  if (kept) return;
  const int problem = errno;
  ::unlink(beside_.c_str());
  throw errno_error(name_, problem);
}

void sync_directory(const std::filesystem::path& directory) {
  const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) throw errno_error(directory.string());
}

}  // namespace tidemark
