#include "tools/pressure/files/refactor.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace tidemark::pressure {
namespace {

constexpr int kDirectories = 10;
constexpr int kFiles = 200;
constexpr int kBetweenChunks = 8;  // other pieces between two of the large file
constexpr int kChunks = 64;
constexpr std::size_t kChunk = std::size_t{256} << 10;

// A step is over after so long: the loop has other things to do.
constexpr Time kPiece = 2 * kMillisecond;

constexpr std::array<std::string_view, 5> kNames = {"make", "change", "rename", "move", "remove"};
constexpr std::array<int, 5> kPieces = {kFiles, kFiles, kFiles, kDirectories,
                                        kFiles + kDirectories + 1};

std::string old_place(int which) { return fmt::format("part{}", which % kDirectories); }
std::string new_place(int which) { return fmt::format("module{}", which % kDirectories); }
std::string old_name(int which) { return fmt::format("class{}.cpp", which); }
std::string new_name(int which) { return fmt::format("thing{}.cpp", which); }

}  // namespace

Refactor::Refactor(FileWork& work, const std::filesystem::path& directory, std::uint64_t seed)
    : work_(work), desk_(directory), random_(seed) {}

Time Refactor::step() {
  const auto phase = static_cast<std::size_t>(phase_);
  const Time from = clock_now();
  while (clock_now() - from < kPiece) {
    const Time start = clock_now();
    const int problem = one(done_);
    // What an earlier failure (a full disk) left undone is not counted again.
    if (problem != ENOENT && problem != ENOTEMPTY) work_.count(kNames[phase], start, problem);
    if (++pieces_ % kBetweenChunks == 0) write_large();
    if (++done_ == kPieces[phase]) return end_phase();
  }
  return from + 2 * kPiece;
}

Time Refactor::end_phase() {
  done_ = 0;
  if (phase_ != Phase::kRemove) {
    phase_ = static_cast<Phase>(static_cast<int>(phase_) + 1);
    return clock_now() + kPiece;
  }
  phase_ = Phase::kMake;
  pieces_ = 0;
  return work_.pause(random_);
}

void Refactor::write_large() {
  const int chunk = pieces_ / kBetweenChunks;
  if (chunk > kChunks || phase_ == Phase::kRemove) return;
  const Time start = clock_now();
  const std::string text(kChunk, static_cast<char>('a' + chunk % 26));
  work_.count("large", start, desk_.append("large.bin", text));
}

int Refactor::one(int which) const {
  const std::string old_path = old_place(which) + "/" + old_name(which);
  switch (phase_) {
    case Phase::kMake: {
      const int problem = which < kDirectories ? desk_.make_directory(old_place(which)) : 0;
      if (problem != 0 && problem != EEXIST) return problem;
      return desk_.save_in_place(old_path, some_text(1024 + random_.below(4096), random_));
    }
    case Phase::kChange:
      return desk_.save_beside(old_path, some_text(1024 + random_.below(4096), random_));
    case Phase::kRename:
      return desk_.rename(old_path, old_place(which) + "/" + new_name(which));
    case Phase::kMove:
      return desk_.rename(old_place(which), new_place(which));
    case Phase::kRemove:
      return remove_one(which);
  }
  return 0;
}

int Refactor::remove_one(int which) const {
  if (which < kFiles) return desk_.remove(new_place(which) + "/" + new_name(which));
  if (which < kFiles + kDirectories) return desk_.remove_directory(new_place(which - kFiles));
  return desk_.remove("large.bin");
}

}  // namespace tidemark::pressure
