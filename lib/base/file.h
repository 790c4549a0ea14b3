#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace tidemark {

// The bytes that a parser reads, and the name that its messages use for them.
// Both must outlive the parse; nothing that a parser returns points into them.
struct Input {
  std::string_view name;
  std::string_view bytes;
  bool mapped = false;  // `bytes` are pages of a file, which forget() may drop
};

// Says that the first `length` bytes of `input` will hardly be read again, so
// that the pages of a mapped file leave our resident memory; reading them again
// stays right, and is slower. Nothing happens when the input is not mapped.
// Costs a system call: call it every few megabytes.
void forget(const Input& input, std::size_t length);
// The same for the `length` bytes from `from` on.
void forget(const Input& input, std::size_t from, std::size_t length);

// A file's contents, mapped where possible. Copies share the contents.
//
// A mapped file that another process truncates meanwhile would end us with
// SIGBUS; files up to 1 MiB, and those that are not regular, are therefore
// read, and larger ones are mapped privately.
class File {
 public:
  File(std::string name, std::string contents);
  // Mapped contents; `owner` keeps the mapping. Only the pages of a file can be
  // read again, and so be forgotten.
  enum class Pages { kOfFile, kOfMemory };
  File(std::string name, std::string_view bytes, std::shared_ptr<const void> owner,
       Pages pages = Pages::kOfFile);

  const std::string& name() const { return name_; }
  std::string_view bytes() const { return bytes_; }
  Input input() const { return {.name = name_, .bytes = bytes_, .mapped = mapped_}; }

 private:
  std::string name_;
  std::shared_ptr<const void> owner_;
  std::string_view bytes_;
  bool mapped_ = false;
};

// Reads `path`; "-" is standard input. Throws Error when it cannot, or when it
// is a directory.
File read_file(const std::filesystem::path& path);

// Writes beside `path`, flushes, then renames, so that a reader sees either the
// old or the new file, whole; "-" is standard output. Throws Error.
void write_file(const std::filesystem::path& path, std::string_view contents);

// A file descriptor that is closed when its owner goes.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

}  // namespace tidemark
