#include "tools/pressure/files/playground.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <system_error>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/process/proc.h"

namespace tidemark::pressure {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "tidemark-files-";
constexpr const char* kMarker = ".tidemark-playground";

// A scenario's name for its clients, as a part of a file's name.
std::string plain(std::string name) {
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name.substr(0, 40);
}

std::string owner_text() {
  const auto self = process_status(::getpid());
  return fmt::format("made by pressure, which removes it at its end\npid {} {}\n", ::getpid(),
                     self ? self->start_ticks : 0);
}

// Whether who made the playground lives; one whose marker says nothing is nobody's.
bool is_owned(const std::string& marker) {
  const std::size_t line = marker.find("\npid ");
  if (line == std::string::npos) return false;
  const auto words = fields(std::string_view(marker).substr(line + 1));
  const auto pid = words.size() > 1 ? to_number(words[1]) : std::nullopt;
  const auto ticks = words.size() > 2 ? to_unsigned(words[2]) : std::nullopt;
  if (!pid || !ticks) return false;
  const auto status = process_status(static_cast<pid_t>(*pid));
  return status && status->start_ticks == *ticks && status->state != 'Z';
}

}  // namespace

Playground::Playground(const fs::path& directory, const std::string& name, Custodian& custodian)
    : custodian_(custodian) {
  std::error_code problem;
  if (!fs::exists(directory, problem)) {
    if (!fs::create_directory(directory, problem)) {
      throw Error(fmt::format("cannot make the directory of file clients, {}: {}",
                              tidemark::quoted(directory.string()), problem.message()));
    }
    made_ = fs::canonical(directory);
  } else if (!fs::is_directory(directory, problem)) {
    throw Error(fmt::format("file clients are to work in {}, which is no directory",
                            tidemark::quoted(directory.string())));
  }
  const fs::path inside = fs::canonical(directory, problem);
  std::string pattern = inside / fmt::format("{}{}-XXXXXX", kPrefix, plain(name));
  if (problem || ::mkdtemp(pattern.data()) == nullptr) throw errno_error(directory.string());
  path_ = pattern;
  debt_ = custodian_.owe({.kind = Debt::Kind::kRemove, .path = path_});
  ::chmod(path_.c_str(), 0755);  // a service may run as another user
  write_file(path_ / kMarker, owner_text());
}

Playground::~Playground() {
  if (debt_) custodian_.take_back(*debt_);
  if (!made_.empty()) ::rmdir(made_.c_str());  // unless somebody put something there
}

std::vector<fs::path> Playground::leftovers(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code problem;
  fs::directory_iterator entry(directory, problem);
  for (; !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
    if (!entry->path().filename().string().starts_with(kPrefix)) continue;
    if (fs::is_symlink(entry->symlink_status())) continue;
    const auto marker = read_kernel_file(entry->path() / kMarker);
    if (marker && !is_owned(*marker)) found.push_back(entry->path());
  }
  return found;
}

}  // namespace tidemark::pressure
