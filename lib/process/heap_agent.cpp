#include "lib/process/heap_agent.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/numbers.h"
#include "lib/process/proc.h"

// The file is read and written by system calls, not through a mapping of ours: a program that
// truncates it meanwhile could otherwise end us with SIGBUS.

namespace tidemark {
namespace {

namespace fs = std::filesystem;
namespace hf = heap_file;

constexpr std::string_view kLibrary = "libtidemark_heap.so";
constexpr std::size_t kLongestPrefix = 980;  // the agent keeps it in an array

// A mapping of a heap file: "7f..-7f.. rw-s 00000000 fe:01 4711   /tmp/heap.12.tmheap".
struct MappedFile {
  std::string range;
  std::uint64_t inode = 0;
  std::string path;
};

std::optional<MappedFile> mapped_heap_file(std::string_view line) {
  constexpr std::string_view kDeleted = " (deleted)";
  std::string_view path = line;
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  const std::size_t slash = path.find('/');
  if (!path.ends_with(kHeapFileEnd) || slash == std::string_view::npos) return std::nullopt;
  const std::vector<std::string_view> words = fields(line.substr(0, slash));
  if (words.size() != 5) return std::nullopt;
  return MappedFile{.range = std::string(words[0]),
                    .inode = to_unsigned(words[4]).value_or(0),
                    .path = std::string(path.substr(slash))};
}

// Where we can open what `pid` has mapped: by the same path when that is the same file, through
// its root when it lives in another mount namespace, else by the mapping itself.
fs::path reachable(pid_t pid, const MappedFile& mapped) {
  const fs::path through = fmt::format("/proc/{}/root{}", pid, mapped.path);
  for (const fs::path& path : {fs::path(mapped.path), through}) {
    struct stat found {};
    if (::stat(path.c_str(), &found) == 0 && found.st_ino == mapped.inode) return path;
  }
  const fs::path mapping = fmt::format("/proc/{}/map_files/{}", pid, mapped.range);
  return ::access(mapping.c_str(), R_OK) == 0 ? mapping : fs::path();
}

// A heap file that is open, with its name for messages.
class OpenFile {
 public:
  OpenFile(fs::path name, Descriptor fd) : name_(std::move(name)), fd_(std::move(fd)) {
    if (!fd_) throw errno_error(name_.string());
  }

  // Throws Error when it is not a regular file: a pipe or a device could keep us for ever.
  static OpenFile opened(const fs::path& name, int how) {
    OpenFile file(name, Descriptor(::open(name.c_str(), how | O_CLOEXEC | O_NONBLOCK)));
    if (!S_ISREG(file.status().st_mode)) {
      throw Error(fmt::format("{}: a heap file is a regular file; this is none", name.string()));
    }
    return file;
  }

  struct stat status() const {
    struct stat found {};
    if (::fstat(fd_.get(), &found) != 0) throw errno_error(name_.string());
    return found;
  }

  // Fills `to` as far as there are bytes; says how many.
  std::size_t read(std::span<char> to, std::uint64_t offset) const {
    std::size_t have = 0;
    while (have < to.size()) {
      const ssize_t count =
          ::pread(fd_.get(), to.data() + have, to.size() - have, static_cast<off_t>(offset + have));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw errno_error(name_.string());
      if (count == 0) break;
      have += static_cast<std::size_t>(count);
    }
    return have;
  }

  void write(std::span<const char> from, std::uint64_t offset) const {
    while (!from.empty()) {
      const ssize_t count =
          ::pwrite(fd_.get(), from.data(), from.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw errno_error(name_.string());
      offset += static_cast<std::uint64_t>(count);
      from = from.subspan(static_cast<std::size_t>(count));
    }
  }

  void resize(off_t size) const {
    if (::ftruncate(fd_.get(), size) != 0) throw errno_error(name_.string());
  }

  // Throws Error when it is no heap file, or of another version.
  hf::Header header() const {
    std::array<char, sizeof(hf::Header)> bytes{};
    const std::size_t have = read(bytes, 0);
    if (have < sizeof hf::kMagic ||
        std::memcmp(bytes.data(), static_cast<const char*>(hf::kMagic), sizeof hf::kMagic) != 0) {
      throw Error(fmt::format("{}: not a heap file of tidemark's agent", name_.string()));
    }
    if (have < bytes.size()) {
      throw Error(fmt::format("{}: the heap file ends inside its header, after {} bytes",
                              name_.string(), have));
    }
    hf::Header header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.version != hf::kVersion) {
      throw Error(fmt::format("{}: written by an agent of file version {}; this is of version {}",
                              name_.string(), header.version, hf::kVersion),
                  "use the tools of the release that the agent is of");
    }
    return header;
  }

 private:
  fs::path name_;
  Descriptor fd_;
};

}  // namespace

fs::path heap_agent_library() {
  std::error_code failed;
  const fs::path bin = fs::read_symlink("/proc/self/exe", failed).parent_path();
  if (failed) return {};
  std::vector<fs::path> places = {bin.parent_path() / "lib/tidemark" / kLibrary,
                                  bin.parent_path() / "lib/x86_64-linux-gnu/tidemark" / kLibrary,
                                  bin.parent_path() / "lib/aarch64-linux-gnu/tidemark" / kLibrary,
                                  bin.parent_path() / "lib64/tidemark" / kLibrary};
  // In the build tree: tools/memprof/memprof, tests/lib/process/process_test.
  for (fs::path up = bin; up.has_relative_path(); up = up.parent_path()) {
    if (!fs::exists(up / "CMakeCache.txt", failed)) continue;
    places.insert(places.begin(), up / "agent" / kLibrary);
    break;
  }
  const auto found = std::ranges::find_if(
      places, [&](const fs::path& path) { return fs::is_regular_file(path, failed); });
  return found == places.end() ? fs::path() : *found;
}

Command with_heap_agent(Command target, const HeapAgentOptions& options) {
  const std::string prefix = fs::absolute(options.prefix).string();
  if (prefix.find(',') != std::string::npos || prefix.size() > kLongestPrefix) {
    throw Error(fmt::format("the heap agent cannot write to {}: the path has a comma or more than "
                            "{} bytes",
                            prefix, kLongestPrefix),
                "choose another directory with --output");
  }
  std::string config = "file=" + prefix;
  if (options.file_bytes != 0) config += fmt::format(",size={}", options.file_bytes);
  if (options.mean_bytes != 0) config += fmt::format(",mean={}", options.mean_bytes);
  for (const std::string& word : options.more) config += "," + word;
  target.environment["TIDEMARK_HEAP"] = config;
  std::string& preload = target.environment["LD_PRELOAD"];
  if (preload.empty()) {
    const char* const ours = std::getenv("LD_PRELOAD");
    preload = ours == nullptr ? "" : ours;
  }
  preload = options.library.string() + (preload.empty() ? "" : ":" + preload);
  return target;
}

std::vector<fs::path> heap_files_of(pid_t pid) {
  std::vector<fs::path> files;
  std::ifstream maps(fmt::format("/proc/{}/maps", pid));
  for (std::string line; std::getline(maps, line);) {
    const std::optional<MappedFile> mapped = mapped_heap_file(line);
    if (!mapped) continue;
    fs::path path = reachable(pid, *mapped);
    if (!path.empty() && std::ranges::find(files, path) == files.end()) {
      files.push_back(std::move(path));
    }
  }
  return files;
}

std::vector<fs::path> heap_files_in(const fs::path& directory, std::string_view start) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(directory, failed)) {
    const std::string name = entry.path().filename().string();
    const bool ours = name.starts_with(start) && name.ends_with(kHeapFileEnd);
    if (ours && entry.is_regular_file(failed) && !entry.is_symlink(failed)) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

hf::Header heap_header(const fs::path& file) { return OpenFile::opened(file, O_RDONLY).header(); }

bool is_at_work(const hf::Header& header) {
  return header.state == static_cast<std::uint32_t>(hf::State::kSampling) ||
         header.state == static_cast<std::uint32_t>(hf::State::kPaused);
}

HeapControl::HeapControl(const fs::path& file) : path_(file) {
  const hf::Header header = heap_header(path_);
  if (!is_at_work(header)) {
    throw Error(fmt::format("{}: its agent has ended; there is nobody to do it", file.string()));
  }
  resets_ = header.control.reset;
}

template <class Number>
void HeapControl::put(std::size_t offset, Number number) {
  std::array<char, sizeof number> bytes{};
  std::memcpy(bytes.data(), &number, sizeof number);
  OpenFile::opened(path_, O_RDWR).write(bytes, offsetof(hf::Header, control) + offset);
}

void HeapControl::want(hf::Want what) {
  put(offsetof(hf::Control, want), static_cast<std::uint32_t>(what));
}

void HeapControl::mean(std::uint64_t bytes) { put(offsetof(hf::Control, mean_bytes), bytes); }
void HeapControl::pause() { want(hf::Want::kPause); }
void HeapControl::resume() { want(hf::Want::kSample); }
void HeapControl::stop() { want(hf::Want::kStop); }
void HeapControl::reset() { put(offsetof(hf::Control, reset), ++resets_); }
void HeapControl::by_thread(bool yes) {
  put(offsetof(hf::Control, by_thread), std::uint32_t{yes ? 1U : 0U});
}
void HeapControl::max_overhead(std::uint32_t ppm) {
  put(offsetof(hf::Control, max_overhead_ppm), ppm);
}

void snapshot_heap(const fs::path& file, const fs::path& to) {
  constexpr std::size_t kPage = 4096;
  constexpr std::size_t kChunk = 256 * kPage;
  static constexpr std::array<char, kPage> kZeros{};  // memcmp is ten times as fast as a loop
  const OpenFile from = OpenFile::opened(file, O_RDONLY);
  from.header();
  const off_t size = from.status().st_size;
  const fs::path beside = to.string() + ".part";
  const OpenFile copy(
      beside,
      Descriptor(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                        S_IRUSR | S_IWUSR)));
  copy.resize(size);
  std::vector<char> chunk(kChunk);
  for (std::uint64_t at = 0; at < static_cast<std::uint64_t>(size); at += kChunk) {
    const std::span<const char> bytes = std::span(chunk).first(from.read(chunk, at));
    for (std::size_t page = 0; page < bytes.size(); page += kPage) {
      const auto part = bytes.subspan(page, std::min(kPage, bytes.size() - page));
      if (std::memcmp(part.data(), kZeros.data(), part.size()) == 0) continue;
      copy.write(part, at + page);
    }
  }
  if (::rename(beside.c_str(), to.c_str()) != 0) throw errno_error(to.string());
}

}  // namespace tidemark
