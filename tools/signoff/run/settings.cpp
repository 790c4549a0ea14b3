#include "tools/signoff/run/settings.h"

#include <fmt/format.h>

#include <ctime>
#include <optional>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark::signoff {

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

std::filesystem::path default_directory(const std::string& campaign) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 32> stamp{};
  const std::size_t length = std::strftime(stamp.data(), stamp.size(), "%Y%m%d-%H%M%S", &local);
  return fmt::format("signoff-{}-{}", campaign, std::string_view(stamp.data(), length));
}

}  // namespace tidemark::signoff
