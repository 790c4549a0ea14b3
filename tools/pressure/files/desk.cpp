#include "tools/pressure/files/desk.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "lib/base/error.h"

namespace tidemark::pressure {
namespace {

Descriptor open_beneath(int directory, const std::string& name, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return Descriptor(
      static_cast<int>(::syscall(SYS_openat2, directory, name.c_str(), &how, sizeof how)));
}

// The directory that holds `name`, and its name there.
struct Place {
  Descriptor directory;
  std::string name;
};

Place place_of(int directory, const std::string& name) {
  const std::size_t slash = name.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : name.substr(0, slash);
  Place place{.directory = open_beneath(directory, parent, O_PATH | O_DIRECTORY, 0),
              .name = slash == std::string::npos ? name : name.substr(slash + 1)};
  if (place.name.empty() || place.name == "." || place.name == "..") {
    place.directory.reset();
    errno = EINVAL;
  }
  return place;
}

int error_of(int result) { return result == 0 ? 0 : errno; }

}  // namespace

Desk::Desk(const std::filesystem::path& path) : path_(path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) throw errno_error(path.string());
  directory_ = Descriptor(::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory_) throw errno_error(path.string());
}

int Desk::write(const std::string& name, int flags, std::string_view text) const {
  const Descriptor file = open_beneath(directory_.get(), name, O_WRONLY | O_CREAT | flags, 0644);
  if (!file) return errno;
  while (!text.empty()) {
    const ssize_t count = ::write(file.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

int Desk::save_beside(const std::string& name, std::string_view text) const {
  const std::string beside = name + ".tmp~";
  if (const int problem = write(beside, O_TRUNC, text); problem != 0) {
    remove(beside);
    return problem;
  }
  return rename(beside, name);
}

int Desk::save_in_place(const std::string& name, std::string_view text) const {
  return write(name, O_TRUNC, text);
}

int Desk::append(const std::string& name, std::string_view text) const {
  return write(name, O_APPEND, text);
}

int Desk::rename(const std::string& from, const std::string& to) const {
  const Place source = place_of(directory_.get(), from);
  if (!source.directory) return errno;
  const Place target = place_of(directory_.get(), to);
  if (!target.directory) return errno;
  return error_of(::renameat(source.directory.get(), source.name.c_str(), target.directory.get(),
                             target.name.c_str()));
}

int Desk::remove(const std::string& name) const {
  const Place place = place_of(directory_.get(), name);
  if (!place.directory) return errno;
  return error_of(::unlinkat(place.directory.get(), place.name.c_str(), 0));
}

int Desk::make_directory(const std::string& name) const {
  const Place place = place_of(directory_.get(), name);
  if (!place.directory) return errno;
  return error_of(::mkdirat(place.directory.get(), place.name.c_str(), 0755));
}

int Desk::remove_directory(const std::string& name) const {
  const Place place = place_of(directory_.get(), name);
  if (!place.directory) return errno;
  return error_of(::unlinkat(place.directory.get(), place.name.c_str(), AT_REMOVEDIR));
}

}  // namespace tidemark::pressure
