#include "parsers/heap_file_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "lib/base/error.h"
#include "lib/base/lines.h"

namespace tidemark {
namespace {

namespace hf = heap_file;

hf::Header header_of(const Input& input) {
  hf::Header header{};
  const std::string_view magic(static_cast<const char*>(hf::kMagic), sizeof hf::kMagic);
  if (!input.bytes.starts_with(magic)) {
    throw Error(fmt::format("{}+0x0: expected a heap file's first bytes, found {}", input.name,
                            quoted(input.bytes.substr(0, magic.size()))));
  }
  if (input.bytes.size() < sizeof header) {
    throw Error(fmt::format(
        "{}+0x{:x}: expected a heap file's header ({} bytes), found the end of the file",
        input.name, input.bytes.size(), sizeof header));
  }
  std::memcpy(&header, input.bytes.data(), sizeof header);
  if (header.version != hf::kVersion) {
    throw Error(
        fmt::format("{}+0x{:x}: the heap file has version {}; this tool knows version {}",
                    input.name, offsetof(hf::Header, version), header.version, hf::kVersion),
        "read it with the release whose agent wrote it, or a later one");
  }
  if (header.state == static_cast<std::uint32_t>(hf::State::kBeingMade)) {
    throw Error(
        fmt::format("{}+0x{:x}: the program has not finished making this heap file", input.name,
                    offsetof(hf::Header, state)),
        "try again in a moment; a program that was killed that early leaves nothing to read");
  }
  return header;
}

}  // namespace

HeapFileView::HeapFileView(const Input& input) : input_(input), header_(header_of(input)) {
  modules_ = checked(header_.modules, offsetof(hf::Module, shift), "modules");
  nodes_ = checked(header_.nodes, sizeof(hf::Node), "nodes");
  sites_ = checked(header_.sites, sizeof(hf::Site), "sites");
  keys_ = checked(header_.live_keys, sizeof(std::uint64_t), "addresses of live blocks");
  lives_ = checked(header_.live, sizeof(hf::Live), "live blocks");
  names_ = checked(header_.thread_names, sizeof(hf::ThreadName), "thread names");
  blocks_ = std::min(keys_.count, lives_.count);
  if (header_.file_size > input.bytes.size()) {
    damage_ = fmt::format("{}+0x{:x}: the file ends here, of {} bytes that its header tells of",
                          input.name, input.bytes.size(), header_.file_size);
  }
}

HeapFileView::Entries HeapFileView::checked(const hf::Section& section, std::size_t least,
                                            std::string_view name) {
  const auto fail = [&](std::string_view why) {
    throw Error(fmt::format("{}: the section of {} ({} entries of {} bytes at 0x{:x}) {}",
                            input_.name, name, section.count, section.entry_size, section.offset,
                            why));
  };
  if (section.count == 0) return {};
  if (section.entry_size < least) fail(fmt::format("has entries of less than {} bytes", least));
  if (section.offset > header_.file_size ||
      section.count > (header_.file_size - section.offset) / section.entry_size) {
    fail(fmt::format("does not lie in a file of {} bytes", header_.file_size));
  }
  const std::size_t size = input_.bytes.size();
  if (section.offset >= size) return {};
  return {
      .offset = section.offset,
      .count = std::min<std::size_t>(section.count, (size - section.offset) / section.entry_size),
      .size = section.entry_size};
}

std::string HeapFileView::thread_name(std::uint64_t i) const {
  if (i >= names_.count) return "";
  const auto name = entry<hf::ThreadName>(names_, i);
  return text_in(name.name);
}

std::optional<hf::Live> HeapFileView::block(std::size_t i) const {
  const auto key = entry<std::uint64_t>(keys_, i);
  if (key == hf::kFreeKey || key == hf::kKeyBeingWritten) return std::nullopt;
  const auto live = entry<hf::Live>(lives_, i);
  if (live.check != hf::check_of(key, live, std::bit_cast<std::uint32_t>(live.mean))) {
    return std::nullopt;
  }
  return live;
}

std::string HeapFileView::at(const Entries& entries, std::size_t i,
                             std::string_view message) const {
  return fmt::format("{}+0x{:x}: {}", input_.name, entries.offset + i * entries.size, message);
}

std::string HeapFileView::at_site(std::size_t i, std::string_view message) const {
  return at(sites_, i, message);
}
std::string HeapFileView::at_node(std::size_t i, std::string_view message) const {
  return at(nodes_, i, message);
}
std::string HeapFileView::at_block(std::size_t i, std::string_view message) const {
  return at(lives_, i, message);
}
std::string HeapFileView::at_header(std::string_view message) const {
  return fmt::format("{}: {}", input_.name, message);
}

}  // namespace tidemark
