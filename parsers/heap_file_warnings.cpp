#include "parsers/heap_file_warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "lib/base/lines.h"

namespace tidemark {
namespace {

namespace hf = heap_file;

void warn_of_origin(const HeapFileView& file, Recording& recording) {
  const hf::Header& header = file.header();
  if (header.origin == static_cast<std::uint32_t>(hf::Origin::kInjected)) {
    recording.warnings.push_back(
        file.at_header("the agent came into the running program: what was allocated before is not "
                       "known"));
  }
}

void warn_of_state(const HeapFileView& file, Recording& recording) {
  const hf::Header& header = file.header();
  if (header.state == static_cast<std::uint32_t>(hf::State::kPaused)) {
    recording.warnings.push_back(
        file.at_header("sampling is paused: what is allocated meanwhile is not in it"));
  }
  if (header.control.mean_bytes != 0 && header.mean_bytes > header.control.mean_bytes) {
    recording.warnings.push_back(file.at_header(fmt::format(
        "the agent limits its own cost: it samples one byte in {}, not in {} as asked; the "
        "standard errors are larger for it",
        header.mean_bytes, header.control.mean_bytes)));
  }
  if (header.samples == 0) {
    recording.warnings.push_back(file.at_header(fmt::format(
        "nothing was sampled: the program allocated little against one sample in {} bytes",
        header.mean_bytes)));
  }
}

void warn_of_losses(const HeapFileView& file, Recording& recording) {
  const hf::Header& header = file.header();
  constexpr std::uint64_t kOneIn = 100;  // fewer make no difference to the estimates
  const auto lost = [&](std::uint64_t count, std::uint64_t of, std::string_view what) {
    if (count == 0) return;
    std::string warning = file.at_header(
        fmt::format("{}: {} of {} samples; a larger file has room", what, count, of));
    if (count > of / kOneIn) {
      recording.lacks(std::move(warning));
    } else {
      recording.warnings.push_back(std::move(warning));
    }
  };
  const std::uint64_t living = header.samples - std::min(header.freed, header.samples);
  lost(header.lost_live, living, "the table of live blocks was full");
  lost(header.lost_nodes, header.samples, "the table of stacks was full, stacks are cut");
  lost(header.lost_sites, header.samples, "the table of allocation sites was full");
  if (header.lost_nested > header.samples / kOneIn) {
    recording.warnings.push_back(file.at_header(fmt::format(
        "{} samples were not taken: they fell into the taking of another", header.lost_nested)));
  }
  constexpr std::uint64_t kOneInStacks = 20;
  if (header.cut_stacks > header.samples / kOneInStacks) {
    recording.warnings.push_back(file.at_header(
        fmt::format("{} of {} stacks are cut: deeper than the limit, or not to be unwound",
                    header.cut_stacks, header.samples)));
  }
}

}  // namespace

void warn_of(const HeapFileView& file, Recording& recording) {
  if (!file.damage().empty()) recording.lacks(file.damage());
  const std::string trouble = text_in(file.header().trouble);
  if (!trouble.empty()) {
    recording.warnings.push_back(file.at_header("the agent says: " + printable(trouble)));
  }
  warn_of_origin(file, recording);
  warn_of_state(file, recording);
  warn_of_losses(file, recording);
}

}  // namespace tidemark
