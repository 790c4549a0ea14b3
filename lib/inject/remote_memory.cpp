#include "lib/inject/remote_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "lib/base/error.h"

namespace tidemark {

RemoteMemory RemoteMemory::of(pid_t pid) {
  const std::string path = fmt::format("/proc/{}/mem", pid);
  Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file) throw errno_error(path);
  return RemoteMemory(std::move(file));
}

bool RemoteMemory::read(Address from, std::span<std::byte> to) const {
  while (!to.empty()) {
    const ssize_t got = ::pread(file_.get(), to.data(), to.size(), static_cast<off_t>(from));
    if (got <= 0) return false;
    to = to.subspan(static_cast<std::size_t>(got));
    from += static_cast<Address>(got);
  }
  return true;
}

bool RemoteMemory::write(Address to, std::span<const std::byte> from) const {
  while (!from.empty()) {
    const ssize_t done = ::pwrite(file_.get(), from.data(), from.size(), static_cast<off_t>(to));
    if (done <= 0) return false;
    from = from.subspan(static_cast<std::size_t>(done));
    to += static_cast<Address>(done);
  }
  return true;
}

std::optional<std::string> RemoteMemory::text(Address from, std::size_t most) const {
  constexpr std::size_t kPage = 4096;
  std::string text;
  while (text.size() < most) {
    // Up to the end of a page: what follows may not be mapped.
    std::string piece(std::min(most - text.size(), kPage - (from % kPage)), '\0');
    if (!read(from, std::as_writable_bytes(std::span(piece)))) return std::nullopt;
    const std::size_t end = piece.find('\0');
    text.append(piece, 0, end);
    if (end != std::string::npos) break;
    from += piece.size();
  }
  return text;
}

}  // namespace tidemark
