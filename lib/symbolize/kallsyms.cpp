#include "lib/symbolize/kallsyms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace tidemark {
namespace {

constexpr std::string_view kText = "_text";

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Takes an address and the blank after it off `line`.
bool take_address(std::string_view& line, std::uint64_t& address) {
  address = 0;
  std::size_t i = 0;
  for (; i < line.size() && digit_of(line[i]) >= 0; ++i) {
    address = address << 4 | static_cast<std::uint64_t>(digit_of(line[i]));
  }
  if (i == 0 || i >= line.size() || line[i] != ' ') return false;
  line.remove_prefix(i + 1);
  return true;
}

// What perf takes for functions and data of the kernel: not constants.
bool is_symbol(char type) {
  return type == 'T' || type == 't' || type == 'W' || type == 'w' || type == 'D' || type == 'd' ||
         type == 'B' || type == 'b';
}

}  // namespace

Kallsyms Kallsyms::read(const std::filesystem::path& path, std::string& why) {
  try {
    Kallsyms symbols = parse(std::string(read_file(path).bytes()));
    if (symbols.empty()) why = fmt::format("{}: it shows no addresses", path.string());
    return symbols;
  } catch (const Error& error) {
    why = error.what();
    return {};
  }
}

Kallsyms Kallsyms::parse(std::string text) {
  Kallsyms symbols;
  const auto owned = std::make_shared<const std::string>(std::move(text));
  symbols.text_ = owned;
  const std::string_view all = *owned;
  for (std::size_t start = 0; start < all.size();) {
    const std::size_t end = std::min(all.find('\n', start), all.size());
    std::string_view line = all.substr(start, end - start);
    start = end + 1;
    std::uint64_t address = 0;
    if (!take_address(line, address) || address == 0) continue;
    if (line.size() < 3 || !is_symbol(line[0]) || line[1] != ' ') continue;
    line.remove_prefix(2);
    if (line == kText) symbols.text_address_ = address;
    symbols.table_.add({.start = address, .size = 0, .name = line});
  }
  // perf, too, shows the last of several names: __pi_memset, not memset.
  symbols.table_.settle(SymbolTable::Keep::kLast);
  return symbols;
}

Kallsyms::Function Kallsyms::function_at(std::uint64_t address) const {
  const std::size_t found = table_.find(address);
  if (found == SymbolTable::kNone) return {};
  const std::string_view line = table_.name(found);
  const std::size_t end = std::min(line.find('\t'), line.size());
  return {.name = line.substr(0, end), .module = line.substr(std::min(end + 1, line.size()))};
}

namespace {

// The build id among the ELF notes in `path`.
std::string build_id_in(const std::string& path) {
  constexpr std::uint32_t kBuildId = 3;
  std::string notes;
  try {
    notes = read_file(path).bytes();
  } catch (const Error&) {
    return "";
  }
  // Each: sizes of name and contents, type, name, contents, padded to 4 bytes.
  std::string_view left = notes;
  std::uint32_t header[3] = {};
  while (left.size() >= sizeof header) {
    std::memcpy(header, left.data(), sizeof header);
    left.remove_prefix(sizeof header);
    const std::size_t name = (std::size_t{header[0]} + 3) / 4 * 4;
    const std::size_t size = header[1];
    if (name > left.size() || size > left.size() - name) break;
    if (header[2] == kBuildId && left.starts_with("GNU")) {
      std::string id;
      for (const char c : left.substr(name, size)) {
        id += fmt::format("{:02x}", static_cast<unsigned char>(c));
      }
      return id;
    }
    left.remove_prefix(std::min(left.size(), name + (size + 3) / 4 * 4));
  }
  return "";
}

}  // namespace

std::string running_kernel_build_id() { return build_id_in("/sys/kernel/notes"); }

std::string running_module_build_id(std::string_view module) {
  if (module.size() < 3 || module.find('/') != std::string_view::npos) return "";
  const std::string_view name = module.substr(1, module.size() - 2);
  return build_id_in(fmt::format("/sys/module/{}/notes/.note.gnu.build-id", name));
}

}  // namespace tidemark
