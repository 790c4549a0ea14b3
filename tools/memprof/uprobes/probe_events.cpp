#include "tools/memprof/uprobes/probe_events.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lib/base/error.h"
#include "lib/inject/uprobe_access.h"

namespace tidemark::memprof {
namespace {

constexpr std::uint32_t kStackBytes = 8 << 10;
constexpr std::uint64_t kNever = std::uint64_t{1} << 40U;
constexpr std::size_t kWord = sizeof(std::uint64_t);

// The DWARF numbers of ax, bx, cx, dx, si, di, bp, sp, ip and r8 to r15, which is perf's order
// (arch/x86/include/uapi/asm/perf_regs.h), and perf's mask of them.
constexpr std::array<std::size_t, Registers::kCount> kDwarfNumbers = {
    0, 3, 2, 1, 4, 5, 6, 7, 16, 8, 9, 10, 11, 12, 13, 14, 15};
constexpr std::uint64_t kMask = 0xFF01FF;

std::size_t page() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

[[noreturn]] void refuse(std::string_view what) {
  throw Error(fmt::format("the kernel refuses {}: {}", what, std::strerror(errno)));
}

// The words of a record, one after the other; 0 beyond its end.
class Words {
 public:
  explicit Words(const std::string& bytes) : bytes_(bytes) {}
  std::uint64_t next() {
    std::uint64_t word = 0;
    if (at_ + kWord <= bytes_.size()) std::memcpy(&word, bytes_.data() + at_, kWord);
    at_ += kWord;
    return word;
  }
  std::string take(std::uint64_t size) {
    std::string part = at_ < bytes_.size() ? bytes_.substr(at_, size) : std::string();
    at_ += size;
    return part;
  }

 private:
  const std::string& bytes_;
  std::size_t at_ = 0;
};

ProbeSample sample_in(Words& words) {
  ProbeSample sample;
  words.next();  // process and thread
  words.next();  // time
  if (words.next() != PERF_SAMPLE_REGS_ABI_64) return sample;
  for (const std::size_t number : kDwarfNumbers) sample.registers.set(number, words.next());
  const std::uint64_t size = words.next();
  sample.stack = words.take(std::min<std::uint64_t>(size, kStackBytes));
  sample.stack.resize(std::min<std::uint64_t>(size == 0 ? 0 : words.next(), sample.stack.size()));
  return sample;
}

}  // namespace

ProbeEvent ProbeEvent::open(const std::filesystem::path& file, std::uint64_t offset, pid_t thread,
                            std::uint64_t period) {
  const std::optional<std::uint32_t> type = uprobe_event_type();
  if (!type) throw Error("the kernel has no probes in programs");
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = *type;
  attr.config1 = reinterpret_cast<std::uintptr_t>(file.c_str());
  attr.config2 = offset;
  attr.sample_period = period == 0 ? kNever : period;
  attr.sample_type =
      PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
  attr.sample_regs_user = kMask;
  attr.sample_stack_user = kStackBytes;
  attr.exclude_kernel = 1;
  attr.disabled = period == 0 ? 0 : 1;  // until its ring is there
  ProbeEvent event;
  event.fd_ = Descriptor(static_cast<int>(
      ::syscall(SYS_perf_event_open, &attr, thread, -1, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event.fd_ && errno != ESRCH) refuse("a probe");
  return event;
}

std::uint64_t ProbeEvent::count() const {
  std::uint64_t calls = 0;
  if (!fd_ || ::read(fd_.get(), &calls, sizeof calls) != sizeof calls) return 0;
  return calls;
}

SampleRing::SampleRing(const ProbeEvent& first, std::size_t bytes)
    : fd_(first.fd()), bytes_(bytes) {
  pages_ = ::mmap(nullptr, page() + bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (pages_ == MAP_FAILED) {
    throw Error(fmt::format("no memory for samples: {}", std::strerror(errno)),
                "root, or a larger kernel.perf_event_mlock_kb");
  }
}

SampleRing::SampleRing(SampleRing&& other) noexcept
    : fd_(other.fd_),
      pages_(std::exchange(other.pages_, nullptr)),
      bytes_(other.bytes_),
      lost_(other.lost_) {}

SampleRing::~SampleRing() {
  if (pages_ != nullptr) ::munmap(pages_, page() + bytes_);
}

void SampleRing::take(const ProbeEvent& event) const {
  if (event.fd() != fd_ && ::ioctl(event.fd(), PERF_EVENT_IOC_SET_OUTPUT, fd_) != 0) {
    refuse("one ring for the probes of a thread");
  }
  if (::ioctl(event.fd(), PERF_EVENT_IOC_ENABLE, 0) != 0) refuse("to start a probe");
}

void SampleRing::drain(std::vector<ProbeSample>& samples, std::size_t most) {
  auto* const control = static_cast<perf_event_mmap_page*>(pages_);
  const char* const data = static_cast<const char*>(pages_) + page();
  const std::uint64_t head = __atomic_load_n(&control->data_head, __ATOMIC_ACQUIRE);
  std::uint64_t tail = control->data_tail;
  const auto copy = [&](std::uint64_t from, std::size_t size) {
    std::string bytes(size, '\0');
    const std::size_t at = from & (bytes_ - 1);
    const std::size_t first = std::min(size, bytes_ - at);
    std::memcpy(bytes.data(), data + at, first);
    std::memcpy(bytes.data() + first, data, size - first);
    return bytes;
  };
  while (head - tail >= kWord) {
    perf_event_header header{};
    std::memcpy(&header, copy(tail, sizeof header).data(), sizeof header);
    if (header.size < sizeof header || header.size > head - tail) break;
    take_record(copy(tail, header.size), samples, most);
    tail += header.size;
  }
  __atomic_store_n(&control->data_tail, head, __ATOMIC_RELEASE);
}

void SampleRing::take_record(const std::string& record, std::vector<ProbeSample>& samples,
                             std::size_t most) {
  perf_event_header header{};
  std::memcpy(&header, record.data(), sizeof header);
  Words words(record);
  words.next();
  if (header.type == PERF_RECORD_LOST) {
    words.next();  // the event's id
    lost_ += words.next();
  }
  if (header.type != PERF_RECORD_SAMPLE) return;
  if (samples.size() >= most) {
    ++lost_;
    return;
  }
  samples.push_back(sample_in(words));
}

}  // namespace tidemark::memprof
