#include "examples/leaky-service/watch.h"

#include <sys/inotify.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

namespace leaky {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr std::size_t kMostRead = 64 << 10;
constexpr std::uint32_t kChanges = IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_DELETE |
                                   IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR | IN_EXCL_UNLINK;

int opened() {
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "inotify");
  return fd;
}

std::string start_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(kMostRead, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  text.shrink_to_fit();
  return text;
}

}  // namespace

Watcher::Watcher(asio::io_context& context, const fs::path& directory)
    : context_(context), inotify_(context, opened()), root_(directory) {
  watch(root_);
  if (directories_.empty()) throw std::system_error(errno, std::generic_category(), root_.string());
  listen();
}

std::size_t Watcher::queue_depth() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

std::vector<std::string> Watcher::search(std::string_view marker) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> found;
  if (marker.empty()) return found;
  for (const auto& [path, text] : files_) {
    if (text.find(marker) != text.npos || path.filename().string().find(marker) != text.npos) {
      found.push_back(path.lexically_relative(root_).string());
    }
  }
  return found;
}

void Watcher::listen() {
  inotify_.async_read_some(asio::buffer(buffer_),
                           [this](boost::system::error_code error, std::size_t size) {
                             if (error) return;
                             take(size);
                             listen();
                           });
}

void Watcher::take(std::size_t size) {
  for (std::size_t at = 0; at + sizeof(inotify_event) <= size;) {
    inotify_event event;
    std::memcpy(&event, &buffer_[at], sizeof event);
    const char* const name = &buffer_[at + sizeof event];
    at += sizeof event + event.len;
    if ((event.mask & IN_Q_OVERFLOW) != 0) look_again();
    if ((event.mask & IN_IGNORED) != 0) directories_.erase(event.wd);
    const auto directory = directories_.find(event.wd);
    if (directory == directories_.end() || event.len == 0) continue;
    const fs::path path = directory->second / name;
    if ((event.mask & IN_ISDIR) == 0) {
      note(path);
    } else if ((event.mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
      watch(path);
    } else {
      look_again();  // a directory went, or was moved: so did what was in it
    }
  }
}

// Also takes what was there before the watch was.
void Watcher::watch(const fs::path& directory) {
  const int id = inotify_add_watch(inotify_.native_handle(), directory.c_str(), kChanges);
  if (id < 0) return;  // it went already; or there is no room, and we see less
  directories_[id] = directory;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    if (entry.is_symlink(error)) continue;
    if (entry.is_directory(error)) {
      watch(entry.path());
    } else {
      note(entry.path());
    }
  }
}

// Everything that is known or there: for when what changed is not known.
void Watcher::look_again() {
  std::vector<fs::path> known;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [path, text] : files_) known.push_back(path);
  }
  for (const fs::path& path : known) note(path);
  watch(root_);
}

void Watcher::note(const fs::path& file) {
  const std::lock_guard lock(mutex_);
  if (!queue_.empty() && queue_.back() == file) return;  // each write of a file says so
  queue_.push_back(file);
  if (queue_.size() == 1) asio::post(context_, [this] { index_one(); });
}

void Watcher::index_one() {
  fs::path file;
  {
    const std::lock_guard lock(mutex_);
    file = queue_.front();
  }
  std::error_code error;
  const bool there = fs::is_regular_file(fs::symlink_status(file, error));
  std::string text = there ? start_of(file) : std::string();
  const std::lock_guard lock(mutex_);
  if (there) {
    files_[file] = std::move(text);
  } else {
    files_.erase(file);
  }
  queue_.pop_front();
  if (!queue_.empty()) asio::post(context_, [this] { index_one(); });
}

}  // namespace leaky
