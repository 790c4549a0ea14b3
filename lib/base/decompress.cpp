#include "lib/base/decompress.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "lib/base/error.h"

namespace tidemark {
namespace {

constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";
constexpr std::size_t kKeepInMemory = std::size_t{64} << 20;
constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::uint64_t kLeaveOnDisk = std::uint64_t{1} << 30;

// Collects what comes out: in memory first, on disk once it is large. The stream
// is expanded to where it stays, in memory that is mapped once and in large
// pages: growing a string would copy it and touch every small page twice.
//
//   sink.room() (where to write), sink.took(how much)..., sink.finish()
class Sink {
 public:
  Sink() {
    void* const start = ::mmap(nullptr, kMapped, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) throw errno_error("memory to decompress");
    memory_ = static_cast<char*>(start);
    ::madvise(memory_ + kChunk, kMapped - kChunk, MADV_HUGEPAGE);  // small contents need none
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink() {
    if (memory_ != nullptr) ::munmap(memory_, kMapped);
  }

  std::span<char> room() { return {memory_ + (spilled_ ? 0 : size_), kChunk}; }

  // Says that the first `count` bytes of room() were written. False when the
  // disk is too full to go on.
  bool took(std::size_t count) {
    size_ += count;
    if (!spilled_ && size_ <= kKeepInMemory) return true;
    const std::size_t waiting = spilled_ ? count : size_;
    if (!spilled_) spill();
    if (!disk_has_room()) return false;
    write({memory_, waiting});
    return true;
  }

  std::size_t size() const { return size_; }

  File finish(const std::string& name) {
    if (!spilled_) return keep_in_memory(name);
    const std::size_t size = written_;
    void* const start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, disk_.get(), 0);
    if (start == MAP_FAILED) throw errno_error(name);
    std::shared_ptr<const void> owner(start, [size](void* p) { ::munmap(p, size); });
    return {name, {static_cast<const char*>(start), size}, std::move(owner)};
  }

 private:
  static constexpr std::size_t kMapped = kKeepInMemory + kChunk;

  File keep_in_memory(const std::string& name) {
    std::shared_ptr<const void> owner(memory_, [](void* p) { ::munmap(p, kMapped); });
    const std::string_view contents(std::exchange(memory_, nullptr), size_);
    return {name, contents, std::move(owner), File::Pages::kOfMemory};
  }

  void spill() {
    const char* const chosen = std::getenv("TMPDIR");
    directory_ = chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
    disk_ = Descriptor(::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!disk_) throw errno_error(fmt::format("{}: a temporary file", directory_));
    spilled_ = true;
  }

  void write(std::string_view piece) {
    while (!piece.empty()) {
      const ssize_t count = ::write(disk_.get(), piece.data(), piece.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw errno_error(fmt::format("{}: a temporary file", directory_));
      written_ += static_cast<std::size_t>(count);
      piece.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  bool disk_has_room() const {
    struct statvfs about {};
    if (::fstatvfs(disk_.get(), &about) != 0) return true;
    return about.f_bavail * about.f_frsize > kLeaveOnDisk;
  }

  char* memory_ = nullptr;
  std::string directory_;
  Descriptor disk_;
  std::size_t size_ = 0;
  std::size_t written_ = 0;
  bool spilled_ = false;
};

constexpr std::string_view kDiskFull = "the disk has no room for the rest of what it expands to";
constexpr std::string_view kCut = "the compressed stream ends early";

// Each returns what is wrong with the stream and sets `at`; empty when it is whole.
std::string inflate_member(std::string_view bytes, Sink& sink, std::size_t& at) {
  z_stream stream{};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (::inflateInit2(&stream, kGzipOnly) != Z_OK) throw Error("zlib: out of memory");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, ::inflateEnd);
  int state = Z_OK;
  while (state == Z_OK) {
    const std::size_t feed =
        std::min(bytes.size() - at, std::size_t{std::numeric_limits<uInt>::max()});
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + at));
    stream.avail_in = static_cast<uInt>(feed);
    const std::span<char> room = sink.room();
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    state = ::inflate(&stream, Z_NO_FLUSH);
    at += feed - stream.avail_in;
    const std::size_t got = room.size() - stream.avail_out;
    if (!sink.took(got)) return std::string(kDiskFull);
    if (at == bytes.size() && got == 0 && state != Z_STREAM_END) return std::string(kCut);
  }
  if (state == Z_STREAM_END) return "";
  if (state == Z_BUF_ERROR) return std::string(kCut);
  return fmt::format("the gzip stream is damaged ({})",
                     stream.msg != nullptr ? stream.msg : "no details");
}

std::string inflate_gzip(std::string_view bytes, Sink& sink, std::size_t& at) {
  while (at < bytes.size()) {
    std::string wrong = inflate_member(bytes, sink, at);
    if (!wrong.empty()) return wrong;
    if (!bytes.substr(at).starts_with(kGzipMagic)) return "";  // padding after the last member
  }
  return "";
}

std::string inflate_zstd(std::string_view bytes, Sink& sink, std::size_t& at) {
  const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(::ZSTD_createDStream(),
                                                                             ::ZSTD_freeDStream);
  if (stream == nullptr) throw Error("zstd: out of memory");
  ZSTD_inBuffer in{.src = bytes.data(), .size = bytes.size(), .pos = 0};
  std::size_t wants = 0;
  bool full = false;  // the output buffer was filled: more may be waiting, but for a frame's end
  while (in.pos < in.size || (full && wants != 0)) {
    const std::span<char> room = sink.room();
    ZSTD_outBuffer out{.dst = room.data(), .size = room.size(), .pos = 0};
    wants = ::ZSTD_decompressStream(stream.get(), &out, &in);
    at = in.pos;
    if (::ZSTD_isError(wants) != 0) {
      return fmt::format("the zstd stream is damaged ({})", ::ZSTD_getErrorName(wants));
    }
    if (!sink.took(out.pos)) return std::string(kDiskFull);
    full = out.pos == out.size;
  }
  return wants == 0 ? "" : std::string(kCut);
}

}  // namespace

bool is_compressed(std::string_view head) {
  return head.starts_with(kGzipMagic) || head.starts_with(kZstdMagic);
}

Decompressed decompress(const File& file) {
  if (!is_compressed(file.bytes())) return {.file = file, .damage = ""};
  Sink sink;
  std::size_t at = 0;
  const bool gzipped = file.bytes().starts_with(kGzipMagic);
  std::string damage =
      gzipped ? inflate_gzip(file.bytes(), sink, at) : inflate_zstd(file.bytes(), sink, at);
  if (!damage.empty()) damage = fmt::format("{}+0x{:x}: {}", file.name(), at, damage);
  if (sink.size() == 0 && !damage.empty()) throw Error(damage);
  return {.file = sink.finish(file.name()), .damage = std::move(damage)};
}

std::string gzip(std::string_view contents, int level) {
  z_stream stream{};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  constexpr int kMemoryLevel = 8;
  if (::deflateInit2(&stream, level, Z_DEFLATED, kGzipOnly, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw Error("zlib: out of memory");
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, ::deflateEnd);
  std::string out;
  std::vector<char> buffer(kChunk);
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    const std::size_t feed = std::min(contents.size(), kChunk);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(contents.data()));
    stream.avail_in = static_cast<uInt>(feed);
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    state = ::deflate(&stream, feed == contents.size() ? Z_FINISH : Z_NO_FLUSH);
    contents.remove_prefix(feed - stream.avail_in);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  return out;
}

}  // namespace tidemark
