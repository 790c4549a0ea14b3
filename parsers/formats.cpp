#include "parsers/formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/decompress.h"
#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "parsers/all_formats.h"

namespace tidemark {
namespace {

constexpr std::size_t kHead = 4096;

// One line a format, in the order of `formats()`.
const std::vector<const Format*>& table() {
  // clang-format off
  static const std::vector<const Format*> formats = {
      &kCollapsedFormat,
      &kPerfDataFormat,
      &kPerfScriptFormat,
      &kMassifFormat,
      &kDhatFormat,
      &kCallgrindFormat,
      &kGperfHeapFormat,
      &kGperfCpuFormat,
      &kJemallocHeapFormat,
      &kPprofFormat,
      &kValgrindXmlFormat,
      &kMemcheckLogFormat,
      &kHeaptrackFormat,
      &kSanitizerFormat,
      &kBpftraceFormat,
      &kGdbFormat,
      &kEuStackFormat,
      &kDtraceFormat,
      &kGoGoroutinesFormat,
      &kGoPprofFormat,
      &kPprofRawFormat,
      &kPprofSymbolsFormat,
      &kJstackFormat,
      &kPySpyFormat,
      &kCpuprofileFormat,
      &kSpeedscopeFormat,
      &kMacosSampleFormat,
      &kTidemarkHeapFormat,
      &kUprobesFormat,
  };
  // clang-format on
  return formats;
}

// "massif, dhat, ...", for a hint.
std::string names() {
  std::string all;
  for (const Format* format : table()) {
    all += all.empty() ? "" : ", ";
    all += format->name;
  }
  return all;
}

}  // namespace

std::span<const Format* const> formats() { return table(); }

const Format& format_named(std::string_view name) {
  const auto found = std::ranges::find(table(), name, &Format::name);
  if (found != table().end()) return **found;
  throw UsageError(fmt::format("no format is called {}", quoted(name)), "formats: " + names());
}

const Format* recognize(std::string_view head) {
  head = head.substr(0, kHead);
  const auto found = std::ranges::find_if(
      table(), [head](const Format* format) { return format->recognizes(head); });
  return found == table().end() ? nullptr : *found;
}

Opened open(const File& file, std::string_view format) {
  if (file.bytes().empty()) throw Error(fmt::format("{}: the file is empty", file.name()));
  Decompressed whole = decompress(file);
  const Format* const chosen =
      format == "auto" ? recognize(whole.file.bytes()) : &format_named(format);
  if (chosen == nullptr) {
    throw Error(fmt::format("{}: not in any profile format this tool knows", file.name()),
                "formats: " + names());
  }
  return {.file = std::move(whole.file), .damage = std::move(whole.damage), .format = chosen};
}

Recording parse(const Opened& opened) {
  Recording recording = opened.format->parse(opened.file.input());
  if (!opened.damage.empty()) {
    recording.partial = true;
    recording.warnings.push_back(opened.damage);
  }
  return recording;
}

Recording parse(const File& file, std::string_view format) { return parse(open(file, format)); }

}  // namespace tidemark
