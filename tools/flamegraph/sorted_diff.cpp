#include "tools/flamegraph/sorted_diff.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <future>
#include <string_view>
#include <system_error>
#include <utility>

#include "lib/run/run_directory.h"
#include "parsers/formats.h"
#include "parsers/sorted_stacks.h"
#include "tools/flamegraph/reading.h"

namespace tidemark::flamegraph {
namespace {

namespace fs = std::filesystem;

// The file, when it is one of folded text that is not compressed.
std::optional<File> folded_file(const std::string& path, const std::string& format) {
  constexpr std::string_view kFolded = "collapsed";
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored) || fs::path(path).filename() == kRunFile) {
    return std::nullopt;
  }
  File file = read_file(path);
  if (format != kFolded) {
    const Format* const found = format == "auto" ? recognize(file.bytes()) : nullptr;
    if (found == nullptr || found->name != kFolded) return std::nullopt;
  }
  return file;
}

}  // namespace

SortedDiff::SortedDiff(File before, File after)
    : before_(std::move(before)), after_(std::move(after)) {}

std::optional<SortedDiff> SortedDiff::of(const std::string& before, const std::string& after,
                                         const cli::Args& args) {
  constexpr std::array kAskForMore = {"--value", "--event-filter"};
  if (std::ranges::any_of(kAskForMore, [&](auto option) { return args.given(option); }) ||
      args.given("--strip-hex")) {
    return std::nullopt;
  }
  const std::size_t threads = threads_of(args);
  auto old_file = folded_file(before, args.value("--format"));
  auto new_file = folded_file(after, args.value("--format"));
  if (!old_file || !new_file) return std::nullopt;
  auto other = std::async(threads > 1 ? std::launch::async : std::launch::deferred,
                          [&] { return SortedStacks::holds(new_file->input()); });
  const bool old_is = SortedStacks::holds(old_file->input());
  const bool new_is = other.get();
  if (!old_is || !new_is) return std::nullopt;
  return SortedDiff(std::move(*old_file), std::move(*new_file));
}

void SortedDiff::write(const TextSink& sink) const {
  const Input before = before_.input();
  const Input after = after_.input();
  SortedPairs pairs(before, after);
  FoldedBuffer buffer(sink);
  while (const auto pair = pairs.next()) {
    buffer.add(pair->stack, std::array{pair->before, pair->after});
  }
  buffer.flush();
}

Compared SortedDiff::compared() const {
  Compared compared{.profile = profile_of_pairs(before_.input(), after_.input())};
  compared.profile.default_value = compared.after;
  return compared;
}

}  // namespace tidemark::flamegraph
