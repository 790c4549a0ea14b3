#include "lib/load/hlog.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/base64.h"
#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark::load {
namespace {

// HdrHistogram's EncodableHistogram.java: the version in the second digit from the right.
constexpr std::uint32_t kCookie = 0x1c849303 | 0x10;
constexpr std::uint32_t kCompressedCookie = 0x1c849304 | 0x10;
constexpr std::uint32_t kDigits = 3;
constexpr std::size_t kHead = 40;
constexpr std::size_t kMostBytes = kHead + Histogram::kBuckets * 9;  // 9 for each count at most
constexpr std::size_t kUsualBytes = 8192;
constexpr std::string_view kTitle = "#[Histogram log format version 1.";
constexpr std::int64_t kMostMs = 253'402'300'799'000;  // the end of the year 9999
constexpr std::int64_t kYearMs = 365LL * 86'400'000;

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift & 0xFFU);
}

// ZigZag LEB128 in at most 9 bytes, the last of which has 8 bits.
void put_zigzag(std::string& out, std::int64_t value) {
  auto bits = static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
  for (int byte = 0; byte < 8 && bits > 0x7FU; ++byte, bits >>= 7)
    out += static_cast<char>((bits & 0x7FU) | 0x80U);
  out += static_cast<char>(bits);
}

std::int64_t zigzag(Bytes& bytes) {
  std::uint64_t bits = 0;
  for (unsigned byte = 0; byte < 9; ++byte) {
    const std::uint64_t next = bytes.u8("a count");
    const bool last = byte == 8 || next < 0x80;
    bits |= (byte == 8 ? next : next & 0x7FU) << (7 * byte);
    if (last) break;
  }
  return static_cast<std::int64_t>(bits >> 1 ^ (~(bits & 1) + 1));
}

// Small windows: the whole text is small, and zlib's own memory would be 256 KB.
std::string deflated(const std::string& text) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 13, 6, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT: zlib only reads it
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// At most kMostBytes of it; nothing when it is more, or damaged.
std::optional<std::string> inflated(std::string_view text) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT: zlib only reads it
  stream.avail_in = static_cast<uInt>(text.size());
  std::string out;
  int end = Z_OK;
  do {
    out.resize(std::min(std::max(2 * out.size(), kUsualBytes), kMostBytes + 1));
    stream.next_out = reinterpret_cast<Bytef*>(out.data()) + stream.total_out;
    stream.avail_out = static_cast<uInt>(out.size() - stream.total_out);
    end = inflate(&stream, Z_NO_FLUSH);
  } while (end == Z_OK && stream.avail_out == 0 && out.size() <= kMostBytes);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  if (end != Z_STREAM_END) return std::nullopt;
  return out;
}

// The payload of V2: each count, and for a run of n zeros -n.
std::string counts_text(std::span<const std::int64_t> counts) {
  std::string out;
  for (std::size_t at = 0; at < counts.size();) {
    std::size_t zeros = 0;
    while (at + zeros < counts.size() && counts[at + zeros] == 0) ++zeros;
    if (zeros > 1) {
      put_zigzag(out, -static_cast<std::int64_t>(zeros));
      at += zeros;
    } else {
      put_zigzag(out, counts[at++]);
    }
  }
  return out;
}

std::vector<std::int64_t> counts_from(Bytes& bytes) {
  std::vector<std::int64_t> counts;
  std::int64_t sum = 0;
  while (!bytes.at_end()) {
    const std::int64_t count = zigzag(bytes);
    const auto room = static_cast<std::int64_t>(Histogram::kBuckets - counts.size());
    if (count < 0 ? count < -room : room == 0)
      bytes.fail("values up to 1 h", "a count beyond them");
    if (count < 0) {
      counts.resize(counts.size() + static_cast<std::size_t>(-count));
    } else {
      sum = checked_add(sum, count);
      counts.push_back(count);
    }
  }
  return counts;
}

Histogram decoded_payload(Bytes& bytes) {
  if (bytes.u32("a cookie") != kCookie) bytes.fail("the encoding V2", "another");
  const std::uint32_t length = bytes.u32("a length");
  if (bytes.u32("an offset") != 0) bytes.fail("counts from 0 on", "shifted ones");
  const std::uint32_t digits = bytes.u32("a number of digits");
  const std::uint64_t lowest = bytes.u64("the lowest value");
  if (digits != kDigits || lowest != 1)
    bytes.fail("a histogram of 3 digits from 1 on",
               fmt::format("one of {} digits from {} on", digits, lowest));
  bytes.u64("the highest value");
  bytes.u64("a ratio");
  Bytes counts("counts", bytes.take(length, "the counts"), std::endian::big);
  const std::vector<std::int64_t> all = counts_from(counts);
  return Histogram::of(all, 0, Histogram::kHighest);
}

// A tag as the format allows it: without delimiters.
std::string escaped_tag(std::string_view tag) {
  std::string out;
  for (const char letter : tag) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool plain = byte > ' ' && byte < 0x7F && letter != ',' && letter != '%';
    out += plain ? std::string(1, letter) : fmt::format("%{:02X}", byte);
  }
  return out;
}

std::string plain_tag(std::string_view tag) {
  std::string out;
  for (std::size_t at = 0; at < tag.size(); ++at) {
    const auto byte =
        tag[at] == '%' && at + 2 < tag.size() ? to_hex(tag.substr(at + 1, 2)) : std::nullopt;
    out += byte ? static_cast<char>(*byte) : tag[at];
    if (byte) at += 2;
  }
  return out;
}

double seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

std::int64_t ms_of(const Lines& lines, std::string_view text, std::string_view what) {
  const auto number = to_double(text);
  if (!number || !(*number >= 0) || *number > seconds(kMostMs))
    lines.fail(fmt::format("{} in seconds", what));
  return std::llround(*number * 1000);
}

// "#[StartTime: 1763758519.250 (seconds since epoch), ..." and the same with BaseTime.
std::optional<std::int64_t> time_in(const Lines& lines, std::string_view prefix) {
  std::string_view line = lines.line();
  if (!line.starts_with(prefix)) return std::nullopt;
  line.remove_prefix(prefix.size());
  return ms_of(lines, line.substr(0, line.find_first_of(" ]")), "a time");
}

// What the comments at the beginning say.
struct Head {
  bool titled = false;
  std::int64_t start_ms = 0;
  std::optional<std::int64_t> base_ms;
};

void read_comment(const Lines& lines, Head& head) {
  head.start_ms = time_in(lines, "#[StartTime: ").value_or(head.start_ms);
  if (const auto base = time_in(lines, "#[BaseTime: ")) head.base_ms = base;
}

Interval interval_of(const Lines& lines, std::string_view name, const Head& head) {
  Interval out;
  std::string_view line = lines.line();
  if (line.starts_with("Tag=")) {
    out.tag = plain_tag(line.substr(4, line.find(',') - 4));
    line.remove_prefix(std::min(line.find(','), line.size() - 1) + 1);
  }
  std::array<std::string_view, 3> fields;
  for (std::string_view& field : fields) {
    const std::size_t comma = line.find(',');
    if (comma == std::string_view::npos) lines.fail("start,length,max,histogram");
    field = line.substr(0, comma);
    line.remove_prefix(comma + 1);
  }
  out.start_ms = head.base_ms.value_or(0) + ms_of(lines, fields[0], "a start");
  // Without a base, as HdrHistogram's reader takes it, early times count from the start.
  if (!head.base_ms && out.start_ms < head.start_ms - kYearMs) out.start_ms += head.start_ms;
  out.length_ms = ms_of(lines, fields[1], "a length");
  const auto max = to_double(fields[2]);
  if (!max || !(*max >= 0) || !std::isfinite(*max)) lines.fail("a maximum in milliseconds");
  out.histogram = decoded(line, fmt::format("{}:{}", name, lines.number()));
  return out;
}

}  // namespace

std::string encoded(const Histogram& histogram) {
  const std::string counts = counts_text(histogram.counts());
  std::string text;
  put(text, kCookie, 4);
  put(text, counts.size(), 4);
  put(text, 0, 4);  // normalizing index offset
  put(text, kDigits, 4);
  put(text, 1, 8);
  put(text, Histogram::kHighest, 8);
  put(text, std::bit_cast<std::uint64_t>(1.0), 8);
  const std::string packed = deflated(text + counts);
  std::string out;
  put(out, kCompressedCookie, 4);
  put(out, packed.size(), 4);
  return base64(out + packed);
}

Histogram decoded(std::string_view text, std::string_view where) {
  try {
    const auto bytes = from_base64(text);
    if (!bytes) throw Error(fmt::format("expected base64, found {}", quoted(text)));
    Bytes outer("histogram", *bytes, std::endian::big);
    if (outer.u32("a cookie") != kCompressedCookie)
      outer.fail("a compressed histogram in the encoding V2", "another");
    const auto payload = inflated(outer.take(outer.u32("a length"), "the compressed histogram"));
    if (!payload) outer.fail("the zlib stream of a histogram", "a damaged or endless one");
    Bytes inner("histogram", *payload, std::endian::big);
    return decoded_payload(inner);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", where, error.what()), error.hint());
  }
}

IntervalLog::IntervalLog(const std::filesystem::path& path, std::int64_t start_ms)
    : name_(path.string()),
      fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666)),
      start_ms_(start_ms) {
  if (!fd_) throw errno_error(name_);
  const std::time_t whole = start_ms / 1000;
  if (!append(fmt::format("{0}3]\n#[StartTime: {1:.3f} (seconds since epoch), {2:%F %T} UTC]\n"
                          "#[BaseTime: {1:.3f} (seconds since epoch)]\n"
                          "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                          "\"Interval_Compressed_Histogram\"\n",
                          kTitle, seconds(start_ms), fmt::gmtime(whole))))
    throw Error(trouble_);
}

bool IntervalLog::append(std::string_view text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t more = ::write(fd_.get(), text.data() + written, text.size() - written);
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) {
      trouble_ = errno_error(name_).what();
      // Half a line would make one of it and the next; a reader would say so.
      if (::ftruncate(fd_.get(), size_) != 0) trouble_ += "; the log ends inside a line";
      return false;
    }
    written += static_cast<std::size_t>(more);
  }
  size_ += static_cast<std::int64_t>(text.size());
  return true;
}

void IntervalLog::write(std::string_view tag, std::int64_t start_ms, std::int64_t length_ms,
                        const Histogram& histogram) {
  append(fmt::format("{}{}{}{:.3f},{:.3f},{:.3f},{}\n", tag.empty() ? "" : "Tag=", escaped_tag(tag),
                     tag.empty() ? "" : ",",
                     seconds(std::max<std::int64_t>(start_ms - start_ms_, 0)), seconds(length_ms),
                     static_cast<double>(histogram.max()) / 1e6, encoded(histogram)));
}

std::string read_intervals(const Input& input, const std::function<void(const Interval&)>& sink) {
  Lines lines(input.name, input.bytes);
  Head head;
  while (lines.next()) {
    const bool comment = lines.line().starts_with('#');
    head.titled = head.titled || lines.line().starts_with(kTitle);
    if (!head.titled && !comment) break;
    if (!lines.whole()) return lines.at("cut off inside its last line, which is left out");
    if (comment) {
      read_comment(lines, head);
    } else if (!lines.line().empty() && !lines.line().starts_with('"')) {
      sink(interval_of(lines, input.name, head));
    }
  }
  if (!head.titled) lines.fail(fmt::format("'{}3]'", kTitle));
  return "";
}

}  // namespace tidemark::load
