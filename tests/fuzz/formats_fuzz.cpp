// Any bytes give a Recording or an Error, in every format: anything else that
// is thrown, a sanitizer's report, a time-out or too much memory ends the run.
// The corpus is tests/data. To replay a finding: formats_fuzz FILE.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/base/error.h"
#include "parsers/formats.h"

namespace {

void parse_or_refuse(const tidemark::Format& format, std::string_view text) {
  try {
    const tidemark::Recording recording = format.parse({.name = "input", .bytes = text});
    // An empty result with success is as wrong as a crash.
    if (recording.processes.empty() && recording.profiles.empty() && recording.series.empty() &&
        recording.findings.empty()) {
      std::abort();
    }
  } catch (const tidemark::Error&) {  // NOLINT(bugprone-empty-catch): a refusal is a right answer
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const tidemark::Format* const claimed = tidemark::recognize(text);
  if (claimed != nullptr) parse_or_refuse(*claimed, text);
  for (const tidemark::Format* format : tidemark::formats()) {
    if (format != claimed) parse_or_refuse(*format, text);
  }
  return 0;
}
