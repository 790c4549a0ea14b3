#include "tools/pressure/files/coding.h"

#include <fmt/format.h>

#include <array>

namespace tidemark::pressure {
namespace {

constexpr std::size_t kProject = 20;  // files to begin with, and at least half of them always
constexpr std::array kEndings = {".cpp", ".h", ".py", ".md", ".txt"};

}  // namespace

Coding::Coding(FileWork& work, const std::filesystem::path& directory, std::uint64_t seed)
    : work_(work), desk_(directory), random_(seed) {}

Time Coding::step() {
  const Time from = clock_now();
  work_.count("write", from, edit());
  const bool setting_up = named_ < static_cast<int>(kProject);
  return setting_up ? from + 5 * kMillisecond : work_.pause(random_);
}

int Coding::edit() {
  const std::string text = some_text(512 + random_.below(8192), random_);
  const std::uint64_t dice = random_.below(100);
  const bool setting_up = named_ < static_cast<int>(kProject);
  if (setting_up || files_.empty() || dice < 10) {
    const std::string name =
        fmt::format("file{}{}", named_, kEndings[random_.below(kEndings.size())]);
    ++named_;
    const int problem = desk_.save_in_place(name, text);
    if (problem == 0) files_.push_back(name);
    return problem;
  }
  const std::size_t which = random_.below(files_.size());
  if (dice < 20 && files_.size() > kProject / 2) {
    const int problem = desk_.remove(files_[which]);
    files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(which));
    return problem;
  }
  if (dice < 40) return desk_.save_in_place(files_[which], text);
  return desk_.save_beside(files_[which], text);
}

}  // namespace tidemark::pressure
