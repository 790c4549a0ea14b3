#include "lib/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file_writer.h"

namespace tidemark {
namespace {

constexpr std::size_t kMapFrom = 1 << 20;

std::string read_all(int fd, const std::string& name) {
  std::string contents;
  std::array<char, 1 << 16> buffer{};
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw errno_error(name);
    if (count == 0) return contents;
    contents.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

File map(int fd, std::string name, std::size_t size) {
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (start == MAP_FAILED) throw errno_error(name);
  ::madvise(start, size, MADV_SEQUENTIAL);
  std::shared_ptr<const void> owner(start, [size](void* p) { ::munmap(p, size); });
  return {std::move(name), {static_cast<const char*>(start), size}, std::move(owner)};
}

}  // namespace

File::File(std::string name, std::string contents) : name_(std::move(name)) {
  auto owner = std::make_shared<const std::string>(std::move(contents));
  bytes_ = *owner;
  owner_ = std::move(owner);
}

File::File(std::string name, std::string_view bytes, std::shared_ptr<const void> owner, Pages pages)
    : name_(std::move(name)),
      owner_(std::move(owner)),
      bytes_(bytes),
      mapped_(pages == Pages::kOfFile) {}

void forget(const Input& input, std::size_t length) { forget(input, 0, length); }

void forget(const Input& input, std::size_t from, std::size_t length) {
  if (!input.mapped) return;
  // The mapping starts on a page; pages that hold other bytes as well are kept.
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t start = (from + page - 1) / page * page;
  const std::size_t end = (from + length) / page * page;
  if (start < end) {
    ::madvise(const_cast<char*>(input.bytes.data()) + start, end - start, MADV_DONTNEED);
  }
}

File read_file(const std::filesystem::path& path) {
  if (path == "-") return {"standard input", read_all(STDIN_FILENO, "standard input")};
  const std::string name = path.string();
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw errno_error(name);
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) throw errno_error(name);
  if (S_ISDIR(about.st_mode)) throw errno_error(name, EISDIR);
  const auto size = static_cast<std::size_t>(about.st_size);
  if (S_ISREG(about.st_mode) && size > kMapFrom) return map(fd.get(), name, size);
  return {name, read_all(fd.get(), name)};
}

void write_file(const std::filesystem::path& path, std::string_view contents) {
  FileWriter writer(path);
  writer.write(contents);
  writer.keep();
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Descriptor::release() { return std::exchange(fd_, -1); }

void Descriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace tidemark
