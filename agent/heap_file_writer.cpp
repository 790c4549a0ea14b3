#include "agent/heap_file_writer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "agent/atomics.h"
#include "agent/clock.h"
#include "agent/heap.h"
#include "agent/modules.h"

namespace tidemark::agent {

// A page of its own, since what else lies there would be emptied with it.
constinit Heap heap{};

namespace {

constexpr std::uint64_t kPage = 4096;

using heap_file::Header;
using heap_file::Section;

// Where the sections of a file begin, and how large they are.
struct Layout {
  Section modules, nodes, sites, live_keys, live, thread_names;
};

Section place_section(std::uint64_t& offset, std::uint64_t count, std::uint64_t entry_size) {
  const Section section{offset, count, entry_size};
  offset = (offset + count * entry_size + 63) / 64 * 64;
  return section;
}

// A third for stacks, a quarter for sites, and a third for blocks; all powers of two but the
// sites, which take what is left.
Layout layout_of(std::uint64_t file_bytes) {
  Layout layout{};
  std::uint64_t offset = heap_file::kHeaderBytes;
  layout.thread_names = place_section(offset, 256, sizeof(heap_file::ThreadName));
  layout.modules =
      place_section(offset, std::clamp<std::uint64_t>(file_bytes >> 16, 64, kMaxModules),
                    sizeof(heap_file::Module));
  const std::uint64_t nodes = std::bit_floor(file_bytes * 2 / 5 / sizeof(heap_file::Node));
  layout.nodes = place_section(offset, nodes, sizeof(heap_file::Node));
  const std::uint64_t block_bytes = sizeof(std::uint64_t) + sizeof(heap_file::Live);
  const std::uint64_t blocks = std::bit_floor(file_bytes * 2 / 5 / block_bytes);
  layout.live_keys = place_section(offset, blocks, sizeof(std::uint64_t));
  layout.live = place_section(offset, blocks, sizeof(heap_file::Live));
  layout.sites = place_section(offset, (file_bytes - offset) / sizeof(heap_file::Site),
                               sizeof(heap_file::Site));
  return layout;
}

// Writes the digits of `number` and returns the place behind them.
char* write_number(char* to, std::uint64_t number) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (count > 0) *to++ = digits[--count];
  return to;
}

// PREFIX.PID.tmheap; with a number that is not 0, PREFIX.PID.N.tmheap.
void write_path(const char* prefix, int number, char (&path)[1100]) {
  const std::size_t length = strlen(prefix);
  memcpy(path, prefix, length);
  char* at = path + length;
  *at++ = '.';
  at = write_number(at, heap.pid);
  if (number > 0) {
    *at++ = '.';
    at = write_number(at, static_cast<std::uint64_t>(number));
  }
  memcpy(at, ".tmheap", sizeof ".tmheap");
}

// The file of the program that this process was before exec. One that an earlier process with
// this number left behind had another parent, or says the right thing too: it is over.
void say_replaced(const char* path) {
  const int file = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return;
  constexpr std::uint32_t kAtWork[] = {static_cast<std::uint32_t>(heap_file::State::kSampling),
                                       static_cast<std::uint32_t>(heap_file::State::kPaused)};
  constexpr auto kReplaced = static_cast<std::uint32_t>(heap_file::State::kReplaced);
  Header header;
  if (pread(file, &header, sizeof header, 0) == static_cast<ssize_t>(sizeof header) &&
      memcmp(header.magic, heap_file::kMagic, sizeof header.magic) == 0 &&
      header.version == heap_file::kVersion && header.pid == static_cast<std::uint32_t>(getpid()) &&
      header.parent_pid == static_cast<std::uint32_t>(getppid()) &&
      (header.state == kAtWork[0] || header.state == kAtWork[1])) {
    // When it fails the file says what it said before.
    [[maybe_unused]] const ssize_t written =
        pwrite(file, &kReplaced, sizeof kReplaced, offsetof(Header, state));
  }
  close(file);
}

// The first of these that is not there yet.
int create_file(const char* prefix, char (&path)[1100]) {
  constexpr int kMaxFiles = 1000;
  for (int number = 0; number < kMaxFiles; ++number) {
    write_path(prefix, number, path);
    const int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file >= 0 || errno != EEXIST) return file;
    say_replaced(path);
  }
  return -1;
}

// The file that an injector made for this process, with all its blocks. A file of anybody else
// is left alone.
int open_made_file(const char* prefix, std::uint64_t bytes, char (&path)[1100]) {
  write_path(prefix, 0, path);
  const int file = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return -1;
  struct stat found {};
  if (fstat(file, &found) == 0 && S_ISREG(found.st_mode) && found.st_nlink == 1 &&
      found.st_uid == geteuid() && static_cast<std::uint64_t>(found.st_size) == bytes)
    return file;
  close(file);
  return -1;
}

bool write_zeros(int file, std::uint64_t from, std::uint64_t bytes) {
  static constinit char zeros[16 * kPage]{};  // never written to, so they take no memory
  for (const std::uint64_t end = from + bytes; from < end;) {
    const ssize_t more = pwrite(file, zeros, std::min<std::uint64_t>(sizeof zeros, end - from),
                                static_cast<off_t>(from));
    if (more <= 0) return false;
    from += static_cast<std::uint64_t>(more);
  }
  return true;
}

// Whether the disk has room. To find out by taking all that there is would fail everybody else
// on the machine meanwhile.
bool has_room(int file, std::uint64_t bytes) {
  struct statvfs disk {};
  return fstatvfs(file, &disk) == 0 && bytes <= std::uint64_t{disk.f_bavail} * disk.f_frsize;
}

// Gives the file its blocks: a page without one would be a SIGBUS when the disk is full.
bool allocate(int file, std::uint64_t bytes) {
  if (!has_room(file, bytes)) return false;
  rlimit limit{};
  // Beyond the limit there would be a SIGXFSZ instead of an error.
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur < bytes) return false;
  if (fallocate(file, 0, 0, static_cast<off_t>(bytes)) == 0) return true;
  if (errno != EOPNOTSUPP) return false;
  return write_zeros(file, 0, bytes);
}

// In the place of the one before, if that was as large. Null: it cannot be mapped.
std::uint8_t* map_file(int file, std::uint64_t bytes) {
  const bool same = heap.header != nullptr && heap.header->file_size == bytes;
  void* const mapping = mmap(same ? heap.header : nullptr, bytes, PROT_READ | PROT_WRITE,
                             MAP_SHARED | (same ? MAP_FIXED : 0), file, 0);
  if (mapping == MAP_FAILED) return nullptr;
  // Without read-ahead: it would fill megabytes of the page cache with zeros at the first touch.
  madvise(mapping, bytes, MADV_RANDOM);
  if (madvise(mapping, bytes, MADV_DONTFORK) == 0) return static_cast<std::uint8_t*>(mapping);
  if (same)
    unmap_heap_file();
  else
    munmap(mapping, bytes);
  return nullptr;
}

// Gets the pages that every program writes to, all at once: a page takes 5 us when its first
// touch gets it from ext4, and 1 us when zeros were written there. When this fails they are got
// one by one.
void get_first_pages(int file, std::uint8_t* mapping, const Layout& layout) {
  constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE, since Linux 5.14
  const auto get = [=](const Section& section, std::uint64_t entries) {
    const std::uint64_t start = section.offset / kPage * kPage;
    const std::uint64_t bytes = section.offset + entries * section.entry_size - start;
    if (write_zeros(file, start, bytes)) madvise(mapping + start, bytes, kPopulateWrite);
  };
  constexpr std::uint64_t kModules = 16;
  constexpr std::uint64_t kSites = 16;
  get({0, layout.modules.offset, 1}, layout.modules.offset + kModules * sizeof(heap_file::Module));
  get(layout.nodes, layout.nodes.count / 512);
  get(layout.live_keys, layout.live_keys.count / 512);
  get(layout.live, layout.live.count / 512);
  get(layout.sites, kSites);
}

std::uint8_t* map_new_file(const Config& config, std::uint64_t bytes) {
  char path[1100];
  int file = config.made ? open_made_file(config.file, bytes, path) : -1;
  const bool made = file >= 0;
  if (!made) file = create_file(config.file, path);
  if (file < 0) return nullptr;
  std::uint8_t* const mapping = made || allocate(file, bytes) ? map_file(file, bytes) : nullptr;
  if (mapping != nullptr && !made) get_first_pages(file, mapping, layout_of(bytes));
  close(file);
  if (mapping == nullptr) unlink(path);
  return mapping;
}

// The command line, with blanks between its words.
void read_command(char (&command)[256]) {
  const int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  const ssize_t length = file < 0 ? 0 : read(file, command, sizeof command - 1);
  if (file >= 0) close(file);
  const ssize_t end = std::max<ssize_t>(length, 0);
  std::replace(command, command + end, '\0', ' ');
  ssize_t last = end;
  while (last > 0 && command[last - 1] == ' ') --last;
  std::fill(command + last, command + sizeof command, '\0');
}

void write_header(Header& header, const NewFile& wanted, const Layout& layout) {
  header.version = heap_file::kVersion;
  header.file_size = wanted.file_bytes;
  header.pid = heap.pid;
  header.parent_pid = static_cast<std::uint32_t>(getppid());
  header.origin = static_cast<std::uint32_t>(wanted.origin);
  header.opened_ns = now_ns();
  header.opened_realtime_ns = read_clock(CLOCK_REALTIME);
  read_command(header.command);
  header.modules = layout.modules;
  header.nodes = layout.nodes;
  header.sites = layout.sites;
  header.live_keys = layout.live_keys;
  header.live = layout.live;
  header.thread_names = layout.thread_names;
  header.mean_bytes = wanted.config.mean_bytes;
  header.control.mean_bytes = wanted.config.mean_bytes;
  header.control.max_overhead_ppm = wanted.config.max_overhead_ppm;
  header.control.by_thread = wanted.config.by_thread ? 1 : 0;
  memcpy(header.magic, heap_file::kMagic, sizeof header.magic);
}

template <class T>
T* section_at(std::uint8_t* file, const Section& section) {
  return reinterpret_cast<T*>(file + section.offset);
}

}  // namespace

bool protect_heap_from_fork() {
  return madvise(static_cast<void*>(&heap), sizeof heap, MADV_WIPEONFORK) == 0;
}

bool make_heap_file(const NewFile& wanted) {
  std::uint8_t* file = map_new_file(wanted.config, wanted.file_bytes);
  if (file == nullptr) return false;
  auto* header = reinterpret_cast<Header*>(file);
  const Layout layout = layout_of(wanted.file_bytes);
  write_header(*header, wanted, layout);
  publish_modules(section_at<heap_file::Module>(file, layout.modules),
                  static_cast<std::uint32_t>(layout.modules.count));
  heap.stacks = {section_at<heap_file::Node>(file, layout.nodes),
                 static_cast<std::uint32_t>(layout.nodes.count)};
  heap.recent_stacks = {};
  heap.sites = section_at<heap_file::Site>(file, layout.sites);
  heap.site_count = static_cast<std::uint32_t>(layout.sites.count);
  heap.next_site = 0;
  heap.thread_names = section_at<heap_file::ThreadName>(file, layout.thread_names);
  heap.thread_name_count = static_cast<std::uint32_t>(layout.thread_names.count);
  heap.live.entries = section_at<heap_file::Live>(file, layout.live);
  heap.live.buckets = layout.live_keys.count / LiveTable::kSlotsPerBucket;
  heap.compared_ns = header->opened_ns;
  heap.header = header;
  __atomic_store_n(&heap.live.keys, section_at<std::uint64_t>(file, layout.live_keys),
                   __ATOMIC_RELEASE);
  __atomic_store_n(&header->state, static_cast<std::uint32_t>(heap_file::State::kSampling),
                   __ATOMIC_RELEASE);
  return true;
}

void unmap_heap_file() {
  Header* header = heap.header;
  const std::uint64_t bytes = header->file_size;
  void* const memory = mmap(header, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  store(header->state, static_cast<std::uint32_t>(heap_file::State::kStopped));
  header->file_size = bytes;
}

void set_trouble(const char* trouble) {
  if (heap.header == nullptr || heap.header->trouble[0] != '\0') return;
  strncpy(heap.header->trouble, trouble, sizeof heap.header->trouble - 1);
}

}  // namespace tidemark::agent
