#include "tools/signoff/run/settings.h"

#include <fmt/format.h>

#include <ctime>
#include <optional>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/process/command.h"
#include "lib/run/history_db.h"

namespace tidemark::signoff {
namespace {

constexpr std::chrono::seconds kAskGit{10};

}  // namespace

Selection selection_from(const cli::Args& args) {
  return {.targets = args.values("--target"),
          .only = args.values("--only"),
          .skip = args.values("--skip")};
}

double scale_from(const cli::Args& args) {
  const std::string& text = args.value("--scale");
  const std::optional<double> scale = to_double(text);
  if (!scale || !(*scale >= 1e-6 && *scale <= 1)) {
    throw UsageError(fmt::format("--scale: expected a share such as 0.01, at most 1, found {}",
                                 tidemark::quoted(text)));
  }
  return *scale;
}

std::string commit_from(const cli::Args& args, const std::filesystem::path& file) {
  if (args.given("--commit")) return args.value("--commit");
  if (!find_program("git")) return "";
  const std::filesystem::path directory = std::filesystem::absolute(file).parent_path();
  const Finished git =
      run_to_end({.arguments = {"git", "-C", directory.string(), "rev-parse", "HEAD"}}, kAskGit);
  if (git.end.kind != EndKind::kExited || git.end.code != 0) return "";
  return git.output.substr(0, git.output.find('\n'));
}

std::string baseline_from(const cli::Args& args) {
  const std::string& baseline = args.value("--baseline");
  if (baseline.empty() || baseline == kLastBaseline) return baseline;
  if (!std::filesystem::is_directory(baseline)) {
    throw UsageError(fmt::format("--baseline: {} is no directory", tidemark::quoted(baseline)),
                     "that of a former campaign, or `last` for the last that passed");
  }
  return std::filesystem::absolute(baseline).string();
}

std::string history_from(const cli::Args& args, const Campaign& campaign) {
  if (args.given("--no-history")) {
    if (args.given("--history")) throw UsageError("--history and --no-history exclude each other");
    return "";
  }
  if (args.given("--history")) return std::filesystem::absolute(args.value("--history")).string();
  if (campaign.history) return std::filesystem::absolute(*campaign.history).string();
  return std::filesystem::absolute(default_history()).string();
}

std::filesystem::path default_directory(const std::string& campaign) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 32> stamp{};
  const std::size_t length = std::strftime(stamp.data(), stamp.size(), "%Y%m%d-%H%M%S", &local);
  return fmt::format("signoff-{}-{}", campaign, std::string_view(stamp.data(), length));
}

}  // namespace tidemark::signoff
