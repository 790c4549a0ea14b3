#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace leaky {

// An index of a directory and all below it, kept up with inotify: what changed is put in
// a queue and read one file at a time, between requests.
class Watcher {
 public:
  // Throws std::system_error or std::filesystem::filesystem_error when it cannot watch.
  Watcher(boost::asio::io_context& context, const std::filesystem::path& directory);

  // How many files changed that were not read since.
  std::size_t queue_depth() const;

  // The files that have `marker` in their name or in their first 64 KiB, now.
  std::vector<std::string> search(std::string_view marker) const;

 private:
  void listen();
  void take(std::size_t size);
  void watch(const std::filesystem::path& directory);
  void look_again();
  void note(const std::filesystem::path& file);
  void index_one();

  boost::asio::io_context& context_;  // with one thread
  boost::asio::posix::stream_descriptor inotify_;
  std::filesystem::path root_;
  std::unordered_map<int, std::filesystem::path> directories_;  // by watch
  alignas(8) std::array<char, 16384> buffer_{};

  mutable std::mutex mutex_;
  std::deque<std::filesystem::path> queue_;
  std::map<std::filesystem::path, std::string> files_;  // what they hold
};

}  // namespace leaky
