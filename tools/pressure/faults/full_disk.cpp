// "disk-full PATH 30s", "disk-full 64MiB 30s".

#include "tools/pressure/faults/full_disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <variant>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/quantities.h"
#include "tools/pressure/faults/kinds.h"
#include "tools/pressure/target/host_guard.h"

namespace tidemark::pressure {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kUsual = std::int64_t{64} << 20;
constexpr std::int64_t kMost = std::int64_t{4} << 30;  // it is memory
constexpr const char* kFiller = ".tidemark-full";

std::vector<fs::path> paths_of(const load::Scenario& scenario, const Order& order) {
  if (!order.path.empty()) return {order.path};
  std::vector<fs::path> paths;
  for (const load::Beside& beside : scenario.beside) {
    const auto* const files = std::get_if<load::FileClients>(&beside.what);
    if (files != nullptr) paths.emplace_back(files->directory);
  }
  return paths;
}

std::string cannot_mount_on(const fs::path& path) {
  std::error_code problem;
  if (!fs::exists(path, problem)) {
    const fs::path parent = fs::absolute(path).lexically_normal().parent_path();
    return fs::is_directory(parent, problem) ? "" : "there is no directory " + parent.string();
  }
  if (!fs::is_directory(path, problem)) return path.string() + " is no directory";
  if (fs::is_empty(path, problem)) return "";
  return path.string() +
         " is not empty: a file system is mounted on it, which would hide what is in it";
}

std::string cannot_fill(const load::Scenario& scenario, const Order& order) {
  const std::vector<fs::path> paths = paths_of(scenario, order);
  if (paths.empty()) {
    return "there are no file clients whose directory could be full: name a directory, as in "
           "disk-full DIRECTORY 30s";
  }
  if (order.bytes > kMost) {
    return fmt::format("the file system is made of memory, and may have {} at most",
                       exact_bytes_text(kMost));
  }
  if (order.bytes > memory_room(scenario.guard, read_host())) {
    return fmt::format("{} of memory for the file system would be beyond the guard's limit",
                       exact_bytes_text(order.bytes));
  }
  for (const fs::path& path : paths) {
    std::string why = cannot_mount_on(path);
    if (!why.empty()) return why;
  }
  if (!may(CAP_SYS_ADMIN)) return "to mount a small file system takes root (CAP_SYS_ADMIN)";
  return "";
}

// Takes what is left, again and again: what others remove meanwhile is gone, too.
class Filler {
 public:
  Filler(Loop& loop, const std::vector<FullDisks::Place>& places) : loop_(loop) {
    for (const FullDisks::Place& place : places) {
      const fs::path path = place.path / kFiller;
      Descriptor file(
          ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
      if (!file) throw errno_error(path.string());
      files_.push_back(std::move(file));
      paths_.push_back(path);
    }
    step();
  }
  Filler(const Filler&) = delete;
  Filler& operator=(const Filler&) = delete;
  ~Filler() {
    loop_.cancel(timer_);
    for (const fs::path& path : paths_) ::unlink(path.c_str());
  }

 private:
  void step() {
    constexpr std::size_t kPiece = std::size_t{64} << 10;
    constexpr int kPieces = 128;  // 8 MiB, a few milliseconds
    static constexpr std::array<char, kPiece> kNothing{};
    for (const Descriptor& file : files_) {
      for (int i = 0; i < kPieces; ++i) {
        if (::write(file.get(), kNothing.data(), kNothing.size()) <= 0) break;
      }
    }
    timer_ = loop_.at(loop_.refresh() + 5 * kMillisecond, [this] { step(); });
  }

  Loop& loop_;
  std::vector<Descriptor> files_;
  std::vector<fs::path> paths_;
  Loop::TimerId timer_ = Loop::TimerId::kNone;
};

TakeBack begin_full_disk(Ground& ground, const Order& order) {
  if (ground.disks == nullptr) throw Error("no file system was mounted for it");
  std::vector<FullDisks::Place> places;
  for (const fs::path& path : paths_of(*ground.scenario, order)) {
    const auto found = std::ranges::find(ground.disks->places(), path, &FullDisks::Place::path);
    if (found != ground.disks->places().end()) places.push_back(*found);
  }
  if (places.empty()) throw Error("no file system was mounted for it");
  auto filler = std::make_shared<Filler>(*ground.loop, places);
  return [filler]() mutable {
    filler.reset();
    return std::string();
  };
}

}  // namespace

std::vector<FullDisks::Place> FullDisks::needed(const load::Scenario& scenario, const Order& order,
                                                std::vector<Place> places) {
  const std::int64_t bytes = order.bytes > 0 ? order.bytes : kUsual;
  for (const fs::path& path : paths_of(scenario, order)) {
    const auto found = std::ranges::find(places, path, &Place::path);
    if (found == places.end()) {
      places.push_back({.path = path, .bytes = bytes});
    } else {
      found->bytes = std::max(found->bytes, bytes);
    }
  }
  return places;
}

FullDisks::FullDisks(std::vector<Place> places, Custodian& custodian)
    : places_(std::move(places)), custodian_(custodian) {
  for (const Place& place : places_) {
    const fs::path path = fs::absolute(place.path);
    if (::mkdir(path.c_str(), 0755) == 0) {
      debts_.push_back(custodian.owe({.kind = Debt::Kind::kRemove, .path = path}));
    } else if (errno != EEXIST) {
      throw errno_error(path.string());
    }
    const auto debt = custodian.owe({.kind = Debt::Kind::kUnmount, .path = path});
    const std::string options = fmt::format("size={},mode=0755", place.bytes);
    if (::mount("tidemark", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
      const int number = errno;
      throw errno_error(fmt::format("cannot mount a small file system on {}", path.string()),
                        number);
    }
    debts_.push_back(debt);
  }
}

FullDisks::~FullDisks() {
  std::for_each(debts_.rbegin(), debts_.rend(),
                [this](Custodian::Id debt) { custodian_.take_back(debt); });
}

constinit const FaultKind kDiskFullFault = {
    .name = "disk-full", .cannot = cannot_fill, .begin = begin_full_disk};

}  // namespace tidemark::pressure
