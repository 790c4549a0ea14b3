#include "tools/leakwatch/watch/proc_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace tidemark::leakwatch {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;
constexpr std::int64_t kKilobyte = 1024;

// The number at the start of `text`, blanks left out; 0 when there is none.
std::int64_t leading_number(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return 0;
  std::int64_t number = 0;
  std::from_chars(text.data() + start, text.data() + text.size(), number);
  return number;
}

std::optional<pid_t> pid_of(const char* name) {
  pid_t pid = 0;
  for (const char* c = name; *c != '\0'; ++c) {
    if (*c < '0' || *c > '9') return std::nullopt;
    pid = pid * 10 + (*c - '0');
  }
  return pid > 0 ? std::optional(pid) : std::nullopt;
}

// "7f12a000-7f12b000 rw-p 00000000 00:00 0    [heap]": the parts that matter.
struct Mapping {
  bool shared = false;
  bool anonymous = false;  // without a file
  std::string_view name;
};

std::optional<Mapping> parse_mapping(std::string_view line) {
  // A field's name starts with a capital; a mapping with an address.
  if (line.empty() || (line[0] >= 'A' && line[0] <= 'Z')) return std::nullopt;
  std::array<std::string_view, 5> fields;
  for (std::string_view& field : fields) {
    const std::size_t end = std::min(line.find(' '), line.size());
    field = line.substr(0, end);
    line.remove_prefix(end);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  }
  if (fields[1].size() != 4) return std::nullopt;
  return Mapping{.shared = fields[1][3] == 's', .anonymous = fields[4] == "0", .name = line};
}

}  // namespace

// "4711 (name) S 1 ...", see proc(5). The name may hold anything, so it ends at
// the last parenthesis.
std::optional<ProcStat> parse_proc_stat(std::string_view text) {
  const std::size_t open = text.find(" (");
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2) {
    return std::nullopt;
  }
  static const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  static const std::int64_t hertz = ::sysconf(_SC_CLK_TCK);
  ProcStat stat;
  stat.pid = static_cast<pid_t>(leading_number(text));
  const std::string_view name = text.substr(open + 2, close - open - 2);
  name.substr(0, stat.name.size() - 1).copy(stat.name.data(), stat.name.size() - 1);
  text.remove_prefix(close + 1);
  std::array<std::int64_t, 25> field{};  // by the numbers of the manual page
  std::size_t count = 2;
  while (count + 1 < field.size()) {
    const std::size_t start = text.find_first_not_of(" \n");
    if (start == std::string_view::npos) return std::nullopt;
    text.remove_prefix(start);
    ++count;
    if (count == 3) stat.state = text[0];
    field[count] = leading_number(text);
    text.remove_prefix(std::min(text.find_first_of(" \n"), text.size()));
  }
  stat.parent = static_cast<pid_t>(field[4]);
  stat.minor_faults = field[10];
  stat.major_faults = field[12];
  stat.cpu_ms = (field[14] + field[15]) * 1000 / hertz;
  stat.threads = field[20];
  stat.start_ticks = static_cast<std::uint64_t>(field[22]);
  stat.rss_bytes = field[24] * page;
  if (stat.pid <= 0) return std::nullopt;
  return stat;
}

// "VmRSS:      1234 kB". A kernel's thread and a zombie have no such lines.
std::optional<ProcMemory> parse_proc_status(std::string_view text) {
  struct Field {
    std::string_view name;
    std::int64_t ProcMemory::*into;
  };
  // In the order of the file.
  static constexpr std::array<Field, 6> kFields = {{{"VmRSS:", &ProcMemory::rss},
                                                    {"RssAnon:", &ProcMemory::anon},
                                                    {"RssFile:", &ProcMemory::file},
                                                    {"RssShmem:", &ProcMemory::shared},
                                                    {"VmPTE:", &ProcMemory::page_tables},
                                                    {"VmSwap:", &ProcMemory::swap}}};
  ProcMemory memory;
  std::size_t next = 0;
  while (!text.empty() && next < kFields.size()) {
    if (text.starts_with(kFields[next].name)) {
      memory.*kFields[next].into =
          leading_number(text.substr(kFields[next].name.size())) * kKilobyte;
      ++next;
    }
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  if (next == 0) return std::nullopt;
  return memory;
}

void SmapsSum::add(std::string_view line) {
  if (const auto mapping = parse_mapping(line)) {
    any_ = true;
    where_ = &sum_.maps;
    if (mapping->name == "[heap]") where_ = &sum_.heap;
    if (mapping->name.starts_with("[stack")) where_ = &sum_.stacks;
    // Written pages of a private file mapping are data, not heap.
    if (mapping->shared || !mapping->anonymous) where_ = nullptr;
    return;
  }
  const auto value = [&](std::string_view name) {
    return leading_number(line.substr(name.size()));
  };
  if (line.starts_with("Pss:")) sum_.pss += value("Pss:") * kKilobyte;
  if (line.starts_with("Private_")) {
    const std::size_t colon = std::min(line.find(':'), line.size() - 1);
    // Huge pages are not part of the resident size.
    if (!line.starts_with("Private_Hugetlb")) {
      sum_.uss += leading_number(line.substr(colon + 1)) * kKilobyte;
    }
  }
  if (where_ != nullptr && line.starts_with("Anonymous:")) {
    *where_ += value("Anonymous:") * kKilobyte;
  }
}

ProcReader::ProcReader(const char* root)
    : root_(::open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)), buffer_(kBufferBytes) {
  if (root_ < 0) throw errno_error(root);
  pids_.reserve(4096);
}

ProcReader::~ProcReader() { ::close(root_); }

int ProcReader::open(pid_t pid, const char* name, int flags) const {
  std::array<char, 64> path{};
  char* end = std::to_chars(path.data(), path.data() + 16, pid).ptr;
  *end++ = '/';
  std::strncpy(end, name, 32);
  return ::openat(root_, path.data(), flags | O_CLOEXEC);
}

std::string_view ProcReader::read_all(int fd) {
  if (fd < 0) return {};
  const Descriptor file(fd);
  std::size_t size = 0;
  while (size < buffer_.size()) {
    const ssize_t count = ::read(fd, buffer_.data() + size, buffer_.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return {};
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
    // These files come whole, unless they are larger than the kernel's page.
    if (size < 4096 && buffer_[size - 1] == '\n') break;
  }
  return {buffer_.data(), size};
}

std::string_view ProcReader::read(pid_t pid, const char* name) {
  return read_all(open(pid, name, O_RDONLY));
}

std::string_view ProcReader::text(const char* path) {
  return read_all(::openat(root_, path, O_RDONLY | O_CLOEXEC));
}

std::optional<ProcStat> ProcReader::stat(pid_t pid) { return parse_proc_stat(read(pid, "stat")); }

std::optional<ProcMemory> ProcReader::memory(pid_t pid) {
  return parse_proc_status(read(pid, "status"));
}

std::optional<ProcSmaps> ProcReader::smaps(pid_t pid) {
  const Descriptor file(open(pid, "smaps", O_RDONLY));
  if (!file) return std::nullopt;
  SmapsSum sum;
  std::size_t kept = 0;
  while (true) {
    const ssize_t count = ::read(file.get(), buffer_.data() + kept, buffer_.size() - kept);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    std::string_view text(buffer_.data(), kept + static_cast<std::size_t>(count));
    while (true) {
      const std::size_t end = text.find('\n');
      if (end == std::string_view::npos) break;
      sum.add(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    // The start of a line that goes on; one without an end is dropped.
    kept = text.size() < buffer_.size() ? text.size() : 0;
    std::memmove(buffer_.data(), text.data(), kept);
  }
  if (!sum.any()) return std::nullopt;
  return sum.sum();
}

std::span<const pid_t> ProcReader::processes() {
  pids_.clear();
  if (::lseek(root_, 0, SEEK_SET) < 0) return {};
  while (true) {
    const auto count = ::syscall(SYS_getdents64, root_, buffer_.data(), buffer_.size());
    if (count <= 0) break;
    for (long at = 0; at < count;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(buffer_.data() + at);
      if (const auto pid = pid_of(entry->d_name)) pids_.push_back(*pid);
      at += entry->d_reclen;
    }
  }
  return pids_;
}

// "0.20 0.18 0.12 1/80 11206"
std::int64_t ProcReader::last_pid() {
  std::string_view line = text("loadavg");
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  const std::size_t blank = line.rfind(' ');
  return blank == std::string_view::npos ? -1 : leading_number(line.substr(blank + 1));
}

// Linux 6.2 and later count them in the directory's size.
std::optional<std::int64_t> ProcReader::open_files(pid_t pid) {
  const Descriptor directory(open(pid, "fd", O_RDONLY | O_DIRECTORY));
  if (!directory) return std::nullopt;
  struct stat status {};
  if (::fstat(directory.get(), &status) == 0 && status.st_size > 0) return status.st_size;
  std::int64_t files = 0;
  while (true) {
    const auto count = ::syscall(SYS_getdents64, directory.get(), buffer_.data(), buffer_.size());
    if (count < 0) return std::nullopt;
    if (count == 0) return files;
    for (long at = 0; at < count;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(buffer_.data() + at);
      if (entry->d_name[0] != '.') ++files;
      at += entry->d_reclen;
    }
  }
}

}  // namespace tidemark::leakwatch
