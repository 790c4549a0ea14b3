// Any bytes give a Recording or an Error, in every format: anything else that
// is thrown, a sanitizer's report, a time-out or too much memory ends the run.
// The corpus is tests/data. To replay a finding: formats_fuzz FILE.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/base/decompress.h"
#include "lib/base/error.h"
#include "parsers/formats.h"

namespace {

void parse_or_refuse(const tidemark::Format& format, std::string_view text) {
  try {
    const tidemark::Recording recording = format.parse({.name = "input", .bytes = text});
    // An empty result with success is as wrong as a crash.
    if (recording.processes.empty() && recording.profiles.empty() && recording.series.empty() &&
        recording.findings.empty()) {
      std::fprintf(stderr, "%.*s: an empty Recording\n", static_cast<int>(format.name.size()),
                   format.name.data());
      std::abort();
    }
  } catch (const tidemark::Error&) {  // NOLINT(bugprone-empty-catch): a refusal is a right answer
  }
}

// Samples that are compressed become what is in them: a mutation of compressed
// bytes would hardly ever reach the parser.
std::size_t unpack(std::uint8_t* data, std::size_t size, std::size_t max_size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!tidemark::is_compressed(text)) return size;
  try {
    const tidemark::Decompressed whole =
        tidemark::decompress(tidemark::File("input", std::string(text)));
    const std::string_view bytes = whole.file.bytes().substr(0, max_size);
    std::ranges::copy(bytes, data);
    return bytes.size();
  } catch (const tidemark::Error&) {
    return size;
  }
}

}  // namespace

extern "C" {

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                    unsigned seed);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const tidemark::Format* const claimed = tidemark::recognize(text);
  if (claimed != nullptr) parse_or_refuse(*claimed, text);
  for (const tidemark::Format* format : tidemark::formats()) {
    if (format != claimed) parse_or_refuse(*format, text);
  }
  return 0;
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                    unsigned /*seed*/) {
  return LLVMFuzzerMutate(data, unpack(data, size, max_size), max_size);
}
}
