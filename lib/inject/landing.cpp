#include "lib/inject/landing.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <vector>

#include "lib/base/error.h"
#include "lib/inject/preflight.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPlaces[] = {"/tmp", "/var/tmp", "/dev/shm", "/run"};
constexpr std::string_view kPattern = "tidemark-XXXXXX";
constexpr std::uint64_t kSpare = 16 << 20;  // for what others write there meanwhile

fs::path seen_through(pid_t pid, const fs::path& path) {
  return fmt::format("/proc/{}/root", pid) / path.relative_path();
}

// Why no directory is made there; nothing: it can be tried.
std::optional<std::string> unusable(const fs::path& place, std::uint64_t bytes, bool to_load_from) {
  struct statvfs found {};
  if (::statvfs(place.c_str(), &found) != 0)
    return std::error_code(errno, std::generic_category()).message();
  if ((found.f_flag & ST_RDONLY) != 0) return "read-only";
  if (to_load_from && (found.f_flag & ST_NOEXEC) != 0) return "mounted noexec";
  if (std::uint64_t{found.f_bavail} * found.f_frsize < bytes + kSpare) return "full";
  return std::nullopt;
}

// Whether everyone may read the file: whoever the target runs as.
bool open_to_all(const fs::path& path) {
  std::error_code failed;
  if ((fs::status(path, failed).permissions() & fs::perms::others_read) == fs::perms::none) {
    return false;
  }
  for (fs::path way = path.parent_path(); way.has_relative_path(); way = way.parent_path()) {
    if ((fs::status(way, failed).permissions() & fs::perms::others_exec) == fs::perms::none) {
      return false;
    }
  }
  return !failed;
}

bool same_file(const fs::path& a, const fs::path& b) {
  struct stat one {};
  struct stat other {};
  return ::stat(a.c_str(), &one) == 0 && ::stat(b.c_str(), &other) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

Landing Landing::create(pid_t pid, const fs::path& library, std::uint64_t bytes) {
  const TargetFacts facts = facts_of(pid);
  const fs::path original = fs::absolute(library);
  const bool as_it_is = same_file(original, seen_through(pid, original)) && open_to_all(original);
  std::string tried;
  for (const fs::path place : kPlaces) {
    const fs::path outside = seen_through(pid, place);
    std::optional<std::string> why = unusable(outside, bytes, !as_it_is);
    std::string name = (outside / kPattern).string();
    if (!why && ::mkdtemp(name.data()) == nullptr) {
      why = std::error_code(errno, std::generic_category()).message();
    }
    if (!why) {
      Landing landing = opened(outside, name, place / fs::path(name).filename());
      landing.give_to(facts.user, facts.group);
      landing.library_ = original;
      if (!as_it_is) landing.copy_here(original);
      return landing;
    }
    tried += fmt::format("{}{}: {}", tried.empty() ? "" : "; ", place.string(), *why);
  }
  throw Error(fmt::format("process {} has no directory for its heap file: {}", pid, tried));
}

Landing Landing::opened(const fs::path& parent, const fs::path& name, fs::path inside) {
  Descriptor above(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  Descriptor directory(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!above || !directory) throw errno_error(name.string());
  return {std::move(inside), std::move(above), std::move(directory)};
}

void Landing::give_to(uid_t user, gid_t group) {
  user_ = user;
  group_ = group;
  const bool ours = user == ::geteuid() && group == ::getegid();
  if (!ours && ::fchown(directory_.get(), user, group) != 0) {
    throw errno_error(fmt::format("giving {} to user {}", inside_.string(), user));
  }
}

bool Landing::is_one(const fs::path& directory) {
  const std::string name = directory.filename().string();
  return name.size() == kPattern.size() && name.starts_with(kPattern.substr(0, kPattern.find('X')));
}

Landing::Landing(Landing&& other) noexcept
    : library_(std::move(other.library_)),
      inside_(std::move(other.inside_)),
      user_(other.user_),
      group_(other.group_),
      parent_(std::move(other.parent_)),
      directory_(std::move(other.directory_)) {}

Landing::~Landing() {
  if (!directory_) return;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(outside(), ignored)) {
    ::unlinkat(directory_.get(), entry.path().filename().c_str(), 0);
  }
  ::unlinkat(parent_.get(), inside_.filename().c_str(), AT_REMOVEDIR);
}

fs::path Landing::outside() const {
  struct stat held {};
  struct stat found {};
  if (::fstat(directory_.get(), &held) == 0 && ::stat(inside_.c_str(), &found) == 0 &&
      held.st_dev == found.st_dev && held.st_ino == found.st_ino) {
    return inside_;
  }
  return fmt::format("/proc/{}/fd/{}", ::getpid(), directory_.get());
}

void Landing::make_file(const std::string& name, std::uint64_t bytes) const {
  constexpr int kNew = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const Descriptor file(::openat(directory_.get(), name.c_str(), kNew, 0600));
  if (!file) throw errno_error((inside_ / name).string());
  const int full = ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes));
  if (full != 0) throw errno_error((inside_ / name).string(), full);
  const bool ours = user_ == ::geteuid() && group_ == ::getegid();
  if (!ours && ::fchown(file.get(), user_, group_) != 0) {
    throw errno_error((inside_ / name).string());
  }
}

void Landing::copy_here(const fs::path& library) {
  const File contents = read_file(library);
  const std::string name = library.filename().string();
  const Descriptor copy(::openat(directory_.get(), name.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0755));
  if (!copy || ::fchmod(copy.get(), 0755) != 0) throw errno_error(name);
  std::string_view rest = contents.bytes();
  while (!rest.empty()) {
    const ssize_t done = ::write(copy.get(), rest.data(), rest.size());
    if (done < 0) throw errno_error("copying " + name);
    rest.remove_prefix(static_cast<std::size_t>(done));
  }
  library_ = inside_ / name;
}

}  // namespace tidemark
