// Any bytes after perf.data's magic give a Recording or an Error; stacks that perf
// copied are unwound, through whatever files the input names. Naming places and
// keeping times must not change what is counted. The corpus is
// tests/data/perf-data. To replay a finding: perf_data_fuzz FILE.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "parsers/perf_data.h"
#include "tools/flamegraph/unwinding.h"

namespace {

using tidemark::Frame;
using tidemark::PerfDataOptions;
using tidemark::Profile;
using tidemark::StackId;

std::string sums_of(const Profile& profile) {
  std::vector<std::int64_t> sums(profile.value_types().size());
  for (std::size_t i = 0; i < profile.stacks(); ++i) {
    const auto self = profile.self(StackId{static_cast<std::uint32_t>(i)});
    for (std::size_t k = 0; k < sums.size(); ++k) {
      // Two stacks may come to more than 63 bits; one, as checked, does not.
      sums[k] = static_cast<std::int64_t>(static_cast<std::uint64_t>(sums[k]) +
                                          static_cast<std::uint64_t>(self[k]));
    }
  }
  std::string text = profile.title;
  for (const std::int64_t sum : sums) text += " " + std::to_string(sum);
  return text + "\n";
}

// The events with their sums, or the error.
std::string outcome(std::string_view bytes, const PerfDataOptions& options) {
  try {
    const tidemark::Recording recording =
        tidemark::parse_perf_data({.name = "input", .bytes = bytes}, options);
    std::string text;
    for (const Profile& profile : recording.profiles) text += sums_of(profile);
    return text;
  } catch (const tidemark::Error& error) {
    return error.what();
  }
}

// Few names, so that many frames come out equal.
std::vector<Frame> few_names(const tidemark::Mapping& module, const Frame& place) {
  return {{.function = module.path + std::to_string(place.offset % 7)}, {.function = "outer"}};
}

}  // namespace

extern "C" {

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kMagic = "PERFILE2";
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bytes.replace(0, std::min(size, kMagic.size()), kMagic);
  tidemark::flamegraph::Unwinding unwinding;
  const std::string plain = outcome(bytes, {.unwinder = unwinding.maker()});
  const std::string named = outcome(bytes, {.name_place = few_names, .pid = true});
  const std::string timed = outcome(bytes, {.tid = true, .keep_time = true});
  if (!plain.empty() && plain == named && plain == timed) return 0;
  std::fprintf(stderr, "plain: %s\nnamed: %s\ntimed: %s\n", plain.c_str(), named.c_str(),
               timed.c_str());
  std::abort();
}
}
